"""A program in a real terminal: a pty for it, pyte to see what a person would see, keys to press."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
import unicodedata
import uuid
from contextlib import contextmanager
from pathlib import Path

import pyte

KEYS = {
    "left": "\x1b[D", "right": "\x1b[C", "up": "\x1b[A", "down": "\x1b[B", "end": "\x1b[F", "home": "\x1b[H",
    "tab": "\t", "enter": "\r", "escape": "\x1b", "space": " ", "ctrl+c": "\x03",
}  # fmt: skip


CONTROL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execvp(sys.argv[1], sys.argv[1:])
"""
"""The program leads a session, and this is its terminal: Ctrl-C and hanging up reach it."""


class Screen(pyte.Screen):
    """Without what pyte takes wrongly: private sequences that it doesn't know."""

    def report_device_status(self, *modes, **kwargs):
        """A question that only a real terminal answers."""

    def erase_in_line(self, how=0, *_, private=False):
        """A sequence that was cut off, since who wrote it was killed, and the next one are one to pyte."""
        super().erase_in_line(how if how in {0, 1, 2} else 0, private=private)

    def select_graphic_rendition(self, *attrs, private=False):
        """`CSI > … m` is about keys, not colours."""
        if not private:
            super().select_graphic_rendition(*attrs)


class Terminal:
    """`process` and what it has drawn."""

    def __init__(self, process, master, columns, rows, mark):
        self.process = process
        self._mark = mark
        self._master = master
        self._screen = Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self.raw = bytearray()

    @property
    def text(self):
        """The screen, line by line."""
        return "\n".join(map("".join, self.cells))

    @property
    def cells(self):
        """Row by row, what is in each cell; a wide character's second cell is empty.

        Where only one half of it was overwritten so far, the other half is blank, as terminals have it.
        """
        screen = self._screen
        return [
            list(_halves([screen.buffer[y][x].data for x in range(screen.columns)]))
            for y in range(screen.lines)
        ]

    def read(self, seconds):
        """Take what the program draws within `seconds`; False: it has closed the terminal."""
        ready, _, _ = select.select([self._master], [], [], seconds)
        if not ready:
            return True
        try:
            data = os.read(self._master, 1 << 16)
        except OSError:
            return False
        self.raw += data
        self._stream.feed(data)
        return bool(data)

    def press(self, *keys):
        """Type."""
        for key in keys:
            os.write(self._master, KEYS.get(key, key).encode())

    def wait(self, condition, seconds=20):
        """Until `condition(text)` holds; the screen goes into the failure otherwise."""
        end = time.monotonic() + seconds
        while not condition(self.text):
            if time.monotonic() > end or not self.read(0.05):
                raise AssertionError(f"never seen; the screen at the end:\n{self.text}")
        return self.text

    def see(self, *words, seconds=20):
        """Until all `words` are on the screen."""
        return self.wait(lambda text: all(word in text for word in words), seconds)

    def steady(self, seconds):
        """The screen's texts during `seconds`."""
        end, texts = time.monotonic() + seconds, [self.text]
        while time.monotonic() < end:
            self.read(0.05)
            texts.append(self.text)
        return texts

    def resize(self, columns, rows):
        """As a window manager would."""
        self._screen.resize(rows, columns)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def exit_status(self, seconds=20):
        """Wait for the program to end; negative: the signal that ended it."""
        end = time.monotonic() + seconds
        while self.process.poll() is None:
            assert time.monotonic() < end, f"it does not end:\n{self.text}"
            self.read(0.05)
        while self.read(0):
            pass
        return self.process.returncode

    def modes(self):
        """The terminal's own settings (echo, canonical input …)."""
        return termios.tcgetattr(self._master)[:4]

    def left(self, seconds=10):
        """The processes with this terminal's mark in their environment that do not end within that time."""
        end = time.monotonic() + seconds
        while (left := self.there()) and time.monotonic() < end:
            time.sleep(0.02)
        return left

    def there(self):
        """The processes that run now with this terminal's mark in their environment."""
        return marked(self._mark)

    def hang_up(self):
        """Close the window."""
        os.close(self._master)
        self._master = -1


@contextmanager
def running(command, *, columns=120, rows=36, control=True, cwd=None, **env):
    """`command` in a terminal of that size; whatever happens, it is gone afterwards.

    `control`: it is the controlling terminal of `command`'s session; `cwd`: where it is started.
    """
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    mark = f"SOCKVIZ_TERMINAL={uuid.uuid4()}"
    name, value = mark.split("=")
    # pytest's workers are told the size of pytest's own terminal.
    inherited = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES"}}
    environment = {**inherited, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8", **env}
    process = subprocess.Popen(
        [sys.executable, "-c", CONTROL, *command] if control else command,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env={**environment, name: value},
        cwd=cwd,
        start_new_session=True,
    )
    os.close(slave)
    terminal = Terminal(process, master, columns, rows, mark.encode())
    try:
        yield terminal
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            process.wait()
        if terminal._master >= 0:
            os.close(master)


def _halves(row):
    wide = False
    for cell in row:
        yield cell or ("" if wide else " ")
        wide = bool(cell) and unicodedata.east_asian_width(cell[0]) in "WF"


def marked(mark):
    """The processes that run now with these bytes in their environment."""
    return [int(path.parent.name) for path in Path("/proc").glob("[0-9]*/environ") if mark in _read(path)]


def _read(path):
    try:
        return path.read_bytes()
    except OSError:
        return b""
