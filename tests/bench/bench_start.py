"""How long until something is on the screen, beside an empty Textual app; and until the lab is ready.

Both are started by turns in a terminal of the same size. The first frame is there when the first screenful of
bytes after the switch to the alternate screen is.
"""

import sys
import time
from collections.abc import Iterator
from typing import Final

from figures import Row, alone, at_most, by_turns, compare
from ptys import STAGE, Pty

SCREENFUL: Final = 2_000
EMPTY: Final = (sys.executable, "-c", "from textual.app import App; App().run()")
ALTERNATE: Final = b"\x1b[?1049h"


def rows(*, quick: bool) -> Iterator[Row]:
    """First frame and lab."""
    readiness: list[float] = []
    stage(readiness)  # what both need is in the file cache then
    empty()
    readiness.clear()
    pairs = by_turns(3 if quick else 9, lambda: stage(readiness), empty)
    yield compare("first frame", "ms", "empty Textual app", pairs, at_most(1.3), short=True)
    yield alone("lab ready after that", "s", readiness, at_most(0.5), short=True)


def stage(readiness: list[float]) -> float:
    """ms to the stage's first frame; notes the s from there until the server listens."""
    began = time.perf_counter()
    with Pty(STAGE) as terminal:
        frame = first_frame(terminal, began)
        terminal.wait("LISTEN")
        readiness.append(time.perf_counter() - began - frame)
        return frame * 1e3


def empty() -> float:
    """ms to the first frame of an app with nothing in it."""
    began = time.perf_counter()
    with Pty(EMPTY) as terminal:
        frame = first_frame(terminal, began)
        terminal.process.kill()
        return frame * 1e3


def first_frame(terminal: Pty, began: float) -> float:
    """Seconds until the first frame has been drawn."""
    while len(terminal.seen.partition(ALTERNATE)[2]) < SCREENFUL:
        terminal.read(10)
    return time.perf_counter() - began
