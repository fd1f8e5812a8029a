"""A program's terminal as it is told of: what it shows, its size, whether it hears of keys; what is typed.

Owns the pseudo-terminal's master. Nothing is told before the program is known by its pid.
"""

import os
from collections.abc import Callable

from sockviz.events import Event, ProgramOutput, TerminalChanged
from sockviz.guests.family import Family
from sockviz.guests.sizing import Sizing
from sockviz.guests.streams import OUTPUT, Terminal
from sockviz.sources.clock import Clock


class Console:
    """One program's."""

    def __init__(
        self,
        size: tuple[int, int],
        family: Family,
        *,
        clock: Clock,
        emit: Callable[[Event], None],
        congested: Callable[[], bool],
        on_hangup: Callable[[], None],
    ) -> None:
        """Open a terminal of `size` (columns, rows); `slave` is its program's end.

        Raises:
            OSError: the system allows no more of them.
        """
        self.printed = 0
        """When something of its output was read last."""
        self.latest: int | None = None
        """Its program has ended: what is read now it had printed by then."""
        self._host = family.host
        self._clock = clock
        self._emit = emit
        self._size = size
        self._by_key = False
        self._pid = 0
        self._early = bytearray()
        """What was printed before the program was known."""
        master, self.slave = os.openpty()
        self._terminal = Terminal(master, self._on_output, on_hangup, congested)
        self._sizing = Sizing(self._terminal, family, self._on_resized)

    @property
    def closed(self) -> bool:
        """Nothing more can come."""
        return self._terminal.closed

    def belongs(self, pid: int, t: int) -> None:
        """Its program is known, and began at `t`."""
        self._pid = pid
        self._tell(t)
        self._on_output(b"")

    def type(self, data: bytes) -> bool:
        """Type; False: the program does not read what was typed before."""
        return self._terminal.type(data)

    def resize(self, columns: int, rows: int, *, gently: bool) -> None:
        """Set its size; `gently`: as soon as that disturbs nobody."""
        self._sizing.wish(columns, rows, gently=gently)

    def drain(self) -> None:
        """Read what has been printed by now, as far as that is not endless."""
        self._terminal.drain()

    def close(self) -> None:
        """Hang up."""
        self._sizing.close()
        self._terminal.close()

    def _on_output(self, data: bytes) -> None:
        self._early += data
        if not self._pid:
            return
        while self._early:
            piece = bytes(self._early[:OUTPUT])
            del self._early[:OUTPUT]
            now = self._clock.now()
            self.printed = now if self.latest is None else min(now, self.latest)
            self._emit(ProgramOutput(t=self.printed, host=self._host, pid=self._pid, data=piece))
        # Who wants keys mostly draws something then.
        if self._by_key != self._terminal.by_key and not self.closed:
            self._by_key = not self._by_key
            self._tell(self._clock.now() if self.latest is None else self.latest)

    def _on_resized(self, size: tuple[int, int]) -> None:
        self._size = size
        if self._pid:
            self._tell(self._clock.now())

    def _tell(self, t: int) -> None:
        columns, rows = self._size
        self._emit(
            TerminalChanged(
                t=t, host=self._host, pid=self._pid, columns=columns, rows=rows, by_key=self._by_key
            )
        )
