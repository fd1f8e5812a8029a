"""Reads a recording, line by line: a file of any length costs the memory of one line.

What a file says is data: it is checked here, and whoever prints it takes care of what a terminal would
obey. Imports nothing but the events.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from sockviz.errors import UserError
from sockviz.events import FORMAT, AnyEvent, decode

LONGEST_LINE: Final = 1 << 20
"""Bytes; the longest line that a recording holds is far below it, whatever is longer is something else."""

LATEST: Final = 1 << 62
"""ns: 146 years."""

_BEGINNING = b'{"event":"header"'

_MADE_WITH = "a recording is what `sockviz --record FILE` writes"


_BAD = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What a line that is no event raises."""


class _Peek(msgspec.Struct):
    """As much of a first line as any version of the format has."""

    event: str = ""
    format: int = 0


def read(path: Path, notice: Callable[[str], None] = lambda _: None) -> Iterator[AnyEvent]:
    """The events of a recording in their order, read while they are asked for.

    A recording that was cut off (its run was killed, its disk full) is read up to the cut, and `notice` is
    told so in one sentence.

    Raises:
        UserError: there is no such file, it is no recording, it was made by a newer version, or a line is
        not an event;
            with the line's number.
    """
    try:
        with path.open("rb") as file:
            yield from _events(file, path, notice)
    except (OSError, ValueError) as error:
        reason = error.strerror or str(error) if isinstance(error, OSError) else str(error)
        raise UserError(f"can't read {path}: {reason}", _MADE_WITH, kind="unreadable") from error


def _events(file: BinaryIO, path: Path, notice: Callable[[str], None]) -> Iterator[AnyEvent]:
    number = 0
    while line := file.readline(LONGEST_LINE):
        number += 1
        event = _event(line, number, path)
        if event is None:
            notice(f"{path} is cut off in line {number}; everything before it is there")
            return
        yield event
    if not number:
        raise UserError(f"{path} is empty", _MADE_WITH, kind="not-a-recording")


def _event(line: bytes, number: int, path: Path) -> AnyEvent | None:
    """One line's event; None: the line is the last one, and cut off.

    Raises:
        UserError: it is no event.
    """
    cut = not line.endswith(b"\n") and len(line) < LONGEST_LINE
    if number == 1:
        _check_first(line, path)
    try:
        event = decode(line)
    except _BAD as error:
        if cut:
            return None
        raise UserError(f"{path}, line {number}: {error}", _MADE_WITH, kind="not-a-recording") from error
    if not 0 <= event.t < LATEST:
        raise UserError(f"{path}, line {number}: the time {event.t} is out of range", kind="not-a-recording")
    return event


def _check_first(line: bytes, path: Path) -> None:
    """See that a recording begins here, and that this version can read it."""
    try:
        peek = msgspec.json.decode(line, type=_Peek)
    except _BAD as error:
        if line.startswith(_BEGINNING) and not line.endswith(b"\n"):
            text = f"{path} is cut off within its first line: nothing was recorded"
            raise UserError(text, kind="not-a-recording") from error
        peek = _Peek()
    if peek.event != "header":
        raise UserError(
            f"{path}, line 1: this is no recording of sockviz", _MADE_WITH, kind="not-a-recording"
        )
    if peek.format > FORMAT:
        raise UserError(
            f"{path} was made by a newer sockviz (format {peek.format}; this one reads up to {FORMAT})",
            "update sockviz",
            kind="newer-format",
        )
