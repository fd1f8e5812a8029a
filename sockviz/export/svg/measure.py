"""How wide a text will be, without a font: a cell of a monospaced font, or as good as one.

System fonts differ by some percent; what is placed by these numbers leaves that much room.
"""

import unicodedata
from collections.abc import Iterator
from textwrap import wrap as wrap_words
from typing import Final

CELL: Final = 0.605
"""Advance of the usual monospaced fonts, in em (Consolas 0.55, Menlo and DejaVu 0.602, Courier 0.6)."""
WIDE: Final = 1.05
"""A CJK character, in em."""
_SANS: Final = 0.58
"""The average character of a text in a proportional font, in em, generously (DejaVu is the widest)."""


def _em(char: str) -> float:
    if unicodedata.combining(char) or unicodedata.category(char) in {"Mn", "Me", "Cf"}:
        return 0
    return WIDE if unicodedata.east_asian_width(char) in "WF" else CELL


def width_of(text: str, size: float) -> float:
    """Pixels that `text` takes in a monospaced font of `size` pixels."""
    return size * (CELL * len(text) if text.isascii() else sum(map(_em, text)))


def fit(text: str, width: float, size: float) -> str:
    """`text` in at most `width` pixels, its end replaced by `…` if it is too long."""
    if width_of(text, size) <= width:
        return text
    room, kept = width - width_of("…", size), []
    for char in text:
        room -= size * _em(char)
        if room < 0:
            break
        kept.append(char)
    return "".join(kept) + "…"


def wrap(text: str, width: float, size: float, *, prose: bool = False) -> Iterator[str]:
    """The lines of `text`, none wider than `width` pixels; `prose`: in a proportional font."""
    cell = size * (_SANS if prose else CELL)
    for line in wrap_words(text, max(1, int(width / cell)), break_on_hyphens=False):
        yield line if prose and line.isascii() else fit(line, width, size)
