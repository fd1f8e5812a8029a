"""The watched listener for the last row of a lecture hall: its queues as boxes, and a few large numbers.

    accept  ▀▀█    ▄▄▄▄ ▄▄▄▄ ╭──╮
    queue   █▀▀    ████ ████ │  │      a box for each place, filled: taken
    of 2    ▀▀▀    ▀▀▀▀ ▀▀▀▀ ╰──╯

Pure.
"""

from typing import Final

from rich.style import Style

from sockviz.tui.palettes import Palette
from sockviz.tui.render.canvas import Canvas, width_of
from sockviz.tui.render.sheet import Area
from sockviz.tui.watch.render import digits, words
from sockviz.tui.watch.render.listeners import FULL
from sockviz.tui.watch.render.panels import WINDOW
from sockviz.tui.watch.render.plot import AXIS, Series, draw_plot, draw_times, past
from sockviz.tui.watch.view import SECOND, WatchView
from sockviz.world.watch.history import STATES
from sockviz.world.watch.model import WatchedListener

_REVERSE: Final = Style(reverse=True)
_LABEL: Final = 9
_BOXES: Final = 26
"""Where the boxes begin."""
_LEAST: Final = 3
"""Cells of a box."""


def draw_large(canvas: Canvas, view: WatchView, colours: Palette) -> None:
    """Both queues, the accept queue's past, the waits, and the states there are."""
    one = view.listener
    if one is None:
        return
    area = Area(1, 0, canvas.width - 2, canvas.height)
    if one.gone is not None:
        canvas.put(
            area.x, 1, f" nobody listens on {words.address(one.local)} any more ", colours.warn + _REVERSE
        )
        return
    y = _accept(canvas, area, one, colours)
    y = _syn(canvas, area, y, one, colours)
    bottom = area.bottom - 3
    _states(canvas, area, bottom, one, colours)
    waits = digits.ROWS + 1 if bottom - y >= 2 * digits.ROWS + 4 else 0
    if waits:
        _waits(canvas, area, bottom - waits, view, colours)
    _past(canvas, Area(area.x, y, area.width, bottom - waits - y), view, one=one, colours=colours)


def _accept(canvas: Canvas, area: Area, one: WatchedListener, colours: Palette) -> int:
    style = colours.bad if one.full else colours.strong
    for row, text in enumerate(("accept", "queue", f"of {one.limit:,}")):
        canvas.put(area.x, area.y + row, text, colours.strong)
    x = digits.put(canvas, area.x + _LABEL + 1, area.y, str(one.depth), style) + 1
    right = area.right - len(FULL) - 3
    canvas.put_right(area.right, area.y, f":{one.port}", colours.strong)
    if one.full:
        canvas.put(right + 1, area.y + 1, f" {FULL} ", colours.bad + _REVERSE)
    ink = colours.bad if one.full else colours.good
    _boxes(canvas, Area(max(x, area.x + _BOXES), area.y, right - max(x, area.x + _BOXES), digits.ROWS),
           one.depth, one.limit + len(one.sockets), ink=ink, colours=colours)  # fmt: skip
    return area.y + digits.ROWS


def _syn(canvas: Canvas, area: Area, y: int, one: WatchedListener, colours: Palette) -> int:
    state = words.state_of("SYN_RECV")
    ink = colours.states[state] if state is not None else colours.warn
    for row, text in enumerate(("SYN", "queue", "half-open")):
        canvas.put(area.x, y + row, text, colours.strong)
    x = (
        digits.put(canvas, area.x + _LABEL + 1, y, str(one.half_open), ink if one.half_open else colours.dim)
        + 1
    )
    begin = max(x, area.x + _BOXES)
    inside = Area(begin, y, area.right - begin, digits.ROWS)
    _boxes(canvas, inside, one.half_open, one.limit + 1, ink=ink, colours=colours)
    return y + digits.ROWS


def _boxes(canvas: Canvas, area: Area, taken: int, places: int, *, ink: Style, colours: Palette) -> None:
    """A box for each place; where there are too many, one long bar."""
    wide = min((area.width + 1) // max(places, 1) - 1, 6)
    if wide < _LEAST:
        filled = min(area.width, max(round(area.width * taken / max(places, 1)), taken > 0))
        canvas.put(area.x, area.y, "▄" * filled + "▁" * (area.width - filled), ink)
        canvas.put(area.x, area.y + 1, "█" * filled, ink)
        canvas.put(area.x + filled, area.y + 1, "░" * (area.width - filled), colours.faint)
        canvas.put(area.x, area.y + 2, "▀" * filled + "▔" * (area.width - filled), ink)
        return
    for place in range(places):
        x = area.x + place * (wide + 1)
        lines, style = (
            (("▄" * wide, "█" * wide, "▀" * wide), ink)
            if place < taken
            else (("╭" + "─" * (wide - 2) + "╮", "│" + " " * (wide - 2) + "│", "╰" + "─" * (wide - 2) + "╯"),
                  colours.border)
        )  # fmt: skip
        for row, line in enumerate(lines):
            canvas.put(x, area.y + row, line, style)


def _past(canvas: Canvas, area: Area, view: WatchView, *, one: WatchedListener, colours: Palette) -> None:
    if area.height < 3:  # noqa: PLR2004 - two rows of plot and the times
        return
    shown = past(one.history, view.now, view.span, area.width - AXIS)
    series = Series(
        [each.depth if each.known else None for each in shown.slices],
        one.limit,
        [each.known and each.depth > each.limit for each in shown.slices],
    )
    draw_plot(canvas, Area(area.x, area.y, area.width, area.height - 1), series, colours.good, colours)
    draw_times(canvas, area, area.bottom - 1, span=view.span, end=view.end, colours=colours)


def _waits(canvas: Canvas, area: Area, y: int, view: WatchView, colours: Palette) -> None:
    """How long the oldest waits, how often accept() is called, what is dropped: a large number each."""
    one = view.listener
    if one is None:
        return
    said = one.waits.summary(view.now)
    begin = max(view.now - WINDOW, one.told)
    recent, seconds = one.history.total(begin, view.now), max((view.now - begin) / SECOND, 1.0)
    oldest = words.span(said.oldest).partition(" ") if said.oldest is not None else ("-", "", "")
    figures = (
        (("oldest", "waits for", "accept()"), oldest[0], oldest[2],
         colours.bad if (said.oldest or 0) > SECOND else colours.strong),
        (("accepted", "a second", ""), _short(recent.accepted / seconds), "", colours.strong),
        (("dropped", "a second", ""), _short(recent.dropped / seconds), "",
         colours.bad if recent.dropped else colours.dim),
    )  # fmt: skip
    step = area.width // len(figures)
    for at, (label, number, unit, style) in enumerate(figures):
        x = area.x + at * step
        for row, text in enumerate(label):
            canvas.put(x, y + row, text, colours.strong)
        after = digits.put(canvas, x + max(map(width_of, label)) + 1, y, number, style)
        canvas.put(after, y + 1, unit, style)


def _short(rate: float) -> str:
    return f"{rate:.1f}" if rate < 10 else f"{rate:.0f}"  # noqa: PLR2004 - two digits


def _states(canvas: Canvas, area: Area, y: int, one: WatchedListener, colours: Palette) -> None:
    """A filled box for each state that there is."""
    there = [(name, one.states[name]) for name in STATES if one.states[name]]
    if not there:
        canvas.put(area.x, y + 1, "no connections", colours.strong)
        return
    x = area.x
    room = area.width // len(there)
    for name, count in there:
        long, short = f" {words.glyph(name)} {name} {count:,} ", f" {name} {count:,} "
        text = long if len(long) < room else short
        state = words.state_of(name)
        ink = colours.states[state] if state is not None else colours.strong
        canvas.put(x, y, "▄" * len(text), ink)
        canvas.put(x, y + 1, text, ink + _REVERSE)
        canvas.put(x, y + 2, "▀" * len(text), ink)
        x += len(text) + 1
