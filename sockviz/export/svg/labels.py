"""The label on a segment's way: its name as a pill, its numbers beside it, where they meet no other label."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from sockviz.export.flights import Flight
from sockviz.export.story import Story
from sockviz.export.svg import style
from sockviz.export.svg.canvas import BADGE, Box, Canvas, Layer, shape_of, words
from sockviz.export.svg.measure import fit, width_of
from sockviz.export.svg.xml import tag
from sockviz.world.labels import label, numbers_text

_PILL: Final = 18.0
_PLACES: Final = (0.28, 0.5, 0.2, 0.36, 0.43, 0.14, 0.66, 0.76)
"""Where on its way a label may be, the best first: near the sender, where crossing arrows do not cross."""

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class _Label:
    """What stands on an arrow."""

    connection: int | None
    name: str
    figures: str
    pill: float
    width: float
    """With the figures."""


def draw_label(canvas: Canvas, story: Story, flight: Flight, way: Sequence[Point]) -> None:
    """Its pill, and the figures beside it."""
    chosen = _choose(canvas, _label(canvas, story, flight), way)
    if chosen is None:
        return
    made, box = chosen
    canvas.taken.add(box)
    y = box.y + _PILL / 2
    colour = style.chip(made.connection)
    parts = [tag("rect", x=box.x, y=box.y, width=made.pill, height=_PILL, rx=9, class_=colour)]
    x = box.x + 7
    if made.connection is not None:
        parts.append(shape_of(made.connection, x + BADGE / 2, y, "on"))
        x += BADGE + 3
    parts.append(words(x, y, made.name, "b"))
    if made.figures:
        parts.insert(0, tag("rect", x=box.x, y=box.y, width=box.width, height=_PILL, class_="paper"))
        parts.append(words(box.x + made.pill + 6, y, made.figures, "n dim"))
    canvas.add(Layer.OVER, canvas.chart.row(flight.arrow.sent), *parts)


def _choose(canvas: Canvas, whole: _Label, way: Sequence[Point]) -> tuple[_Label, Box] | None:
    """Where a label meets no other one; rather without its figures than over another one."""
    bare = replace(whole, figures="", width=whole.pill)
    least, chosen = math.inf, None
    for made in (whole, bare):
        for box in _boxes(canvas, made, way):
            overlap = canvas.taken.overlap(box)
            if overlap < least:
                least, chosen = overlap, (made, box)
            if not overlap:
                return chosen
    return chosen


def _label(canvas: Canvas, story: Story, flight: Flight) -> _Label:
    arrow, size = flight.arrow, canvas.size - 1
    name = label(arrow.segment)
    if arrow.connection is not None:
        name = f"{arrow.connection} {name}"
    figures = []
    if canvas.places.shape.figures:
        connection = story.world.connections.get(arrow.connection or 0)
        figures = ["again" if arrow.retransmission else ""]
        figures.append(numbers_text(arrow.segment, arrow.sender, connection).replace("  ", " "))
    share = (0.42 if flight.held else 0.6) if canvas.places.shape.figures else 0.86
    room = canvas.places.shape.wire * share
    name = fit(name, room - 14, size)
    pill = width_of(name, size) + 14 + (BADGE + 3 if arrow.connection is not None else 0)
    told_figures = " ".join(filter(None, figures))
    beside = width_of(told_figures, size - 0.5) + 8 if told_figures else 0
    if pill + beside > room:
        return _Label(arrow.connection, name, "", pill, pill)
    return _Label(arrow.connection, name, told_figures, pill, pill + beside)


def _boxes(canvas: Canvas, made: _Label, way: Sequence[Point]) -> Iterator[Box]:
    """The label's places on the way, the best first."""
    places = canvas.places
    rightward = way[-1][0] >= way[0][0]
    length = places.right - places.left
    start, end = places.left + 12 + made.width / 2, places.right - 12 - made.width / 2
    if start > end:
        start = end = (places.left + places.right) / 2
    for place in _PLACES:
        middle = places.left + length * place if rightward else places.right - length * place
        middle = min(max(middle, start), end)
        y = _height(way, middle)
        if y is not None:
            yield Box(middle - made.width / 2, y - _PILL / 2, made.width, _PILL)


def _height(way: Sequence[Point], x: float) -> float | None:
    """The height at which the way passes `x`."""
    for (x0, y0), (x1, y1) in pairwise(way):
        if min(x0, x1) <= x <= max(x0, x1) and abs(x1 - x0) >= 1:
            return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
    return None
