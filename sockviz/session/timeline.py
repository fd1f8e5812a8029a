"""A run as it can be looked at: what is true at each time, what led to it, and where to stop.

Owns the order of events and the cost of going to any of them, which does not depend on how many there are:
near any time there is a keyframe, and what lies between is read and folded again. The only fold is the
world's (and that of `session.recent`); the world at any time equals the fold of the events up to it, however
the playhead got there. It is pure but for the log that it is given.
"""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Final

from sockviz.events import (
    AnyEvent,
    CallEntered,
    CallReturned,
    Header,
    Marked,
    SegmentCaptured,
    SegmentDelivered,
    SegmentDropped,
    SegmentReleased,
    SegmentSent,
)
from sockviz.session.index import Index, Kind
from sockviz.session.keyframes import Keyframes, Moment
from sockviz.session.log import CHUNK, Log, SpilledLog, between
from sockviz.session.marks import Marks
from sockviz.session.recent import RecentDraft
from sockviz.session.spill import Spill
from sockviz.world.draft import Draft
from sockviz.world.fold import step
from sockviz.world.model import Arrow, Drop, Transition, World

STRIDE: Final = 128
"""Events between two moments that are remembered on the way from a keyframe."""
_NEAR: Final = 24
"""Moments remembered: stepping to and fro between two keyframes folds little."""
_CHUNKS: Final = 8
"""Chunks of events in memory."""
_AHEAD: Final = 2_000
"""Events after which nobody looks any more for what became of a segment."""

_SEGMENT: Final = Kind.MOMENT | Kind.SEGMENT
_KINDS: Final[dict[type, int]] = {
    SegmentSent: _SEGMENT,
    SegmentReleased: _SEGMENT,
    SegmentDelivered: _SEGMENT,
    SegmentDropped: _SEGMENT,
    SegmentCaptured: _SEGMENT,
    CallEntered: Kind.MOMENT,
    CallReturned: Kind.MOMENT,
    Marked: Kind.MOMENT,
}
"""Bare samples are not worth stopping at, unless they reveal something."""


class Timeline:
    """Events in order of time, and what is true at each time.

    Times are ns on the recording's clock. Events that arrive out of order (they should not) count as having
    happened at the latest time seen so far.
    """

    def __init__(self, events: Iterable[AnyEvent] = (), log: Log | None = None) -> None:
        """`log`: where the events are kept; without one in memory, and on the disk when they are many."""
        spill = Spill()
        self.header: Header | None = None
        self.index = Index(spill)
        self.marks = Marks()
        self._log = log or SpilledLog(spill)
        self._keyframes = Keyframes(spill)
        self._edge = World()
        self._recent = RecentDraft(Moment().recent)
        self._near: OrderedDict[int, Moment] = OrderedDict()
        self._chunks: OrderedDict[int, Sequence[AnyEvent]] = OrderedDict()
        self._flights: tuple[World, int, dict[int, int]] | None = None
        self.extend(events)

    def __len__(self) -> int:
        """How many events."""
        return len(self.index)

    @property
    def end(self) -> int:
        """When the last event happened."""
        return self.index.end

    @property
    def edge(self) -> World:
        """The world after the last event."""
        return self._edge

    # what comes in

    def extend(self, events: Iterable[AnyEvent]) -> None:
        """Append events; costs as much as they are many."""
        batch = list(events)
        self._log.append(batch)
        draft = Draft(self._edge)
        for event in batch:
            self._append(event, draft)
            if self._keyframes.due(len(self)):
                self._edge = draft.freeze()
                self._keyframes.add(len(self), Moment(self._edge, self._recent.freeze()))
                draft = Draft(self._edge)
        self._edge = draft.freeze()

    def _append(self, event: AnyEvent, draft: Draft) -> None:
        """Fold one event, and note what it is worth."""
        if isinstance(event, Header):
            self.header = self.header or event
        kinds = _KINDS.get(type(event), 0)
        if _fold(event, draft, self._recent):
            kinds |= Kind.STATE | Kind.MOMENT
        elif any(isinstance(fact, Drop) for fact in draft.facts):
            kinds |= Kind.MOMENT
        self.index.add(draft.t, kinds)
        self.marks.learn(draft.t, event)

    # what is true, and what led to it

    def world_at(self, t: int) -> World:
        """The world after all events up to and including `t`."""
        count = self.index.count(t)
        return self._edge if count == len(self) else self._moment(count).world

    def last_arrows(self, count: int, t: int) -> Sequence[Arrow]:
        """The last `count` segments sent up to `t`, oldest first, their fate only if it is known at `t`.

        There are never more than `recent.ARROWS`.
        """
        return self._moment(self.index.count(t)).recent.arrows[-count:]

    def last_transitions(self, count: int, t: int) -> Sequence[Transition]:
        """The last `count` state changes up to `t`, oldest first, as they are known at `t`.

        There are never more than `recent.TRANSITIONS`.
        """
        return self._moment(self.index.count(t)).recent.transitions[-count:]

    def _moment(self, count: int) -> Moment:
        """The moment after the first `count` events, from the edge, a moment nearby or a keyframe."""
        found = self._near.get(count)
        if found is None:
            found = self._edge_moment() if count == len(self) else self._folded(count)
            self._remember(count, found)
        self._near.move_to_end(count)
        return found

    def _edge_moment(self) -> Moment:
        return Moment(self._edge, self._recent.freeze())

    def _remember(self, count: int, moment: Moment) -> None:
        self._near[count] = moment
        if len(self._near) > _NEAR:
            self._near.popitem(last=False)

    def _folded(self, count: int) -> Moment:
        """Fold what lies between the nearest known moment and this one."""
        nearest = max((known for known in self._near if known < count), default=-1)
        begin = self._keyframes.count_before(count)
        begin, moment = (nearest, self._near[nearest]) if nearest > begin else self._keyframes.before(count)
        while begin < count:
            # Where one lands does not depend on where one came from, so that the next fold finds it.
            end = min(count, (begin // STRIDE + 1) * STRIDE)
            draft, recent = Draft(moment.world), RecentDraft(moment.recent)
            for event in between(self._chunk, begin, end):
                _fold(event, draft, recent)
            moment = Moment(draft.freeze(), recent.freeze())
            self._remember(end, moment)
            begin = end
        return moment

    def _chunk(self, number: int) -> Sequence[AnyEvent]:
        if number == len(self) // CHUNK:  # it is still growing
            return self._log.chunk(number)
        chunk = self._chunks.get(number)
        if chunk is None:
            chunk = self._chunks[number] = self._log.chunk(number)
            if len(self._chunks) > _CHUNKS:
                self._chunks.popitem(last=False)
        self._chunks.move_to_end(number)
        return chunk

    # where to stop

    def next_event(self, t: int, kind: Kind = Kind.MOMENT) -> int | None:
        """The next time after `t` at which something of that kind happened; None: nothing did (yet)."""
        if kind is Kind.MARK:
            return self.marks.after(t)
        return self.index.following(t, kind)

    def previous_event(self, t: int, kind: Kind = Kind.MOMENT) -> int | None:
        """The last time before `t` at which something of that kind happened."""
        if kind is Kind.MARK:
            return self.marks.before(t)
        return self.index.preceding(t, kind)

    # what is under way

    def arrivals(self, world: World) -> dict[int, int]:
        """Segment → when it comes off the wire, for those of `world` of which it is known.

        The lab's wire says so in advance, unless it holds. Elsewhere nobody does, but what follows in the
        log tells.
        """
        in_flight = world.wire.in_flight
        if self._lab or not in_flight:
            return {segment.id: segment.due for segment in in_flight.values() if segment.due is not None}
        if self._flights is None or self._flights[0] is not world or self._flights[1] != len(self):
            self._flights = (world, len(self), self._fates(world))
        return self._flights[2]

    def _fates(self, world: World) -> dict[int, int]:
        """What follows in the log about the segments on the wire."""
        unknown = set(world.wire.in_flight)
        found: dict[int, int] = {}
        begin = self.index.count(world.t)
        for event in between(self._chunk, begin, min(begin + _AHEAD, len(self))):
            if isinstance(event, SegmentDelivered | SegmentDropped) and event.id in unknown:
                unknown.discard(event.id)
                found[event.id] = event.t
                if not unknown:
                    break
        return found

    def flight_at(self, t: int) -> int | None:
        """How long (ns) the segment on the wire just after `t` is under way; of several, the shortest."""
        world = self.world_at(t)
        in_flight = world.wire.in_flight
        return min(
            (due - in_flight[segment].sent for segment, due in self.arrivals(world).items()), default=None
        )

    @property
    def _lab(self) -> bool:
        return self.header is not None and self.header.source == "lab"


def _fold(event: AnyEvent, draft: Draft, recent: RecentDraft) -> bool:
    """Fold one event into both; what it revealed is in `draft.facts`. True: an end changed its state."""
    draft.facts.clear()
    step(draft, event)
    return recent.add(draft.t, draft.facts)
