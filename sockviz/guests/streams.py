"""What comes from a program of the user's, on the engine's event loop: its terminal, and its trace.

Nobody who reads these can be flooded: who does not keep up makes the program wait.
"""

import asyncio
import os
import termios
from collections.abc import Callable
from typing import Final

from sockviz.guests import keeper
from sockviz.guests.following import Following
from sockviz.guests.strace import Parser
from sockviz.sources.clock import Clock, Realtime

AT_ONCE: Final = 100_000
"""Bytes of output that are read before the program's terminal rests."""
REST: Final = 0.1
"""Seconds."""
OUTPUT: Final = 4096
"""Bytes of output in an event."""
STILL: Final = 0.004
"""Seconds without more from strace, after which what it has printed of a call is taken for all there is."""
_TYPED: Final = 65_536
"""Bytes that may be typed and not be read yet."""
_DRAINED: Final = 64
"""Pieces of output that are read at a program's end before its end is told."""
_CHUNK: Final = 1 << 16
_LOCAL: Final = 3
"""The place of the local modes in what tcgetattr() gives."""


class Terminal:
    """The master of a program's pseudo-terminal: what it prints, and what is typed."""

    def __init__(
        self,
        fd: int,
        on_data: Callable[[bytes], None],
        on_end: Callable[[], None],
        congested: Callable[[], bool],
    ) -> None:
        """`on_end` is called once, when nothing more can come. While `congested` nothing is read."""
        os.set_blocking(fd, False)
        self._fd = fd
        self._on_data = on_data
        self._on_end = on_end
        self._congested = congested
        self._typed = bytearray()
        self._loop = asyncio.get_running_loop()
        self._read = 0
        """Bytes since reading began, or went on."""
        self._resting = False
        self._go_on()

    def type(self, data: bytes) -> bool:
        """Type; False: the program does not read what was typed before."""
        if self._fd < 0 or len(self._typed) + len(data) > _TYPED:
            return False
        self._typed += data
        self._writable()
        return True

    def resize(self, columns: int, rows: int) -> None:
        """Set its size."""
        if self._fd >= 0:
            keeper.set_size(self._fd, columns, rows)

    @property
    def foreground(self) -> int:
        """The process group that reads it, and hears of its size; 0: none."""
        try:
            return os.tcgetpgrp(self._fd) if self._fd >= 0 else 0
        except OSError:
            return 0

    @property
    def by_key(self) -> bool:
        """Whether who reads it hears of each key at once, not of lines."""
        try:
            return self._fd >= 0 and not termios.tcgetattr(self._fd)[_LOCAL] & termios.ICANON
        except termios.error:
            return False

    @property
    def closed(self) -> bool:
        """Nothing more can come."""
        return self._fd < 0

    def drain(self) -> None:
        """Read what has been printed by now, as far as that is not endless."""
        for _ in range(_DRAINED):
            if self._fd < 0 or not self._readable():
                return

    def close(self) -> None:
        """Hang up."""
        if self._fd >= 0:
            self._loop.remove_reader(self._fd)
            self._loop.remove_writer(self._fd)
            os.close(self._fd)
            self._fd = -1
            self._on_end()

    def _go_on(self) -> None:
        """Read (on)."""
        if self._fd >= 0:
            self._read = 0
            self._resting = False
            self._loop.add_reader(self._fd, self._come)

    def _come(self) -> None:
        """Something can be read: not more than anybody could, so that the program waits for its terminal."""
        if self._readable() and (self._read >= AT_ONCE or self._congested()) and not self._resting:
            self._resting = True
            self._loop.remove_reader(self._fd)
            self._loop.call_later(REST, self._go_on)

    def _readable(self) -> bool:
        try:
            data = os.read(self._fd, OUTPUT)
        except (BlockingIOError, InterruptedError):
            return False
        except OSError:  # EIO: nobody has its other end any more
            data = b""
        if not data:
            self.close()
            return False
        self._read += len(data)
        self._on_data(data)
        return True

    def _writable(self) -> None:
        try:
            while self._typed:
                del self._typed[: os.write(self._fd, self._typed)]
        except (BlockingIOError, InterruptedError):
            self._loop.add_writer(self._fd, self._writable)
        except OSError:  # EIO
            self._typed.clear()
        else:
            self._loop.remove_writer(self._fd)


class Trace:
    """What strace writes, read as it comes."""

    def __init__(
        self,
        fd: int,
        following: Following,
        clock: Clock,
        congested: Callable[[], bool],
        on_end: Callable[[], None],
    ) -> None:
        """While `congested` nothing is read, and the programs wait. `on_end`: strace has ended."""
        os.set_blocking(fd, False)
        self._fd = fd
        self._congested = congested
        self._following = following
        self._on_end = on_end
        self._clock = clock
        self._realtime = Realtime(clock)
        self._parser = Parser()
        self._timer: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()
        self._go_on()

    def _go_on(self) -> None:
        if self._fd >= 0:
            self._loop.add_reader(self._fd, self._come)

    def _come(self) -> None:
        self.read()
        if self._fd >= 0 and self._congested():
            self._loop.remove_reader(self._fd)
            self._loop.call_later(REST, self._go_on)

    def read(self) -> None:
        """Take what there is."""
        if self._fd < 0:
            return
        try:
            data = os.read(self._fd, _CHUNK)
        except (BlockingIOError, InterruptedError):
            return
        if not data:
            self.close()
            self._on_end()
            return
        offset = self._realtime.offset()
        for record in self._parser.feed(data):
            self._following.take(record, offset)
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(STILL, self._still)

    def close(self) -> None:
        """Read no more."""
        if self._timer is not None:
            self._timer.cancel()
        if self._fd >= 0:
            self._loop.remove_reader(self._fd)
            os.close(self._fd)
            self._fd = -1

    def _still(self) -> None:
        """Nothing more came: the last line is a call that blocks."""
        offset = self._realtime.offset()
        entered = self._parser.pending()
        if entered is not None:
            self._following.take(entered, offset)
        self._following.still(self._clock.now(), offset)
        self._timer = self._loop.call_later(STILL, self._still) if self._following.waits else None
