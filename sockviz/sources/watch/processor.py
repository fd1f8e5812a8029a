"""Whether others want all the processors: then this thread has to wait for one."""

import contextlib
from pathlib import Path
from typing import Final

MUCH: Final = 0.01
"""Of the time: so long one waits for a processor at least on a machine that has none left."""
LONG: Final = 0.2
"""Of the time on a processor; the same. Where some are idle it is a few microseconds each time."""
_SCHEDSTAT: Final = Path("/proc/thread-self/schedstat")
"""On a processor, waiting for one (ns), and how often it got one (sched-stats.rst of the kernel)."""


def spent() -> tuple[int, int]:
    """For how long this thread ran, and waited to run, since it began, ns; 0 if the kernel does not count."""
    with contextlib.suppress(OSError, IndexError, ValueError):
        ran, waited, _ = map(int, _SCHEDSTAT.read_bytes().split())
        return ran, waited
    return 0, 0


class Crowding:
    """Looks back from one call to the next. For one thread."""

    def __init__(self, now: int) -> None:
        """Begin at `now`, ns."""
        self.begin(now)

    def crowded(self, now: int) -> bool:
        """Whether this thread had to wait for a processor, much and often, in the time until `now`."""
        ran, waited = (after - before for after, before in zip(spent(), self._spent, strict=True))
        return waited > max(MUCH * (now - self.since), LONG * ran)

    def begin(self, now: int) -> None:
        """Look back to `now` from here on."""
        self.since, self._spent = now, spent()
