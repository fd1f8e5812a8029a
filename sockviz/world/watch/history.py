"""A listener's past in slices of equal length: queues and states as they were, and what happened in each.

Bounded: the oldest slices are forgotten. Times are ns on the recording's clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

WIDTH: Final = 250_000_000
"""ns; of one slice."""
KEPT: Final = 2_400
"""Slices; ten minutes, of those in which anything was told."""

STATES: Final = (
    "SYN_RECV",
    "ESTABLISHED",
    "CLOSE_WAIT",
    "LAST_ACK",
    "FIN_WAIT1",
    "FIN_WAIT2",
    "CLOSING",
    "TIME_WAIT",
)
"""A server's states, in the order in which they are drawn; `Slice.states` counts them in this order."""


@dataclass(slots=True)
class Slice:
    """What was, and what happened, in one slice, or (of `History.columns`) in several."""

    depth: int = 0
    """The longest that the accept queue was. Of several sockets with one address: all of theirs."""
    limit: int = 0
    """Its limit at the end (full when depth > limit); of several sockets the sum."""
    half_open: int = 0
    """The most connections in SYN_RECV."""
    states: list[int] = field(default_factory=lambda: [0] * len(STATES))
    """Connections in each of `STATES` at the end."""
    opened: int = 0
    """Connections that came."""
    accepted: int = 0
    """Connections that accept() was seen to have taken."""
    closed: int = 0
    """Connections that went."""
    resent: int = 0
    """Segments that the kernel sent again."""
    dropped: int = 0
    """What the listener dropped, as its own counter says."""
    known: bool = True
    """False: it is before the first reading."""
    depth_now: int = 0
    half_open_now: int = 0
    """At the end."""


@dataclass(slots=True)
class History:
    """The slices in which something was told, by number (`t // WIDTH`), oldest first."""

    slices: dict[int, Slice] = field(default_factory=dict)

    def at(self, t: int) -> Slice:
        """The slice of `t`, to be written to: it begins as the one before it ended."""
        number = t // WIDTH
        found = self.slices.get(number)
        if found is None:
            found = self.slices[number] = _after(next(reversed(self.slices.values()), None))
            if len(self.slices) > KEPT:
                del self.slices[next(iter(self.slices))]
        return found

    def columns(self, begin: int, end: int, count: int) -> list[Slice]:
        """The time from `begin` to `end` in `count` equal parts, oldest first, to be drawn.

        Of a part in which nothing was told queues and states are what they were before. A part shorter than
        a slice shows the slice that it is in.
        """
        numbers, slices = list(self.slices), list(self.slices.values())
        columns, place, last = [], 0, None
        for column in range(count):
            first = (begin + (end - begin) * column // count) // WIDTH
            until = max((begin + (end - begin) * (column + 1) // count) // WIDTH, first + 1)
            while place < len(numbers) and numbers[place] < first:
                last = slices[place]
                place += 1
            inside = place
            while inside < len(numbers) and numbers[inside] < until:
                inside += 1
            columns.append(_joined(last, slices[place:inside]))
        return columns

    def before(self, t: int) -> Slice:
        """What was just before the slice of `t`."""
        number = t // WIDTH
        return _after(next((one for key, one in reversed(self.slices.items()) if key < number), None))

    def total(self, begin: int, end: int) -> Slice:
        """What happened from `begin` to `end`, to the slice."""
        first, last = begin // WIDTH, end // WIDTH
        inside = []
        for number in reversed(self.slices):
            if number < first:
                break
            if number <= last:
                inside.append(self.slices[number])
        return _joined(None, inside[::-1])


def _after(before: Slice | None) -> Slice:
    """A slice in which nothing has happened yet."""
    if before is None:
        return Slice()
    depth, half_open = before.depth_now, before.half_open_now
    return Slice(
        depth=depth,
        limit=before.limit,
        half_open=half_open,
        states=list(before.states),
        depth_now=depth,
        half_open_now=half_open,
    )


def _joined(before: Slice | None, inside: Sequence[Slice]) -> Slice:
    if not inside:
        found = _after(before)
        found.known = before is not None
        return found
    last = inside[-1]
    return Slice(
        depth=max(one.depth for one in inside),
        limit=last.limit,
        half_open=max(one.half_open for one in inside),
        states=list(last.states),
        opened=sum(one.opened for one in inside),
        accepted=sum(one.accepted for one in inside),
        closed=sum(one.closed for one in inside),
        resent=sum(one.resent for one in inside),
        dropped=sum(one.dropped for one in inside),
        depth_now=last.depth_now,
        half_open_now=last.half_open_now,
    )
