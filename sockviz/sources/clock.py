"""The recording's clock: ns since the start. Everything that stamps an event converts to it.

Processes of ours stamp with CLOCK_MONOTONIC; the kernel stamps packets with CLOCK_REALTIME. CLOCK_MONOTONIC is shared
by all processes and namespaces of the machine (time namespaces aside), so a clock can be pickled or inherited by fork.
"""

import time
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Clock:
    """t=0 is `origin` on CLOCK_MONOTONIC."""

    origin: int = field(default_factory=time.monotonic_ns)

    def now(self) -> int:
        """ns since the start."""
        return time.monotonic_ns() - self.origin

    def from_monotonic(self, ns: int) -> int:
        """A CLOCK_MONOTONIC time on this clock."""
        return ns - self.origin

    def from_realtime(self, ns: int) -> int:
        """A CLOCK_REALTIME time (SO_TIMESTAMPNS) on this clock, right to about a microsecond.

        The distance of the two clocks is measured anew each time, since CLOCK_REALTIME may be stepped. Call
        `realtime_offset` once for a batch where that costs too much.
        """
        return ns - self.realtime_offset()

    def realtime_offset(self) -> int:
        """What to subtract from CLOCK_REALTIME to get this clock."""
        before = time.monotonic_ns()
        real = time.time_ns()
        after = time.monotonic_ns()
        return real - (before + after) // 2 + self.origin
