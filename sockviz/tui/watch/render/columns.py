"""Rows in columns: what there is room for, what stands where. Pure; what the rows are is not known here."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, Generic, TypeVar

import msgspec
from rich.style import Style

from sockviz.tui.palettes import Palette
from sockviz.tui.render.canvas import fit, width_of
from sockviz.tui.watch.render import words
from sockviz.tui.watch.view import WatchView

GAP: Final = 2
Part = tuple[str, Style]
R = TypeVar("R")


class Column(msgspec.Struct, Generic[R], frozen=True):
    """One thing that is told of each row."""

    key: str
    """What sorting by it is called."""
    title: str
    parts: Callable[[R, WatchView, Palette], Sequence[Part]]
    width: int
    """Cells at least."""
    most: int = 0
    """Cells at most, where there is room; 0: no more than `width`."""
    left: bool = False
    rank: int = 0
    """Columns of a higher rank go first where there is no room; 0: it stays."""
    endpoint: bool = False
    """An address with a port: where it is too long, its end is kept as well."""
    short: str = ""
    """The title where the other one does not fit."""


class Placed(msgspec.Struct, Generic[R], frozen=True):
    """A column on [begin, end)."""

    column: Column[R]
    begin: int
    end: int


def place(columns: Sequence[Column[R]], width: int, begin: int = 2) -> tuple[Placed[R], ...]:
    """The columns that there is room for, the first cell of them at `begin`."""
    kept = list(columns)
    while True:
        room = width - begin - sum(one.width + GAP for one in kept) + GAP
        least = max(kept, key=lambda one: one.rank)
        if room >= 0 or not least.rank:
            return tuple(_placed(kept, room, begin))
        kept.remove(least)


def _placed(columns: Sequence[Column[R]], room: int, x: int) -> Iterator[Placed[R]]:
    """What is over goes to those that can use it, from left to right in equal shares."""
    hungry = sum(one.most > one.width for one in columns)
    for column in columns:
        more = 0
        if column.most > column.width and hungry:
            more = min(column.most - column.width, max(0, room) // hungry)
            room, hungry = room - more, hungry - 1
        end = x + column.width + more
        yield Placed(column, x, end)
        x = end + GAP


def heading(placed: Placed[R], order: str, *, descending: bool) -> str:
    """A column's title; that by which is sorted says which way."""
    title, room = placed.column.title, placed.end - placed.begin
    way = (" ▼" if descending else " ▲") if placed.column.key == order else ""
    if width_of(title + way) > room:
        title = placed.column.short or title
    text = fit(title + way, room)
    blank = " " * (room - width_of(text))
    return text + blank if placed.column.left else blank + text


def cells(placed: Placed[R], row: R, view: WatchView, colours: Palette) -> Iterator[Part]:
    """A row's parts in its column, exactly as wide as that."""
    room = placed.end - placed.begin
    parts, used = [], 0
    for text, style in placed.column.parts(row, view, colours):
        shown = words.shortened(text, room) if placed.column.endpoint else fit(text, room - used)
        parts.append((shown, style))
        used += width_of(shown)
    blank = (" " * (room - used), colours.text)
    yield from (*parts, blank) if placed.column.left else (blank, *parts)
