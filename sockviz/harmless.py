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


def _each(text: str, instead: Callable[[str], str]) -> str:
    return text if text.isprintable() else "".join(c if _is_seen(c) else instead(c) for c in text)


def _is_seen(one: str) -> bool:
    return one.isprintable() or unicodedata.category(one) == "Zs"
