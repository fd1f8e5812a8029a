"""A grid of cells to draw on, and the finished picture: strips to show, and what was drawn where, for clicks.

Pure geometry: knows cells, styles and targets, nothing of TCP. Drawing outside of the grid is clipped, so
that no size is too small.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from rich.cells import get_character_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from sockviz.harmless import stripped


@dataclass(frozen=True, slots=True)
class ConnectionTarget:
    """A place that stands for one end of a connection; `host` None: no end in particular."""

    id: int
    host: str | None = None


@dataclass(frozen=True, slots=True)
class SegmentTarget:
    """A place that stands for a segment."""

    id: int


@dataclass(frozen=True, slots=True)
class ActionTarget:
    """A place that stands for an action, as a button does."""

    id: str


Target: TypeAlias = ConnectionTarget | SegmentTarget | ActionTarget

_PLAIN = Style()


@lru_cache(maxsize=4096)
def clean(text: str) -> str:
    """`text` without what could move the cursor or turn it, and without what has no cell of its own."""
    kept = stripped(text)
    return kept if kept.isascii() else "".join(c for c in kept if get_character_cell_size(c) > 0)


@lru_cache(maxsize=4096)
def width_of(text: str) -> int:
    """Cells that the cleaned `text` takes."""
    text = clean(text)
    return len(text) if text.isascii() else sum(map(get_character_cell_size, text))


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


@lru_cache(maxsize=4096)
def _cells(text: str) -> tuple[str, ...]:
    """A string for each cell of the cleaned text; the second cell of a wide character is empty."""
    text = clean(text)
    if text.isascii():
        return tuple(text)
    return tuple(cell for char in text for cell in (char, "")[: get_character_cell_size(char)])


def _mend(chars: list[str], at: int) -> None:
    """Where the border before cell `at` cuts a wide character, blank the half that is left of it."""
    before = chars[at - 1] if at > 0 else ""
    wide = before != "" and get_character_cell_size(before) > 1
    follows = at < len(chars) and chars[at] == ""
    if wide and not follows:
        chars[at - 1] = " "
    if follows and not wide:
        chars[at] = " "


class Canvas:
    """`height` rows of `width` cells, blank at first."""

    def __init__(self, width: int, height: int) -> None:
        """Sizes below zero count as zero."""
        self.width = max(0, width)
        self.height = max(0, height)
        self._chars = [[" "] * self.width for _ in range(self.height)]
        self._styles = [[_PLAIN] * self.width for _ in range(self.height)]
        self._targets: list[list[Target | None]] = [[None] * self.width for _ in range(self.height)]
        self._wide = False
        """There are characters of two cells."""

    def put(self, x: int, y: int, text: str, style: Style = _PLAIN, target: Target | None = None) -> int:
        """Write `text` from cell (x, y) on, over what is there.

        Returns:
            The cell after the text, also where it was clipped.
        """
        cells = _cells(text)
        after = x + len(cells)
        begin, end = max(0, x), min(after, self.width)
        if begin >= end or not 0 <= y < self.height:
            return after
        chars = self._chars[y]
        self._wide = self._wide or "" in cells
        chars[begin:end] = cells[begin - x : end - x]
        self._styles[y][begin:end] = [style] * (end - begin)
        if target is not None:
            self._targets[y][begin:end] = [target] * (end - begin)
        if self._wide:
            _mend(chars, begin)
            _mend(chars, end)
        return after

    def put_right(
        self, right: int, y: int, text: str, style: Style = _PLAIN, target: Target | None = None
    ) -> int:
        """Write `text` so that it ends before cell `right`; returns where it starts."""
        start = right - width_of(text)
        self.put(start, y, text, style, target)
        return start

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
