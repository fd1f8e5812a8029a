"""What the fold reported, by time: arrows, transitions, drops, narrations, and the times worth stopping at.

A fact may be reported again when more is known (an arrow's fate, a transition that a sample confirmed);
each version is kept with the time it became known, so that a look back never shows what was not known then.
Pure; no clock, no I/O.
"""

from array import array
from bisect import bisect_left, bisect_right, insort
from collections.abc import Hashable, Iterable, Iterator
from typing import Generic, TypeVar

from sockviz.world.model import Arrow, Drop, Fact, Narration, Transition

T = TypeVar("T")


class History(Generic[T]):
    """Things in order of time, each with its versions."""

    def __init__(self) -> None:
        self._times = array("q")
        self._keys: list[Hashable] = []
        self._versions: dict[Hashable, list[tuple[int, T | None]]] = {}

    def add(self, key: Hashable, t: int, known: int, thing: T) -> None:
        """Put `thing` at time `t`, or add a version of it, known since `known`."""
        versions = self._versions.get(key)
        if versions is not None:
            versions.append((known, thing))
            return
        self._versions[key] = [(known, thing)]
        place = bisect_right(self._times, t)
        self._times.insert(place, t)
        self._keys.insert(place, key)

    def take_back(self, key: Hashable, known: int) -> None:
        """It turned out at `known` that it was not so."""
        self._versions[key].append((known, None))

    def latest(self, key: Hashable) -> T | None:
        """The version known at the end of the log."""
        versions = self._versions.get(key)
        return versions[-1][1] if versions else None

    def known(self, key: Hashable, t: int) -> T | None:
        """The version known at `t`; None: nothing was known then, or it was taken back."""
        for known, thing in reversed(self._versions.get(key, ())):
            if known <= t:
                return thing
        return None

    def keys(self, t0: int, t1: int) -> list[Hashable]:
        """What lies in [t0, t1], in order."""
        return self._keys[bisect_left(self._times, t0) : bisect_right(self._times, t1)]

    def between(self, t0: int, t1: int) -> Iterator[T]:
        """What lies in [t0, t1] and was known at t1, in order, as it was known then."""
        for key in self.keys(t0, t1):
            thing = self.known(key, t1)
            if thing is not None:
                yield thing

    def last(self, count: int, t: int) -> list[T]:
        """The last `count` things up to `t`, in order, as they were known then."""
        end = bisect_right(self._times, t)
        found: list[T] = []
        while end > 0 and len(found) < count:
            end -= 1
            thing = self.known(self._keys[end], t)
            if thing is not None:
                found.append(thing)
        found.reverse()
        return found


class Facts:
    """All facts of a run. Times are ns on the recording's clock."""

    def __init__(self) -> None:
        self.arrows: History[Arrow] = History()
        self.transitions: History[Transition] = History()
        self.drops: History[Drop] = History()
        self.narrations: History[Narration] = History()
        self._fates: History[int] = History()
        self._ends: dict[tuple[str, str, str], list[Hashable]] = {}
        """(host, local, remote) → its transitions."""
        self._steps = array("q")

    def add(self, t: int, facts: Iterable[Fact], *, step: bool) -> None:
        """Take what the event at `t` revealed; `step`: the event itself is worth stopping at."""
        if step:
            self._add_step(t)
        for fact in facts:
            match fact:
                case Arrow():
                    self._add_arrow(fact, t)
                case Transition():
                    self._add_transition(fact, t)
                case Drop():
                    self.drops.add((fact.segment, fact.t), fact.t, t, fact)
                    self._add_step(fact.t)
                case Narration():
                    self.narrations.add((fact.t, fact.text), fact.t, t, fact)

    def _add_arrow(self, arrow: Arrow, known: int) -> None:
        self.arrows.add(arrow.id, arrow.sent, known, arrow)
        end = fate(arrow)
        if end is not None:
            self._fates.add(arrow.id, end, known, arrow.id)

    def _add_transition(self, fact: Transition, known: int) -> None:
        end = self._ends.setdefault((fact.host, fact.local, fact.remote), [])
        for _ in range(min(fact.corrects, len(end))):
            self.transitions.take_back(end.pop(), known)
        key = (fact.host, fact.local, fact.remote, fact.connection, fact.t, fact.before, fact.after)
        if not end or end[-1] != key:
            end.append(key)
        self.transitions.add(key, fact.t, known, fact)
        self._add_step(fact.t)

    def _add_step(self, t: int) -> None:
        if not self._steps or t > self._steps[-1]:
            self._steps.append(t)
        elif self._steps[bisect_left(self._steps, t)] != t:
            insort(self._steps, t)

    def arrows_on_wire(self, t0: int, t1: int, in_flight: Iterable[int]) -> list[Arrow]:
        """The arrows that touch [t0, t1], oldest first; `in_flight`: the segments on the wire at t1."""
        keys = {*self.arrows.keys(t0, t1), *self._fates.keys(t0, t1), *in_flight}
        found = [arrow for key in keys if (arrow := self.arrows.known(key, t1)) is not None]
        return sorted(found, key=lambda arrow: (arrow.sent, arrow.id))

    def fate(self, segment: int) -> int | None:
        """When a segment arrived or was dropped, as known at the end of the log."""
        arrow = self.arrows.latest(segment)
        return None if arrow is None else fate(arrow)

    def next_step(self, t: int) -> int | None:
        """The first time after `t` worth stopping at."""
        place = bisect_right(self._steps, t)
        return self._steps[place] if place < len(self._steps) else None

    def previous_step(self, t: int) -> int | None:
        """The last time before `t` worth stopping at."""
        place = bisect_left(self._steps, t)
        return self._steps[place - 1] if place else None


def fate(arrow: Arrow) -> int | None:
    """When an arrow ends; None: it does not, so far."""
    return arrow.arrived if arrow.arrived is not None else arrow.dropped
