"""A grid of cells to draw on, and the finished picture: strips for the line API, and what was drawn where, for clicks.

Pure geometry: knows cells, styles and targets, nothing of TCP. Drawing outside of the grid is clipped, so that no size
is too small.
"""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from rich.cells import get_character_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip


@dataclass(frozen=True, slots=True)
class ConnectionTarget:
    """A place that stands for one end of a connection; `host` None: no end in particular."""

    id: int
    host: str | None = None


@dataclass(frozen=True, slots=True)
class SegmentTarget:
    """A place that stands for a segment."""

    id: int


Target: TypeAlias = ConnectionTarget | SegmentTarget

_PLAIN = Style()


@lru_cache(maxsize=4096)
def clean(text: str) -> str:
    """`text` without what could move the cursor or change its direction: controls, format and zero-width characters."""
    if text.isascii() and text.isprintable():
        return text
    kept = (c for c in text if unicodedata.category(c)[0] != "C" and get_character_cell_size(c) > 0)
    return "".join(kept)


@lru_cache(maxsize=4096)
def width_of(text: str) -> int:
    """Cells that the cleaned `text` takes."""
    return len(text) if text.isascii() else sum(map(get_character_cell_size, clean(text)))


def fit(text: str, width: int) -> str:
    """`text` in at most `width` cells, its end replaced by `…` if it is too long."""
    text = clean(text)
    if width_of(text) <= width:
        return text
    kept, used = [], 0
    for char in text:
        used += get_character_cell_size(char)
        if used > width - 1:
            break
        kept.append(char)
    return "".join(kept) + "…" if width > 0 else ""


@dataclass(frozen=True, slots=True)
class Picture:
    """What a widget shows: `height` strips of `width` cells."""

    lines: tuple[Strip, ...] = ()
    targets: tuple[tuple[Target | None, ...], ...] = ()

    def target(self, x: int, y: int) -> Target | None:
        """What was drawn at a cell."""
        inside = 0 <= y < len(self.targets) and 0 <= x < len(self.targets[y])
        return self.targets[y][x] if inside else None

    @property
    def text(self) -> str:
        """The characters alone."""
        return "\n".join(line.text for line in self.lines)


class Canvas:
    """`height` rows of `width` cells, blank at first."""

    def __init__(self, width: int, height: int) -> None:
        """Sizes below zero count as zero."""
        self.width = max(0, width)
        self.height = max(0, height)
        self._chars = [[" "] * self.width for _ in range(self.height)]
        self._styles = [[_PLAIN] * self.width for _ in range(self.height)]
        self._targets: list[list[Target | None]] = [[None] * self.width for _ in range(self.height)]

    def put(self, x: int, y: int, text: str, style: Style = _PLAIN, target: Target | None = None) -> int:
        """Write `text` from cell (x, y) on, over what is there.

        Returns:
            The cell after the text, also where it was clipped.
        """
        text = clean(text)
        if not 0 <= y < self.height:
            return x + width_of(text)
        for char in text:
            size = get_character_cell_size(char)
            self._cell(x, y, char, size, style, target)
            x += size
        return x

    def _cell(self, x: int, y: int, char: str, size: int, style: Style, target: Target | None) -> None:
        """One character; half a wide one is drawn as a blank."""
        whole = x >= 0 and x + size <= self.width
        chars = self._chars[y]
        for at in range(max(0, x), min(x + size, self.width)):
            self._split_wide(chars, at)
            chars[at] = " " if not whole else char if at == x else ""
            self._styles[y][at] = style
            if target is not None:
                self._targets[y][at] = target

    def _split_wide(self, chars: list[str], at: int) -> None:
        """Blank the other half of a wide character that is about to lose a half."""
        if chars[at] == "" and at > 0:
            chars[at - 1] = " "
        if at + 1 < self.width and chars[at + 1] == "":
            chars[at + 1] = " "

    def put_right(
        self, right: int, y: int, text: str, style: Style = _PLAIN, target: Target | None = None
    ) -> int:
        """Write `text` so that it ends before cell `right`; returns where it starts."""
        start = right - width_of(text)
        self.put(start, y, text, style, target)
        return start

    def blank(self, x: int, y: int) -> bool:
        """Whether nothing has been drawn at a cell (outside: False)."""
        return 0 <= y < self.height and 0 <= x < self.width and self._chars[y][x] == " "

    def row_target(self, y: int, target: Target, x: int = 0, width: int | None = None) -> None:
        """Make a stretch of a row stand for `target`, where it does not stand for something yet."""
        if 0 <= y < self.height:
            row = self._targets[y]
            for at in range(max(0, x), self.width if width is None else min(x + width, self.width)):
                row[at] = row[at] or target

    def underlay(self, y: int, style: Style, x: int = 0, width: int | None = None) -> None:
        """Lay `style` under what is drawn on a stretch of a row."""
        if 0 <= y < self.height:
            row = self._styles[y]
            for at in range(max(0, x), self.width if width is None else min(x + width, self.width)):
                row[at] = style + row[at]

    def picture(self) -> Picture:
        """Freeze."""
        lines = tuple(_strip(chars, styles) for chars, styles in zip(self._chars, self._styles, strict=True))
        return Picture(lines, tuple(map(tuple, self._targets)))


def _strip(chars: list[str], styles: list[Style]) -> Strip:
    """Runs of one style become one segment."""
    segments, start = [], 0
    for at in range(1, len(chars) + 1):
        if at == len(chars) or styles[at] is not styles[start]:
            segments.append(Segment("".join(chars[start:at]), styles[start]))
            start = at
    return Strip(segments if chars else [], len(chars))
