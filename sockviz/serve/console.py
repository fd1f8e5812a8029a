"""What the operator sees: the link, its QR code, how many are there. Without a terminal the link alone."""

import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TextIO

import segno

from sockviz.errors import printable
from sockviz.serve.room import Room

_BLOCKS: Final = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}
"""Two modules, one above the other, that are dark or not."""
_INK: Final = "\x1b[38;5;16;48;5;231m"
"""Black on white, whatever the terminal's own colours are."""
_PLAIN: Final = "\x1b[0m"
_BORDERS: Final = (4, 2, 1)
"""Modules around it; the standard wants four, readers are content with fewer."""
_AROUND: Final = 6
"""Lines above and below it."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """What there is to tell."""

    what: str
    """What is served, in words."""
    link: str
    others: Sequence[str]
    """Further addresses of this machine."""
    private: bool
    """Nobody else reaches it."""


class Console:
    """Tells it."""

    def __init__(self, room: Room, output: TextIO = sys.stdout) -> None:
        self._room = room
        self._output = output
        self._live = output.isatty()

    def begin(self, told: Told) -> None:
        """Show the link."""
        if not self._live:
            self._write(f"{told.link}\n")
            return
        size = shutil.get_terminal_size()
        what = printable(told.what)
        lines = [
            f"{what[:1].upper()}{what[1:]}, for up to {self._room.places} visitors at a time, is here:",
            f"  {told.link}",
        ]
        if told.private:
            lines += ["Only this machine reaches that: --address 0.0.0.0 lets others in."]
        else:
            lines += code(told.link, size.columns, size.lines - _AROUND)
            lines += [f"This machine is {' and '.join(told.others)}, too."] if told.others else []
            lines += (
                ["Whoever has the link comes in. It is not encrypted."]
                if told.link.startswith("http:")
                else []
            )
        self._write("\n".join([*lines, ""]))
        self.count()

    def count(self) -> None:
        """Say how many there are now."""
        if self._live:
            room = self._room
            now = "nobody is here" if not room.now else f"{room.now} here"
            so_far = f", {room.so_far} so far" if room.so_far > room.now else ""
            full = ": full" if room.full else ""
            self._write(f"\r\x1b[K{now}{so_far}{full} · Ctrl-C ends it for everybody")

    def note(self, said: str) -> None:
        """Say something else."""
        if self._live:
            self._write("\r\x1b[K")
        sys.stderr.write(printable(said) + "\n")
        sys.stderr.flush()
        self.count()

    def end(self) -> None:
        """Leave the line."""
        if self._live:
            self._write("\r\x1b[K")

    def _write(self, text: str) -> None:
        self._output.write(text)
        self._output.flush()


def code(link: str, columns: int, lines: int) -> list[str]:
    """The QR code of a link in so many lines, and columns; nothing if it does not fit."""
    made = segno.make(link, micro=False, error="l")
    for border in _BORDERS:
        rows = [[bool(module) for module in row] for row in made.matrix_iter(border=border)]
        rows += [[False] * len(rows[0])] if len(rows) % 2 else []
        if len(rows) // 2 <= lines and len(rows[0]) <= columns:
            pairs = zip(rows[::2], rows[1::2], strict=True)
            return [
                _INK + "".join(map(_BLOCKS.__getitem__, zip(*pair, strict=True))) + _PLAIN for pair in pairs
            ]
    return []
