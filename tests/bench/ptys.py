"""A program in a terminal of its own: a pty of 120 by 36, read as raw bytes, which costs least."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Final, Self

SIZE: Final = (36, 120)
BOUND: Final = 120
"""Seconds that anything may take."""
LAST: Final = 20
"""Seconds for an end in order."""
STAGE: Final = (sys.executable, "-m", "sockviz")


class Pty:
    """A context manager that ends the program."""

    def __init__(self, command: Sequence[str], **more: str) -> None:
        """`more`: environment."""
        self._leader, follower = pty.openpty()
        fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", *SIZE, 0, 0))
        env = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", **more}
        env.pop("NO_COLOR", None)
        env.pop("PYTHONDONTWRITEBYTECODE", None)  # what is installed is compiled
        ends = {"stdin": follower, "stdout": follower, "stderr": follower}
        self.process = subprocess.Popen(command, env=env, start_new_session=True, **ends)
        os.close(follower)
        self.seen = bytearray()
        """What was drawn since it was last cleared."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError, RuntimeError):  # it has ended
            self.press("q")
            self.drain(LAST)
        self.process.kill()
        self.process.wait()
        os.close(self._leader)

    def press(self, keys: str) -> None:
        os.write(self._leader, keys.encode())

    def read(self, seconds: float) -> bool:
        """What is drawn within that time, at the first of it; whether there was any.

        Raises:
            RuntimeError: the program has ended.
        """
        if not select.select([self._leader], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self._leader, 1 << 16)
        except OSError:
            data = b""
        if not data:
            raise RuntimeError(f"it has ended: {bytes(self.seen[-200:])!r}")
        self.seen += data
        return True

    def wait(self, text: str) -> None:
        """Until this has been drawn."""
        end = time.monotonic() + BOUND
        while text.encode() not in self.seen:
            if time.monotonic() > end:
                raise RuntimeError(f"never drawn: {text}")
            self.read(0.1)
        self.seen.clear()

    def settle(self, seconds: float = 0.3) -> None:
        """Until nothing is drawn for a while."""
        end = time.monotonic() + BOUND
        while self.read(seconds) and time.monotonic() < end:
            pass
        self.seen.clear()

    def drain(self, seconds: float) -> None:
        """Be a terminal that keeps up, for so long at most, until the program ends."""
        end = time.monotonic() + seconds
        with suppress(RuntimeError):
            while (left := end - time.monotonic()) > 0 and self.process.poll() is None:
                self.read(min(left, 0.05))
                self.seen.clear()
