"""What was known of watched listeners at each time: the events, keyframes, and the newest moment.

The newest moment is folded as events come, in place. A moment of the past is folded from the keyframe before
it, and kept: going on from it costs only what happened since.
"""

import contextlib
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from sockviz.events import (
    AnyEvent,
    CounterRaised,
    Header,
    ListenersChosen,
    Marked,
    SocketsSampled,
    StateTraced,
)
from sockviz.session.index import Index, Kind
from sockviz.session.log import CHUNK, Log, SpilledLog, between
from sockviz.session.marks import Marks
from sockviz.session.spill import Spill
from sockviz.world.watch.fold import fold
from sockviz.world.watch.model import Watch

WEIGHT: Final = 8_000
"""Rows and events between two keyframes, at least: some 50 ms of folding."""
_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(Watch)


class WatchTimeline:
    """Events of watching in order of time. Times are ns on the recording's clock."""

    def __init__(self, log: Log | None = None) -> None:
        """`log`: where the events are kept; without one in memory, and on the disk when they are many."""
        self._spill = Spill()
        self.header: Header | None = None
        self.index = Index(self._spill)
        self.marks = Marks()
        self.edge = Watch()
        """The newest moment. It changes in place as events come."""
        self._log = log or SpilledLog(self._spill)
        self._keyframes: list[tuple[int, int]] = []
        """After how many events, and its number in the spill."""
        self._weight = 0
        self._past: tuple[int, Watch] | None = None
        """A moment of the past, and after how many events it is."""
        self._read: tuple[tuple[int, int], Sequence[AnyEvent]] | None = None
        """The chunk that was read last: its number and where it ends, and its events."""

    def __len__(self) -> int:
        """How many events."""
        return len(self.index)

    @property
    def end(self) -> int:
        """When the last event happened."""
        return self.index.end

    def extend(self, events: Iterable[AnyEvent]) -> None:
        """Append events; costs as much as they say has changed."""
        batch = list(events)
        self._log.append(batch)
        for event in batch:
            if isinstance(event, Header):
                self.header = self.header or event
            fold(self.edge, event)
            self.index.add(self.edge.t, Kind.MOMENT if _seen(event) else 0)
            self.marks.learn(self.edge.t, event)
            self._weight += _weight(event)
            if self._weight > WEIGHT + len(self.edge.connections):
                self._weight = 0
                self._keep()

    def _keep(self) -> None:
        """A keyframe of the newest moment, unless a damaged recording brought in what can't be packed."""
        with contextlib.suppress(OverflowError, UnicodeEncodeError):
            self._keyframes.append((len(self), self._spill.put(_ENCODER.encode(self.edge))))

    def watch_at(self, t: int) -> Watch:
        """What was known after all events up to and including `t`. Valid until the next call, or `extend`."""
        count = self.index.count(t)
        if count == len(self):
            return self.edge
        begin, watch = self._nearest(count)
        for event in between(self._chunk, begin, count):
            fold(watch, event)
        self._past = (count, watch)
        return watch

    def _nearest(self, count: int) -> tuple[int, Watch]:
        """A moment to go on from: the one that was looked at last, or a keyframe."""
        place = bisect_right(self._keyframes, count, key=lambda frame: frame[0]) - 1
        begin, number = self._keyframes[place] if place >= 0 else (0, -1)
        if self._past is not None and begin <= self._past[0] <= count:
            return self._past
        return (begin, _DECODER.decode(self._spill.get(number))) if number >= 0 else (0, Watch())

    def _chunk(self, number: int) -> Sequence[AnyEvent]:
        """The events of a chunk as far as there are any; who steps through them reads it once."""
        key = (number, min(len(self), (number + 1) * CHUNK))
        if self._read is None or self._read[0] != key:
            self._read = (key, self._log.chunk(number))
        return self._read[1]

    # where to stop

    def next_event(self, t: int, kind: Kind = Kind.MOMENT) -> int | None:
        """The next time after `t` at which something was seen; None: nothing was (yet)."""
        if kind is Kind.MARK:
            return self.marks.after(t)
        return self.index.following(t, Kind.MOMENT)

    def previous_event(self, t: int, kind: Kind = Kind.MOMENT) -> int | None:
        """The last time before `t` at which something was seen."""
        if kind is Kind.MARK:
            return self.marks.before(t)
        return self.index.preceding(t, Kind.MOMENT)

    def flight_at(self, t: int) -> int | None:  # noqa: ARG002 - as the playhead asks
        """Nothing is ever on a wire here."""
        return None


def _seen(event: AnyEvent) -> bool:
    """Whether it is worth stopping at."""
    return isinstance(event, SocketsSampled | StateTraced | CounterRaised | ListenersChosen | Marked)


def _weight(event: AnyEvent) -> int:
    return len(event.changed) + len(event.gone) + 1 if isinstance(event, SocketsSampled) else 1
