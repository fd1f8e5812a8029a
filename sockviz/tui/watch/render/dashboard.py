"""The panels of the watched listener in their places, for any size. Pure."""

from sockviz.tui.palettes import Palette
from sockviz.tui.render.canvas import Canvas, Picture
from sockviz.tui.render.sheet import Area
from sockviz.tui.watch.render import panels, words
from sockviz.tui.watch.render.large import draw_large
from sockviz.tui.watch.view import WatchView

ROOMY = 110
"""From here on all panels stand side by side."""
_STATES, _WAITS = 37, 29
_SPARK = 7


def draw_dashboard(view: WatchView, width: int, height: int, colours: Palette) -> Picture:
    """All panels side by side; on a narrow terminal those of the tab."""
    canvas = Canvas(width, height)
    if view.listener is None:
        return canvas.picture()
    if view.large and view.tab != "states":
        draw_large(canvas, view, colours)
    elif width >= ROOMY and not view.large:
        left = width - _STATES - _WAITS
        _queues(canvas, Area(0, 0, left, height), view, colours)
        _states(canvas, Area(left, 0, _STATES, height), view, colours)
        _waits(canvas, Area(left + _STATES, 0, _WAITS, height), view, colours)
    elif view.tab == "states":
        _states(canvas, Area(0, 0, width - _WAITS, height), view, colours)
        _waits(canvas, Area(width - _WAITS, 0, _WAITS, height), view, colours)
    else:
        _queues(canvas, Area(0, 0, width, height), view, colours)
    return canvas.picture()


def _queues(canvas: Canvas, area: Area, view: WatchView, colours: Palette) -> None:
    note = f"last {words.span(view.span)}  - +"
    several = len(view.watch.chosen) > 1
    title = f"queues of {words.address(view.focus)}" if several else "queues"
    inside = panels.frame(canvas, area, title, note, colours)
    panels.queues(canvas, inside, view, colours)


def _states(canvas: Canvas, area: Area, view: WatchView, colours: Palette) -> None:
    one = view.listener
    total = sum(one.states.values()) if one is not None else 0
    inside = panels.frame(canvas, area, "states", f"{total:,} connections", colours)
    panels.states(canvas, inside, view, colours)


def _waits(canvas: Canvas, area: Area, view: WatchView, colours: Palette) -> None:
    inside = panels.frame(canvas, area, "waiting for accept()", "", colours)
    y = area.y
    rates = panels.rates(view, _SPARK, colours)
    waits = panels.waits(view, colours)[: max(0, area.height - len(rates) - 3)]
    for y, line in enumerate(waits, start=inside.y):
        panels.parts(canvas, inside.x, y, line, inside.right)
    y = inside.bottom - len(rates) - 1
    title = " per second "
    canvas.put(area.x, y, "├" + "─" * (area.width - 2) + "┤", colours.border)
    canvas.put(area.x + 2, y, title, colours.accent)
    for line in rates:
        y += 1
        panels.parts(canvas, inside.x, y, line, inside.right)
