"""The recording's clock: ns since the start. Everything that stamps an event converts to it.

Processes of ours stamp with CLOCK_MONOTONIC; the kernel stamps packets with CLOCK_REALTIME. CLOCK_MONOTONIC
is shared by all processes and namespaces of the machine (time namespaces aside), so a clock can be pickled or
inherited by fork.
"""

import time
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Clock:
    """t=0 is `origin` on CLOCK_MONOTONIC."""

    origin: int = field(default_factory=time.monotonic_ns)

    def now(self) -> int:
        """The time since the start, ns."""
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


class Realtime:
    """Converts the kernel's packet times to the recording's clock, the same way from first to last.

    The two clocks run at one rate; their distance changes only when somebody sets the time of day. So it is
    measured well once, and again for each batch only to notice that.
    """

    STEP = 1_000_000
    """ns; a distance that is off by more means that CLOCK_REALTIME was set."""

    def __init__(self, clock: Clock) -> None:
        """Measure the distance, right to about 100 ns."""
        self._clock = clock
        self._offset = self._measure()

    def offset(self) -> int:
        """What to subtract from CLOCK_REALTIME, ns. Ask once a batch, after receiving it."""
        if abs(self._clock.realtime_offset() - self._offset) > self.STEP:
            measured = self._measure()  # unless that was only an interruption
            if abs(measured - self._offset) > self.STEP:
                self._offset = measured
        return self._offset

    def _measure(self) -> int:
        """Of several measurements the one that nothing interrupted: that took the least time."""
        best, least = 0, None
        for _ in range(16):
            before = time.monotonic_ns()
            offset = self._clock.realtime_offset()
            took = time.monotonic_ns() - before
            if least is None or took < least:
                best, least = offset, took
        return best
