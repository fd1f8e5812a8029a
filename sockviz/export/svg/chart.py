"""How high things stand in a ladder. Pure geometry; time flows down, but not evenly.

Rows are as far apart as what stands in them needs, and a little farther the longer the time between; a long
silence takes a place of its own. An arrow that took any time goes down.
"""

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from sockviz import harmless
from sockviz.export.flights import Flight, flights
from sockviz.export.story import Story
from sockviz.export.svg.measure import wrap
from sockviz.export.svg.rows import Row, rows_of
from sockviz.export.svg.shape import CAPTION, Shape
from sockviz.world.model import Narration

LINE: Final = 16.0
"""Pixels from one line of words to the next."""
CAPTION_LINE: Final = 17.0
_CAPTION_SIZE: Final = 13.0
_PILL: Final = 26.0
"""Pixels from one segment's beginning to the next one's."""
_SLOPE: Final = 18.0
"""Pixels that an arrow goes down at least, if it took any time."""
_HELD: Final = 30.0
"""Pixels more, if it stood still on its way."""
_GAP: Final = 34.0
"""Pixels between two rows with a silence between."""
_HEAD: Final = 10.0
"""Pixels between two arrows that end at one place and time."""


class _Column(Enum):
    """What is taken from top to bottom, besides the words of each host."""

    WIRE = "wire"
    QUEUES = "queues"
    CAPTIONS = "captions"


@dataclass(slots=True)
class Chart:
    """All rows, and where things are in them."""

    rows: list[Row]
    flights: list[Flight]
    sent: dict[int, float] = field(default_factory=dict)
    """Segment → the height at which it begins."""
    ended: dict[int, float] = field(default_factory=dict)
    """Segment → the height at which it ends."""
    bottom: float = 0

    def y(self, t: int) -> float:
        """The height of any time."""
        after = bisect_right(self.rows, t, key=lambda row: row.t)
        if not after:
            return self.rows[0].y if self.rows else 0
        here = self.rows[after - 1]
        if after == len(self.rows) or here.t == t:
            return here.y if here.t == t else self.bottom
        following = self.rows[after]
        return here.y + (following.y - here.y) * (t - here.t) / (following.t - here.t)

    def row(self, t: int) -> int:
        """The number of the row that a time belongs to."""
        return max(0, bisect_right(self.rows, t, key=lambda row: row.t) - 1)


def chart(story: Story, shape: Shape, times: Iterable[int] = (), *, captions: bool = False) -> Chart:
    """The rows of a story, and rows at `times`, from height 0 on."""
    until = max(story.world.t, story.transitions[-1].t if story.transitions else 0)
    under_way = flights(story, until)
    made = Chart(rows_of(story, shape, under_way, times, captions=captions), under_way)
    _place(made)
    return made


def caption_lines(narration: Narration) -> list[str]:
    """The lines of a caption."""
    return list(wrap(harmless.replaced(narration.text), CAPTION - 14, _CAPTION_SIZE, prose=True))


def _place(made: Chart) -> None:
    """Give every row its height, from top to bottom."""
    free: dict[object, float] = {}
    y, before = 0.0, made.rows[0].t if made.rows else 0
    for row in made.rows:
        y += _distance(row.t - before) if row.t > before else 0
        y = max(y + _GAP if row.silence else y, *_needs(row, free, made), 0.0)
        row.y, before = y, row.t
        _take(row, free, made)
    made.bottom = max([y + LINE, *free.values()]) if made.rows else 0


def _distance(gap: int) -> float:
    """Pixels between two rows, for so many ns: every power of ten counts alike."""
    return 5.0 + 4.0 * math.log10(max(1.0, gap / 50_000))


def _needs(row: Row, free: dict[object, float], made: Chart) -> Iterator[float]:
    """The heights above which this row can't be."""
    yield from (free.get(("beside", host), 0.0) for host in row.beside)
    if row.sends or row.notes:
        yield free.get(_Column.WIRE, 0.0)
    if row.looks:
        yield free.get(_Column.QUEUES, 0.0)
    if row.captions:
        yield free.get(_Column.CAPTIONS, 0.0)
    for flight in row.ends:
        if flight.end > flight.arrow.sent and flight.arrow.id in made.sent:
            yield made.sent[flight.arrow.id] + _slope(flight)


def _slope(flight: Flight) -> float:
    took = flight.end - flight.arrow.sent
    return _SLOPE + 5.0 * math.log10(max(1.0, took / 1_000_000)) + (_HELD if flight.held else 0.0)


def _take(row: Row, free: dict[object, float], made: Chart) -> None:
    """Note what the row takes of each column."""
    for host, lines in row.beside.items():
        free["beside", host] = row.y + LINE * len(lines)
    wire = row.y
    for _ in row.notes:
        wire += _PILL
    for flight in row.sends:
        made.sent[flight.arrow.id] = wire
        wire += _PILL
    if wire > row.y:
        free[_Column.WIRE] = wire
    heads: Counter[str] = Counter()
    for flight in row.ends:
        arrow = flight.arrow
        straight = flight.end == arrow.sent
        made.ended[arrow.id] = made.sent[arrow.id] if straight else row.y + _HEAD * heads[arrow.receiver]
        heads[arrow.receiver] += 1
    if row.looks:
        free[_Column.QUEUES] = row.y + LINE
    if row.captions:
        count = sum(len(caption_lines(one)) for one in row.captions)
        free[_Column.CAPTIONS] = row.y + CAPTION_LINE * count + 12
