"""The log of a run: its events, keyframes to seek from, and the facts that follow, by time.

Owns the order of events and the cost of going back. It is pure: no clock, no I/O; the only fold is
`world.fold.advance`, and the world at any time equals the fold of the events up to it, however the playhead
got there.
"""

from array import array
from bisect import bisect_right
from collections.abc import Iterable
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
from sockviz.session.facts import Facts
from sockviz.world.draft import Draft
from sockviz.world.fold import advance, step
from sockviz.world.model import Arrow, Drop, Narration, Transition, World

KEYFRAME_EVERY: Final = 256
"""Events between two keyframes, to begin with; doubled each time there are too many keyframes."""

KEYFRAMES: Final = 512
"""At most this many keyframes, whatever the length of the run: a seek folds at most 1/256 of the log."""

_STEPS = (
    SegmentSent,
    SegmentReleased,
    SegmentDelivered,
    SegmentDropped,
    SegmentCaptured,
    CallEntered,
    CallReturned,
    Marked,
)
"""Events that a step stops at; bare samples are not, unless they reveal a transition."""


class Timeline:
    """Events in order of time, and what is true at each time.

    Times are ns on the recording's clock. Events that arrive out of order (they should not) count as having
    happened at the latest time seen so far.
    """

    def __init__(self, events: Iterable[AnyEvent] = ()) -> None:
        self.header: Header | None = None
        self._events: list[AnyEvent] = []
        self._times = array("q")
        self._edge = World()
        self._cursor = (0, self._edge)
        self._keyframes: list[tuple[int, World]] = [(0, self._edge)]
        self._every = KEYFRAME_EVERY
        self._facts = Facts()
        self.extend(events)

    def __len__(self) -> int:
        """How many events."""
        return len(self._events)

    @property
    def start(self) -> int:
        """When the first event happened."""
        return self._times[0] if self._times else 0

    @property
    def end(self) -> int:
        """When the last event happened."""
        return self._times[-1] if self._times else 0

    @property
    def edge(self) -> World:
        """The world after the last event."""
        return self._edge

    def extend(self, events: Iterable[AnyEvent]) -> None:
        """Append events; costs as much as they are many."""
        draft = Draft(self._edge)
        for event in events:
            self._append(event, draft)
            if len(self._events) - self._keyframes[-1][0] >= self._every:
                self._edge = draft.freeze()
                self._add_keyframe()
                draft = Draft(self._edge)
        self._edge = draft.freeze()

    def _append(self, event: AnyEvent, draft: Draft) -> None:
        """Fold one event, and note when its facts became known."""
        if self.header is None and isinstance(event, Header):
            self.header = event
        known = len(draft.facts)
        step(draft, event)
        self._events.append(event)
        self._times.append(draft.t)
        self._facts.add(draft.t, draft.facts[known:], step=isinstance(event, _STEPS))

    def _add_keyframe(self) -> None:
        self._keyframes.append((len(self._events), self._edge))
        if len(self._keyframes) > KEYFRAMES:
            # Keep every other one, so that they do not become more and more with the run.
            self._keyframes = self._keyframes[::2]
            self._every *= 2

    def world_at(self, t: int) -> World:
        """The world after all events up to and including `t`."""
        return self._world_after(bisect_right(self._times, t))

    def _world_after(self, count: int) -> World:
        """The world after the first `count` events, from the edge, the cursor or the nearest keyframe."""
        if count == len(self._events):
            self._cursor = (count, self._edge)
            return self._edge
        nearest = bisect_right(self._keyframes, count, key=lambda keyframe: keyframe[0]) - 1
        begin, world = self._keyframes[nearest]
        if begin <= self._cursor[0] <= count:
            begin, world = self._cursor
        if begin < count:
            world, _ = advance(world, self._events[begin:count])
        self._cursor = (count, world)
        return world

    def arrows(self, t0: int, t1: int) -> list[Arrow]:
        """The segments on the wire at some time of [t0, t1], oldest first, as they are known at t1."""
        return self._facts.arrows_on_wire(t0, t1, self.world_at(t1).wire.in_flight)

    def last_arrows(self, count: int, t: int) -> list[Arrow]:
        """The last `count` segments sent up to `t`, oldest first, their fate only if it is known at `t`."""
        return self._facts.arrows.last(count, t)

    def transitions(self, t0: int, t1: int) -> list[Transition]:
        """State changes in [t0, t1], in order, as they are known at t1."""
        return list(self._facts.transitions.between(t0, t1))

    def last_transitions(self, count: int, t: int) -> list[Transition]:
        """The last `count` state changes up to `t`, oldest first, as they are known at `t`."""
        return self._facts.transitions.last(count, t)

    def narrations(self, t0: int, t1: int) -> list[Narration]:
        """What was said in [t0, t1], in order."""
        return list(self._facts.narrations.between(t0, t1))

    def drops(self, t0: int, t1: int) -> list[Drop]:
        """What the receiving kernels ignored in [t0, t1], in order."""
        return list(self._facts.drops.between(t0, t1))

    def next_event(self, t: int) -> int | None:
        """The next time after `t` at which something visible happened; None: nothing did (yet)."""
        return self._facts.next_step(t)

    def previous_event(self, t: int) -> int | None:
        """The last time before `t` at which something visible happened."""
        return self._facts.previous_step(t)

    def arrivals(self, world: World) -> dict[int, int]:
        """Segment → when it comes off the wire, for those of `world` of which it is known.

        The lab's wire says so in advance, unless it holds. Elsewhere nobody does, but what follows in the
        log tells.
        """
        found = {}
        for segment in world.wire.in_flight.values():
            due = segment.due if self._lab else self._facts.fate(segment.id)
            if due is not None:
                found[segment.id] = due
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
