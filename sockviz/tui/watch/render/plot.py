"""What was, drawn over time: blocks on a scale, the limit as a line across. Pure geometry.

9┤      ▂████████
8┤╌╌╌╌╌╌█████████ limit
0┴──────────────
 1 min ago    now
"""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

from rich.style import Style

from sockviz.tui.palettes import Palette
from sockviz.tui.render.canvas import Canvas, width_of
from sockviz.tui.render.sheet import Area
from sockviz.tui.watch.render import words
from sockviz.world.watch.history import History, Slice

AXIS: Final = 6
"""Cells to the left of the plot."""
_LEVELS: Final = " ▁▂▃▄▅▆▇█"
_FAR: Final = 4
"""A limit so many times as high as anything that was is told in words, or nothing else could be seen."""
_LOW: Final = 16
_NICE: Final = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)


class Past(NamedTuple):
    """The columns of a plot."""

    slices: Sequence[Slice]
    begin: int
    """ns."""
    end: int


def past(history: History, now: int, span: int, columns: int) -> Past:
    """The last `span` ns in so many columns, which don't move within a column's time."""
    columns = max(columns, 1)
    step = max(span // columns, 1)
    end = (now // step + 1) * step
    begin = end - step * columns
    return Past(history.columns(begin, end, columns), begin, end)


class Series(NamedTuple):
    """What is plotted: a value for each column, None where nothing is known."""

    values: Sequence[int | None]
    limit: int
    """0: there is none."""
    full: Sequence[bool]
    """Columns in which it was full."""


def scale(series: Series) -> int:
    """What the top of the plot stands for."""
    most = max((value for value in series.values if value is not None), default=0)
    if not series.limit or (series.limit > _LOW and series.limit > _FAR * max(most, 1)):
        return nice(max(most, 4))
    return max(most, series.limit + 1)


def nice(value: int) -> int:
    """The next round number."""
    size = 10 ** math.floor(math.log10(max(value, 1)))
    return next(int(step * size) for step in _NICE if step * size >= value)


def draw_plot(canvas: Canvas, area: Area, series: Series, style: Style, colours: Palette) -> None:
    """The plot with its scale in `area`; the time axis is `draw_times`."""
    top, x = scale(series), area.x + AXIS
    shown = 0 < series.limit <= top
    line = area.bottom - 1 - min(area.height - 1, series.limit * area.height // top) if shown else -1
    for y in range(area.y, area.bottom):
        canvas.put(x - 1, y, "┤" if y in {area.y, line} else "│", colours.border)
    canvas.put_right(x - 1, area.y, f"{top:,}", colours.dim)
    if line >= 0:
        canvas.put_right(x - 1, line, f"{series.limit:,}", colours.warn)
    for at, value in enumerate(series.values[: area.right - x]):
        ink = colours.bad if series.full[at] else style
        _column(canvas, x + at, area, (value or 0) / top, ink)
        if value is None:
            canvas.put(x + at, area.bottom - 1, "·", colours.faint)
    if line >= 0:
        _limit(canvas, area, line, series, top=top, colours=colours)
    elif series.limit:
        said = f" limit {series.limit:,} is far above "
        canvas.put_right(area.right, area.y, said, colours.dim)


def _column(canvas: Canvas, x: int, area: Area, share: float, style: Style) -> None:
    eighths = math.ceil(min(share, 1.0) * area.height * (len(_LEVELS) - 1))
    for row in range(area.height):
        level = min(max(eighths - row * (len(_LEVELS) - 1), 0), len(_LEVELS) - 1)
        if level:
            canvas.put(x, area.bottom - 1 - row, _LEVELS[level], style)


def _limit(canvas: Canvas, area: Area, y: int, series: Series, *, top: int, colours: Palette) -> None:
    """A line where nothing is drawn."""
    x, free = area.x + AXIS, []
    for at in range(area.right - x):
        value = series.values[at] if at < len(series.values) else 0
        drawn = math.ceil(min((value or 0) / top, 1.0) * area.height * 8) > (area.bottom - 1 - y) * 8
        if not drawn:
            canvas.put(x + at, y, "╌", colours.warn)
            free.append(at)
    word = f" limit {series.limit:,} "
    run = _run(free)
    if run is not None and run[1] - run[0] >= len(word) + 2:
        canvas.put(x + run[0] + 1, y, word, colours.warn)


def _run(free: Sequence[int]) -> tuple[int, int] | None:
    """The first stretch of neighbours, [begin, end)."""
    if not free:
        return None
    end = next((at for at, one in enumerate(free) if one != free[0] + at), len(free))
    return free[0], free[0] + end


def draw_times(canvas: Canvas, area: Area, y: int, *, span: int, end: str, colours: Palette) -> None:
    """Under the plots: how long ago the left end is, and what the right one is."""
    x = area.x + AXIS
    canvas.put(x - 1, y, "└" + "─" * (area.right - x), colours.border)
    left = f" {words.span(span)} ago "
    canvas.put(x, y, left, colours.dim)
    half = f" {words.span(span // 2)} "
    middle = x + (area.right - x - len(half)) // 2
    if middle > x + len(left) and middle + len(half) < area.right - width_of(end) - 2:
        canvas.put(middle, y, half, colours.dim)
    canvas.put_right(area.right, y, f" {end} ", colours.text)
