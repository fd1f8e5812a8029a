"""Sees to it that a program does not wait for a strace that has been stopped, nor we for one that has ended.

Whom a stopped strace traces stands still at its next call. Nobody wants that: it is ended, and they go on.
"""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable
from typing import Final

from sockviz.guests import processes

EVERY: Final = 0.5
"""s between two looks."""
STOPPED: Final = 4
"""Looks in a row that find it stopped, until it is ended: all of us may have been stopped, and go on now."""


class Tracer:
    """The strace of one program."""

    def __init__(self, pid: int, lost: Callable[[str], None]) -> None:
        """`lost` is called once with the reason, as a clause, if it can't be counted on any more."""
        self._pid = pid
        self._lost: Callable[[str], None] | None = lost
        self._stopped = 0
        self._loop = asyncio.get_running_loop()
        self._timer = self._loop.call_later(EVERY, self._look)

    def ended(self) -> None:
        """It writes nothing any more."""
        self._tell("strace has ended")

    def close(self) -> None:
        """Whatever becomes of it is no news any more."""
        self._timer.cancel()
        self._lost = None

    def _look(self) -> None:
        self._stopped = self._stopped + 1 if processes.state(self._pid) == "T" else 0
        if self._stopped < STOPPED:
            self._timer = self._loop.call_later(EVERY, self._look)
            return
        with contextlib.suppress(OSError):
            os.kill(self._pid, signal.SIGKILL)
        self._tell("strace was stopped")

    def _tell(self, reason: str) -> None:
        lost = self._lost
        self.close()
        if lost is not None:
            lost(reason)
