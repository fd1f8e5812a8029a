"""Older recordings: what each version of the format wrote, brought to what is written now.

`events.FORMAT` is raised when a reader of the version before would misread the new one. A converter from the
version before is then added here, and stays for ever: a recording goes through the converters of its own
version and of all after it. A converter sees one line's JSON object at a time and makes one of it, so that a
recording of any version can be read from any line on. It knows no `events` class, which will change again.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

import msgspec

from sockviz import events
from sockviz.events import AnyEvent

Converter: TypeAlias = Callable[[dict[str, Any]], dict[str, Any]]
"""A line's object as one version wrote it → as the next one writes it."""

CONVERTERS: Final[Mapping[int, Converter]] = {}
"""Version → the converter to the next one. The format has had one version so far."""

_LINE: Final = msgspec.json.Decoder(dict[str, Any])


def known(version: int) -> bool:
    """Whether recordings of `version` can be read."""
    return 1 <= version <= events.FORMAT


def decoder(version: int) -> Callable[[bytes], AnyEvent]:
    """Make what reads one line of a recording of `version`, which must be `known`.

    What it makes raises msgspec.DecodeError for a line that is no event.
    """
    if version == events.FORMAT:
        return events.decode
    chain = [CONVERTERS[old] for old in range(version, events.FORMAT)]

    def decode(line: bytes) -> AnyEvent:
        return events.decode(msgspec.json.encode(_convert(line, chain, version)))

    return decode


def _convert(line: bytes, chain: list[Converter], version: int) -> dict[str, Any]:
    converted = _LINE.decode(line)
    try:
        for converter in chain:
            converted = converter(converted)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise msgspec.DecodeError(f"not what format {version} has: {error!r}") from error
    if converted.get("event") == "header":
        converted["format"] = events.FORMAT
    return converted
