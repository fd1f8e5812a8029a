"""A grid of cells to draw on, and the finished picture: rows to show, and what was drawn where, for clicks.

Pure geometry: knows cells, styles and targets, nothing of TCP. Drawing outside of the grid is clipped, so
that no size is too small.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import compress, count
from operator import is_not
from typing import NamedTuple, TypeAlias

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


class Row(NamedTuple):
    """One row of cells: their characters and styles; nobody changes it any more."""

    chars: list[str]
    styles: list[Style]

    def strip(self, ink: Callable[[Style], Style | None] | None = None) -> Strip:
        """The row to be shown: runs of one style become one segment, in the style that `ink` makes of it."""
        chars, styles = self
        segments, start = [], 0
        # Where a cell's style is another than the one's before it; then the end.
        for end in compress(count(1), map(is_not, styles, (*styles[1:], None))):
            style = styles[start]
            segments.append(Segment("".join(chars[start:end]), ink(style) if ink else style))
            start = end
        return Strip(segments, len(chars))


@dataclass(frozen=True, slots=True)
class Picture:
    """What a widget shows: rows of the same width. Whether two of them are equal is cheap to tell."""

    rows: tuple[Row, ...] = ()
    targets: Sequence[Sequence[Target | None]] = ()

    def target(self, x: int, y: int) -> Target | None:
        """What was drawn at a cell."""
        inside = 0 <= y < len(self.targets) and 0 <= x < len(self.targets[y])
        return self.targets[y][x] if inside else None

    @property
    def lines(self) -> tuple[Strip, ...]:
        """The rows as strips, made for whoever asks."""
        return tuple(row.strip() for row in self.rows)

    @property
    def text(self) -> str:
        """The characters alone."""
        return "\n".join("".join(row.chars) for row in self.rows)


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
        self._wide = self._wide or "" in cells
        begin, after = x, x + len(cells)
        end = after
        if begin < 0 or end > self.width:
            begin, end = max(0, begin), min(end, self.width)
            cells = cells[begin - x : end - x] if begin < end else ()
        if not cells or not 0 <= y < self.height:
            return after
        chars = self._chars[y]
        chars[begin:end] = cells
        self._styles[y][begin:end] = (style,) * len(cells)
        if target is not None:
            self._targets[y][begin:end] = (target,) * len(cells)
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
            above = under = _PLAIN
            for at in range(max(0, x), self.width if width is None else min(x + width, self.width)):
                # Neighbours mostly have the same one.
                if row[at] is not above or under is _PLAIN:
                    above = row[at]
                    under = style + above
                row[at] = under

    def picture(self) -> Picture:
        """What is drawn; the canvas is not to be drawn on any more."""
        return Picture(tuple(map(Row, self._chars, self._styles)), self._targets)
