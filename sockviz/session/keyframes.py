"""Moments of a run to seek from: packed and put aside, so many that there is one near any time.

A moment with very many open connections takes longer to pack than a screen may stand still. Of these a few
are kept as they are; they share with each other what did not change.
"""

from bisect import bisect_right, insort
from dataclasses import dataclass, field
from typing import Final

import msgspec

from sockviz.session.recent import Recent
from sockviz.session.spill import Spill
from sockviz.world.model import World

EVERY: Final = 1024
"""Events between two keyframes: 20 ms of folding."""
LARGE: Final = 2_000
"""Connections of a world that takes too long to pack (30 ms)."""
_HELD: Final = 16
"""Large moments that are kept; when there are more, every other one goes."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What is true after some events, and what led to it last."""

    world: World = field(default_factory=World)
    recent: Recent = field(default_factory=Recent)


_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(Moment)


class Keyframes:
    """Moments by the number of events before them."""

    def __init__(self, spill: Spill | None = None) -> None:
        self._spill = spill or Spill()
        self._counts: list[int] = [0]
        self._packed: dict[int, int] = {}
        """Count → number in the spill."""
        self._held: dict[int, Moment] = {0: Moment()}
        self._due = EVERY
        self._every_large = EVERY

    def due(self, count: int) -> bool:
        """After `count` events it is time for another one."""
        return count >= self._due

    def add(self, count: int, moment: Moment) -> None:
        """Keep what is true after `count` events, of which there are more than ever before."""
        connections = len(moment.world.connections)
        # To pack a world takes about as long as to fold an event for each connection.
        self._due = count + max(EVERY, 3 * connections)
        data = _pack(moment) if connections <= LARGE else None
        if data is not None:
            self._packed[count] = self._spill.put(data)
        else:
            self._held[count] = moment
            self._due = count + self._every_large
            if len(self._held) > _HELD:
                self._thin()
        insort(self._counts, count)

    def _thin(self) -> None:
        for count in sorted(self._held)[1::2]:
            del self._held[count]
        self._every_large *= 2
        self._counts = sorted({*self._held, *self._packed})

    def count_before(self, count: int) -> int:
        """How many events there are before the last one at or before `count`."""
        return self._counts[bisect_right(self._counts, count) - 1]

    def before(self, count: int) -> tuple[int, Moment]:
        """The last one at or before `count` events, and how many there are before it."""
        found = self.count_before(count)
        if found in self._held:
            return found, self._held[found]
        return found, _DECODER.decode(self._spill.get(self._packed[found]))


def _pack(moment: Moment) -> bytes | None:
    """As bytes; None: a damaged recording has brought something in that can't be packed."""
    try:
        return _ENCODER.encode(moment)
    except (OverflowError, UnicodeEncodeError):
        return None
