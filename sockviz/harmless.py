r"""Text of strangers made harmless, for terminals, files and pages: the one place where that is decided.

What payloads, programs' names and output, files' names, lessons, captures and recordings say is data. Whoever
shows or writes it takes one of these, by what is wanted of the rest: `escaped` shows that something was
there and what (`\x1b`), `replaced` that something was there (U+FFFD), `stripped` nothing. Pure.

Harmful is what is not to be seen but to be obeyed: control characters (of C1, too), line ends, the marks that
turn the direction of writing, zero-width characters, surrogates, private and unassigned ones; that is what
`str.isprintable` says of a character, but for the spaces that are no blanks. Markup is none of this module's:
the screen draws texts without, and each export escapes what is syntax in its format.
"""

import unicodedata
from collections.abc import Callable
from typing import Final

import msgspec

_REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"


def escaped(text: str) -> str:
    r"""`text` in one line, with `\x1b` and the like for what a terminal would obey."""
    return _each(text, lambda one: one.encode("unicode_escape").decode("ascii"))


def replaced(text: str) -> str:
    """`text` in one line, with U+FFFD for what a terminal or a page would obey."""
    return _each(text, lambda _: _REPLACEMENT)


def stripped(text: str) -> str:
    """`text` in one line, without what a terminal or a page would obey."""
    return _each(text, lambda _: "")


def to_json(encoder: msgspec.json.Encoder, value: object) -> bytes:
    """`value` as JSON; what was no UTF-8 where it was read (a lone surrogate now) becomes U+FFFD."""
    try:
        return encoder.encode(value)
    except UnicodeEncodeError:
        return encoder.encode(_encodable(msgspec.to_builtins(value)))


def _encodable(value: object) -> object:
    match value:
        case str():
            return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        case dict():
            return {_encodable(key): _encodable(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_encodable(inner) for inner in value]
        case _:
            return value


def in_json(text: bytes) -> bytes:
    """JSON that says the same as `text`, with its own escapes for what a terminal or a page would obey."""
    if text.isascii() and b"\x7f" not in text:
        return text  # JSON escapes the other control characters itself
    return "".join(c if c == "\n" or _is_seen(c) else _json_escape(c) for c in text.decode()).encode()


def _json_escape(one: str) -> str:
    units = one.encode("utf-16-be")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


def _each(text: str, instead: Callable[[str], str]) -> str:
    return text if text.isprintable() else "".join(c if _is_seen(c) else instead(c) for c in text)


def _is_seen(one: str) -> bool:
    return one.isprintable() or unicodedata.category(one) == "Zs"
