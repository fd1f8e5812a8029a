"""The size of a program's terminal: changed when it is asked for, or as soon as that disturbs nobody.

Who does not handle SIGWINCH does not notice it, unless it is traced: then its call is broken off, and
epoll_wait(2) and some others return EINTR, which no terminal ever did to them. Who handles it, and draws
nothing for which it would want each key, may mean something else by it: Apache stops.
"""

import asyncio
import signal
from collections.abc import Callable
from typing import Final

from sockviz.guests import processes
from sockviz.guests.family import Family
from sockviz.guests.streams import Terminal

RETRIES: Final = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
"""s after which it is looked again whether it disturbs anybody: a program may begin to handle the signal."""


class Sizing:
    """Of one terminal."""

    def __init__(
        self, terminal: Terminal, family: Family, on_resized: Callable[[tuple[int, int]], None]
    ) -> None:
        """`on_resized` is told each size that the terminal gets."""
        self._terminal = terminal
        self._family = family
        self._on_resized = on_resized
        self._loop = asyncio.get_running_loop()
        self._again: asyncio.TimerHandle | None = None

    def wish(self, columns: int, rows: int, *, gently: bool) -> None:
        """Set the size; `gently`: as soon as that disturbs nobody, if it ever comes to that."""
        self.close()
        self._try((columns, rows), RETRIES if gently else None)

    def close(self) -> None:
        """Forget what was wished for."""
        if self._again is not None:
            self._again.cancel()

    def _try(self, size: tuple[int, int], retries: tuple[float, ...] | None) -> None:
        if retries is None or not self._disturbs():
            if not self._terminal.closed:
                self._terminal.resize(*size)
                self._on_resized(size)
        elif retries:
            self._again = self._loop.call_later(retries[0], self._try, size, retries[1:])

    def _disturbs(self) -> bool:
        """Whether somebody in the foreground has a handler for something else, or none and is traced."""
        group, draws = self._terminal.foreground, self._terminal.by_key
        return any(
            not draws if processes.handles(member.pid, signal.SIGWINCH) else member.followed
            for member in self._family.members.values()
            if processes.group(member.pid) == group
        )
