"""What a ladder is drawn on: layers of markup, each piece with the row that it belongs to; and a badge.

Knows no TCP.
"""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final, NamedTuple

from sockviz.export.svg import style
from sockviz.export.svg.chart import Chart
from sockviz.export.svg.measure import width_of
from sockviz.export.svg.shape import Places
from sockviz.export.svg.xml import path, tag, text
from sockviz.world.labels import SHAPES

BADGE: Final = 9.0
"""Pixels of a connection's shape."""
_BAND: Final = 40.0
"""Pixels, from top to bottom, that are searched for what is taken."""


class Layer(IntEnum):
    """From the bottom to the top."""

    FRAME = 0
    """Axes, heads, legend: always there."""
    GROWING = 1
    """Bars and ways: they come into being from top to bottom."""
    OVER = 2
    """Words, labels, heads of arrows: each is there from its row on."""


class Box(NamedTuple):
    """A place that is taken."""

    x: float
    y: float
    width: float
    height: float

    def overlap(self, other: "Box") -> float:
        """The area that is in both, square pixels."""
        across = min(self.x + self.width, other.x + other.width) - max(self.x, other.x)
        down = min(self.y + self.height, other.y + other.height) - max(self.y, other.y)
        return max(0.0, across) * max(0.0, down)


class Taken:
    """Places that are taken, to be asked quickly whether another one is free."""

    def __init__(self) -> None:
        self._bands: dict[int, list[Box]] = {}

    def add(self, box: Box) -> None:
        """Take a place."""
        for band in self._over(box):
            self._bands.setdefault(band, []).append(box)

    def overlap(self, box: Box) -> float:
        """About how much of it is taken, square pixels; 0: it is free."""
        return sum(box.overlap(other) for band in self._over(box) for other in self._bands.get(band, ()))

    @staticmethod
    def _over(box: Box) -> range:
        return range(int(box.y // _BAND), int((box.y + box.height) // _BAND) + 1)


@dataclass(slots=True)
class Canvas:
    """A chart's drawing."""

    chart: Chart
    places: Places
    left: str
    """The host on the left."""
    layers: dict[Layer, list[tuple[int, str]]] = field(default_factory=lambda: {layer: [] for layer in Layer})
    taken: Taken = field(default_factory=Taken)
    """On the wire."""

    def add(self, layer: Layer, row: int, *markup: str) -> None:
        """Draw; `row`: the number of the row from which on it is there."""
        self.layers[layer].append((row, "".join(markup)))

    def is_left(self, host: str) -> bool:
        """A host's side; what is neither host's is on the right."""
        return host == self.left

    @property
    def size(self) -> float:
        """Of the letters."""
        return self.places.shape.size


def words(x: float, y: float, content: str, class_: str, *, anchor: str | None = None) -> str:
    """A line of text around the height `y`."""
    return tag("text", text(content), x=x, y=y + 4.2, class_=class_, text_anchor=anchor)


def shape_of(connection: int, x: float, y: float, class_: str, size: float = BADGE) -> str:
    """A connection's shape around (x, y): circle, square, triangle, diamond (`labels.SHAPES`)."""
    half = size / 2
    match (connection - 1) % len(SHAPES):
        case 0:
            return tag("circle", cx=x, cy=y, r=half, class_=class_)
        case 1:
            corners = [(x - half, y - half), (x + half, y - half), (x + half, y + half), (x - half, y + half)]
        case 2:
            corners = [(x, y - half), (x + half + 0.5, y + half), (x - half - 0.5, y + half)]
        case _:
            corners = [(x, y - half - 1), (x + half + 1, y), (x, y + half + 1), (x - half - 1, y)]
    return tag("path", d=path(*corners) + "Z", class_=class_)


def badge_width(connection: int | None, size: float) -> float:
    """Pixels of shape and number."""
    return 0 if connection is None else BADGE + 3 + width_of(str(connection), size)


def cross(x: float, y: float) -> str:
    """The sign of what got lost, around (x, y)."""
    arm = 4.5
    strokes = path((x - arm, y - arm), (x + arm, y + arm)) + path((x + arm, y - arm), (x - arm, y + arm))
    return tag("path", d=strokes, class_="cross")


def badge(connection: int | None, x: float, y: float) -> str:
    """Shape and number from `x` on, in the connection's colour."""
    if connection is None:
        return ""
    colour = style.chip(connection)
    number = words(x + BADGE + 3, y, str(connection), f"s {colour}")
    return shape_of(connection, x + BADGE / 2, y, colour) + number
