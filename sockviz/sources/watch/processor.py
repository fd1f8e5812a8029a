"""Whether others want all the processors: then this thread has to wait for one."""

import contextlib
from pathlib import Path
from typing import Final

MUCH: Final = 0.1
"""Of the time: who waits for a processor for longer is on a machine that has none left."""
_SCHEDSTAT: Final = Path("/proc/thread-self/schedstat")
"""On a processor, waiting for one (ns), and how often it got one (sched-stats.rst of the kernel)."""


def waited() -> int:
    """For how long since the thread began, ns; 0 where the kernel does not count it."""
    with contextlib.suppress(OSError, IndexError, ValueError):
        return int(_SCHEDSTAT.read_bytes().split()[1])
    return 0


class Crowding:
    """Looks back from one call to the next. For one thread."""

    def __init__(self, now: int) -> None:
        """Begin at `now`, ns."""
        self.begin(now)

    def crowded(self, now: int) -> bool:
        """Whether this thread had to wait for a processor for much of the time until `now`."""
        return waited() - self._waited > MUCH * (now - self.since)

    def begin(self, now: int) -> None:
        """Look back to `now` from here on."""
        self.since, self._waited = now, waited()
