"""The wire: a sloped arrow for each segment, its label on it, and what became of it."""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from sockviz.export import words as told
from sockviz.export.flights import MIDDLE, Flight
from sockviz.export.story import Story
from sockviz.export.svg import style
from sockviz.export.svg.canvas import Box, Canvas, Layer, cross, words
from sockviz.export.svg.labels import Point, draw_label
from sockviz.export.svg.measure import fit, width_of
from sockviz.export.svg.xml import path, tag, text
from sockviz.harmless import replaced
from sockviz.world.labels import duration

_HEAD: Final = 9.0
_ASIDE: Final = 11.0
_STANDS: Final = 9.0
"""Pixels that a held segment goes down at least before it stands."""


def draw_arrows(canvas: Canvas, story: Story) -> None:
    """All segments, and the notes across the wire."""
    aside = _aside(canvas.chart.flights)
    ways = {one.arrow.id: _way(canvas, one, aside.get(one.arrow.id, 0)) for one in canvas.chart.flights}
    for way in ways.values():
        canvas.taken.add(Box(way[-1][0] - 5, way[-1][1] - 5, 10, 10))
        for (x, top), (beside, end) in pairwise(way):
            if abs(x - beside) < 1:
                canvas.taken.add(Box(x - 3, top, 6, end - top))
    for flight in canvas.chart.flights:
        _draw_way(canvas, flight, ways[flight.arrow.id])
    for number, row in enumerate(canvas.chart.rows):
        for at, note in enumerate(row.notes):
            _note(canvas, number, row.y + 26 * at, note)
    for flight in canvas.chart.flights:
        draw_label(canvas, story, flight, ways[flight.arrow.id])
    for flight in canvas.chart.flights:
        _draw_fate(canvas, flight, ways[flight.arrow.id])


def _x(canvas: Canvas, flight: Flight, share: float) -> float:
    places = canvas.places
    start, end = places.left + 4, places.right - 4
    return start + (end - start) * (share if canvas.is_left(flight.arrow.sender) else 1 - share)


def _aside(flights: Sequence[Flight]) -> dict[int, float]:
    """Segment → how far (pixels) from the middle it stands, beside those that stand there too."""
    found: dict[int, float] = {}
    standing: dict[int, tuple[int, int]] = {}
    for flight in (flight for flight in flights if flight.held is not None):
        begin, end = flight.held or (0, 0)
        standing = {segment: (place, until) for segment, (place, until) in standing.items() if until > begin}
        taken = {place for place, _ in standing.values()}
        place = next(place for place in range(len(taken) + 1) if place not in taken)
        standing[flight.arrow.id] = (place, end)
        found[flight.arrow.id] = _ASIDE * ((place + 1) // 2) * (1 if place % 2 else -1)
    return found


def _way(canvas: Canvas, flight: Flight, aside: float) -> list[Point]:
    """The corners of its way, from the sender on; it never goes up."""
    chart = canvas.chart
    top, bottom = chart.sent[flight.arrow.id], chart.ended[flight.arrow.id]
    points = [(_x(canvas, flight, 0.0), top)]
    for at, (t, share) in enumerate(flight.points[1:], 1):
        last = at == len(flight.points) - 1
        y = bottom if last else min(max(chart.y(t), points[-1][1] + (_STANDS if at == 1 else 0)), bottom)
        points.append((_x(canvas, flight, share) + (aside if share == MIDDLE else 0), y))
    return points


def _draw_way(canvas: Canvas, flight: Flight, way: Sequence[Point]) -> None:
    colour = "l-" + style.chip(flight.arrow.connection)
    again = " again" if flight.arrow.retransmission else ""
    row = canvas.chart.row(flight.arrow.sent)
    for start, end in pairwise(way):
        still = flight.held is not None and abs(start[0] - end[0]) < 1
        class_ = f"held {colour}" if still else f"way {colour}{again}"
        canvas.add(Layer.GROWING, row, tag("path", d=path(start, end), class_=class_))


def _draw_fate(canvas: Canvas, flight: Flight, way: Sequence[Point]) -> None:
    """At the end: a head, a cross, or an open end; and how long it was held."""
    arrow = flight.arrow
    row = canvas.chart.row(flight.end)
    end = way[-1]
    if arrow.dropped is not None or arrow.ignored:
        canvas.add(Layer.OVER, row, *_cross(canvas, flight, end))
    elif arrow.arrived is not None:
        canvas.add(Layer.OVER, row, _arrow_head(way, style.chip(arrow.connection)))
    else:
        ring = f"paper l-{style.chip(arrow.connection)}"
        canvas.add(Layer.OVER, row, tag("circle", cx=end[0], cy=end[1], r=3.5, class_=ring, stroke_width=1.7))
    if flight.held is not None:
        begin, until = flight.held
        _say_held(canvas, row, way, duration(until - begin))


def _arrow_head(way: Sequence[Point], colour: str) -> str:
    """A filled head in the direction in which the way ends."""
    (x0, y0), (x1, y1) = next(((a, b) for a, b in reversed(list(pairwise(way))) if a != b), (way[0], way[-1]))
    length = math.hypot(x1 - x0, y1 - y0) or 1.0
    dx, dy = (x1 - x0) / length, (y1 - y0) / length
    base = (x1 - _HEAD * dx, y1 - _HEAD * dy)
    corners = [(x1, y1), (base[0] - 4 * dy, base[1] + 4 * dx), (base[0] + 4 * dy, base[1] - 4 * dx)]
    return tag("path", d=path(*corners) + "Z", class_=colour)


def _cross(canvas: Canvas, flight: Flight, at: Point) -> Iterator[str]:
    """A cross, and beyond it why, where there is room: what was ignored is told beside the lifeline."""
    arrow, (x, y) = flight.arrow, at
    rightward = canvas.is_left(arrow.sender)
    x -= (5 if rightward else -5) if arrow.dropped is None else 0
    yield cross(x, y)
    if arrow.dropped is None:
        return
    size = canvas.size - 1.5
    room = canvas.places.shape.wire / 2 - 22
    why = fit(told.cause(arrow) if canvas.places.shape.figures else "dropped", room, size)
    beside = x + 11 if rightward else x - 11
    width = width_of(why, size)
    canvas.taken.add(Box(beside if rightward else beside - width, y - 8, width, 16))
    yield words(beside, y, why, "n bad", anchor=None if rightward else "end")


def _say_held(canvas: Canvas, row: int, way: Sequence[Point], held: str) -> None:
    """Beside the stretch where it stood, if that is long enough."""
    stretch = next(((a, b) for a, b in pairwise(way) if abs(a[0] - b[0]) < 1 and b[1] - a[1] > 0), None)
    if stretch is None or not canvas.places.shape.figures:
        return
    (x, top), (_, bottom) = stretch
    size = canvas.size - 1.5
    content = f"held {held}"
    width = width_of(content, size)
    for at in (x + 8, x - 8 - width):
        box = Box(at, (top + bottom) / 2 - 8, width, 16)
        if not canvas.taken.overlap(box):
            canvas.taken.add(box)
            canvas.add(Layer.OVER, row, words(at, (top + bottom) / 2, content, "n warn"))
            return


def _note(canvas: Canvas, row: int, y: float, note: str) -> None:
    """What the operator did, across the wire."""
    size = canvas.size - 1
    content = fit(replaced(note), canvas.places.shape.wire - 40, size)
    width = width_of(content, size) + 20
    middle = (canvas.places.left + canvas.places.right) / 2
    box = Box(middle - width / 2, y - 10, width, 20)
    canvas.taken.add(box)
    canvas.add(
        Layer.OVER,
        row,
        tag("rect", x=box.x, y=box.y, width=box.width, height=box.height, rx=4, class_="surface"),
        tag("text", text(content), x=middle, y=y + 4, class_="k accent", text_anchor="middle"),
    )
