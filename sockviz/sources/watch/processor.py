"""How long this thread had to wait for a processor, because others had all of them."""

from pathlib import Path
from typing import Final

_SCHEDSTAT: Final = Path("/proc/thread-self/schedstat")
"""On a processor, waiting for one (ns), and how often it got one (sched-stats.rst of the kernel)."""


def waited() -> int:
    """For how long since the thread began, ns; 0 where the kernel does not count it."""
    try:
        return int(_SCHEDSTAT.read_bytes().split()[1])
    except (OSError, IndexError, ValueError):
        return 0
