"""How long connections wait in the accept queue: of those that were taken lately, and the one at its head.

Times are ns on the recording's clock.
"""

from dataclasses import dataclass, field
from typing import Final, NamedTuple

KEPT: Final = 1_000
"""Waits that are remembered, at most."""
WINDOW: Final = 60_000_000_000
"""ns; older ones don't count."""


class Wait(NamedTuple):
    """One connection waited between `least` and `most` ns, until it was seen taken at `t`.

    They differ by what lies between two looks at the table; a tracepoint or packet tells the begin exactly.
    """

    t: int
    least: int
    most: int


class WaitSummary(NamedTuple):
    """Of the last minute; ns, and None: nobody was taken (or waits)."""

    measured: int
    """How many were taken."""
    p50: int | None
    """Half of them waited no longer than this."""
    p99: int | None
    within: int
    """How exact the two are: they may be less by up to so much."""
    waiting: int
    """How many wait now."""
    oldest: int | None
    """How long the one at the head has waited up to now, at least."""


@dataclass(slots=True)
class Waits:
    """The accept queue of one listener, and those that left it."""

    queue: dict[int, int] = field(default_factory=dict)
    """Connection's id → since when it waits (as far as seen), the oldest first."""
    taken: list[Wait] = field(default_factory=list)
    """Those that were taken, in order."""

    def enter(self, connection: int, t: int) -> None:
        """It has completed its handshake and waits for accept()."""
        self.queue.setdefault(connection, t)

    def leave(self, connection: int) -> None:
        """It waits no more, whatever became of it."""
        self.queue.pop(connection, None)

    def record(self, wait: Wait) -> None:
        """It was taken."""
        self.taken.append(wait)
        if len(self.taken) >= 2 * KEPT:
            del self.taken[:-KEPT]

    def summary(self, now: int) -> WaitSummary:
        """As it is at `now`."""
        recent = [wait for wait in self.taken[-KEPT:] if wait.t > now - WINDOW]
        most = sorted(wait.most for wait in recent)
        oldest = min(self.queue.values(), default=None)
        return WaitSummary(
            measured=len(recent),
            p50=_percentile(most, 50),
            p99=_percentile(most, 99),
            within=max((wait.most - wait.least for wait in recent), default=0),
            waiting=len(self.queue),
            oldest=None if oldest is None else max(0, now - oldest),
        )


def _percentile(ordered: list[int], percent: int) -> int | None:
    """The nearest rank: the smallest value that at least `percent` in a hundred don't exceed."""
    return ordered[-(-len(ordered) * percent // 100) - 1] if ordered else None
