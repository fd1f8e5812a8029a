"""Where the columns of a ladder are: one shape for a slide, one for a page, one for a narrow screen."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Shape:
    """Columns from left to right, in pixels: time, words, bars │ wire │ bars, words, queues, captions."""

    margin: float
    time: float
    """0: no times."""
    words: float
    """Beside each lifeline: states, calls, what was ignored and why."""
    bar: float
    """A connection's bar at most; the narrower, the more there are."""
    bars: float
    """All bars of a host at most."""
    wire: float
    queues: float
    """0: no queues."""
    caption: float
    """0: no captions."""
    size: float
    """Of the letters."""
    calls: bool
    figures: bool
    """Sequence numbers on the arrows."""


WIDE: Final = Shape(
    margin=36, time=64, words=250, bar=14, bars=96, wire=430, queues=196, caption=0, size=12.5,
    calls=True, figures=True,
)  # fmt: skip
PAGE: Final = Shape(
    margin=10, time=70, words=114, bar=11, bars=50, wire=340, queues=0, caption=0, size=12,
    calls=False, figures=True,
)  # fmt: skip
NARROW: Final = Shape(
    margin=6, time=0, words=110, bar=8, bars=24, wire=94, queues=0, caption=0, size=12,
    calls=False, figures=False,
)  # fmt: skip
CAPTION: Final = 320


@dataclass(frozen=True, slots=True)
class Places:
    """The columns' places for one chart."""

    shape: Shape
    bar: float
    """A bar and the gap after it."""
    lanes: int

    @property
    def time(self) -> float:
        """The right edge of the times."""
        return self.shape.margin + self.shape.time - 12

    @property
    def left_words(self) -> float:
        """The right edge of the words of the host on the left."""
        return self.shape.margin + self.shape.time + self.shape.words

    @property
    def left(self) -> float:
        """The lifeline of the host on the left: where the wire begins."""
        return self.left_words + 10 + self.bar * self.lanes

    @property
    def right(self) -> float:
        """The lifeline of the host on the right."""
        return self.left + self.shape.wire

    @property
    def right_words(self) -> float:
        """The left edge of the words of the host on the right."""
        return self.right + self.bar * self.lanes + 10

    @property
    def queues(self) -> float:
        """The left edge of the queues."""
        return self.right_words + self.shape.words + (30 if self.shape.queues else 0)

    @property
    def captions(self) -> float:
        """The left edge of the captions."""
        return self.queues + self.shape.queues + (20 if self.shape.queues else 0)

    @property
    def width(self) -> float:
        """Of all."""
        used = self.captions + self.shape.caption
        return used + self.shape.margin

    def lane(self, number: int, *, right: bool) -> float:
        """The left edge of a bar; lane 0 is next to the wire."""
        return self.right + 4 + number * self.bar if right else self.left - 4 - (number + 1) * self.bar


def places(shape: Shape, lanes: int) -> Places:
    """The columns for so many bars beside each other."""
    lanes = max(1, lanes)
    return Places(shape, min(shape.bar, shape.bars / lanes), lanes)
