"""The ways in which sockviz is run here: what is started, what a user sees of it, how they end it."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from abc import ABC, abstractmethod
from bisect import bisect
from collections.abc import Sequence
from pathlib import Path
from random import Random

from remains import ENVIRONMENT
from screen import Terminal, running

SOCKVIZ = [sys.executable, "-m", "sockviz"]
NORMAL, ALTERNATE = b"\x1b[?1049l", b"\x1b[?1049h"
MODES = (b"1000", b"1003", b"1004", b"1006", b"2004")
"""Mouse, focus and paste reports."""
SWITCHES = (
    (ALTERNATE, NORMAL),
    (b"\x1b[?25l", b"\x1b[?25h"),
    (b"\x1b[>1u", b"\x1b[<u"),
    *((b"\x1b[?%sh" % mode, b"\x1b[?%sl" % mode) for mode in MODES),
)
"""What is switched on for the screen, and off again."""
_SEQUENCE = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|[@-Z\\-_])")


class Running(ABC):
    """A run of a user's."""

    pid: int

    @abstractmethod
    def play(self, seconds: float) -> None:
        """Use it for so long."""

    @abstractmethod
    def begun(self) -> bool:
        """Whether there is anything to be seen of it."""

    @abstractmethod
    def status(self) -> int | None:
        """The exit status of what the user started; None: it has not ended."""

    @abstractmethod
    def finish(self) -> None:
        """Do what a user does to end it."""

    @abstractmethod
    def insist(self) -> None:
        """Do what a user does if that seems to have been overheard."""

    @abstractmethod
    def said(self) -> str:
        """What the user was told, besides what is on the screen."""

    @abstractmethod
    def wrong(self) -> list[str]:
        """What is not as it was, once it has ended."""

    @abstractmethod
    def close(self) -> None:
        """Leave nothing of it."""

    def hang_up(self) -> bool:
        """Close its terminal, if it has one."""
        return False


class Piped(Running):
    """Without a terminal: standard output and error are read."""

    def __init__(self, command: Sequence[str], environment: dict[str, str], place: Path) -> None:
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            cwd=place,
            start_new_session=True,
        )
        self.pid = self._process.pid
        self._printed: list[float] = []
        """When a line was printed."""
        self._errors = b""
        self._readers = [
            threading.Thread(target=self._read_lines),
            threading.Thread(target=self._read_errors),
        ]
        for reader in self._readers:
            reader.start()

    def _read_lines(self) -> None:
        for _ in self._process.stdout or ():
            self._printed.append(time.monotonic())

    def _read_errors(self) -> None:
        for line in self._process.stderr or ():
            self._errors += line

    def play(self, seconds: float) -> None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)

    def begun(self) -> bool:
        return bool(self._printed)

    def status(self) -> int | None:
        return self._process.poll()

    def finish(self) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)

    def insist(self) -> None:
        """One Ctrl-C is enough."""

    def said(self) -> str:
        return self._errors.decode(errors="replace")

    def wrong(self) -> list[str]:
        for reader in self._readers:
            reader.join(2)
        return []

    def printed(self, before: float) -> int:
        """How many lines were printed before then (`time.monotonic()`)."""
        return bisect(self._printed, before)

    def close(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        for reader in self._readers:
            reader.join(5)
        for pipe in (self._process.stdout, self._process.stderr):
            if pipe:
                pipe.close()


class OnTerminal(Running):
    """In a terminal of its own, with somebody at the keyboard."""

    def __init__(
        self,
        command: Sequence[str],
        environment: dict[str, str],
        place: Path,
        keys: Sequence[str],
        random: Random,
    ) -> None:
        self._stack = contextlib.ExitStack()
        changed = {name: value for name, value in environment.items() if os.environ.get(name) != value}
        self._terminal: Terminal = self._stack.enter_context(running(list(command), cwd=place, **changed))
        self.pid = self._terminal.process.pid
        self._before = self._terminal.modes()
        self._keys, self._random = keys, random
        self._hung_up = False

    def play(self, seconds: float) -> None:
        end, key = time.monotonic() + seconds, 0.0
        while time.monotonic() < end and self._read(0.02):
            if self.begun() and time.monotonic() > key:
                key = time.monotonic() + 0.08
                self._press(self._random.choice(self._keys))

    def begun(self) -> bool:
        return ALTERNATE in self._terminal.raw

    def _press(self, key: str) -> None:
        with contextlib.suppress(OSError):
            self._terminal.press(key)

    def _read(self, seconds: float) -> bool:
        """Take what was drawn; False: there will be no more."""
        if self._hung_up:
            time.sleep(seconds)
            return False
        # Who is left to restore the terminal can do so only if somebody reads what was drawn.
        return self._terminal.read(seconds) and self._terminal.process.poll() is None

    def status(self) -> int | None:
        self._read(0.01)
        return self._terminal.process.poll()

    def finish(self) -> None:
        if self._hung_up:
            return
        # What is open is closed first. An Escape that another key follows at once is no Escape.
        for key in ("escape", "q"):
            self._press(key)
            end = time.monotonic() + 0.15
            while time.monotonic() < end and self._read(0.02):
                pass

    def insist(self) -> None:
        self.finish()

    def hang_up(self) -> bool:
        self._terminal.hang_up()
        self._hung_up = True
        return True

    def said(self) -> str:
        """What was printed before there was a screen and after it."""
        raw = bytes(self._terminal.raw)
        before, screen, _ = raw.partition(ALTERNATE)
        after = raw.rpartition(NORMAL)[2] if screen and NORMAL in raw else b""
        return _SEQUENCE.sub("", (before + after).decode(errors="replace")).replace("\r\n", "\n")

    def wrong(self) -> list[str]:
        if self._hung_up:
            return []
        end = time.monotonic() + 1
        while time.monotonic() < end and (found := self._not_given_back()):
            with contextlib.suppress(OSError):
                self._terminal.read(0.02)
        return found

    def _not_given_back(self) -> list[str]:
        raw = bytes(self._terminal.raw)
        found = [
            f"the terminal was left with {on!r}" for on, off in SWITCHES if raw.rfind(on) > raw.rfind(off)
        ]
        if self._terminal.modes() != self._before:
            found.append("the terminal's modes are not what they were")
        return found

    def close(self) -> None:
        self._stack.close()


def environment(mark: str, home: Path) -> dict[str, str]:
    """What a run gets: its mark, and places of its own to write to."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "PYTEST"))},
        ENVIRONMENT: mark,
        "HOME": str(home),
        "TMPDIR": str(home),
        "XDG_STATE_HOME": str(home),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
