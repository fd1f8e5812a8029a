"""How long until something is on the screen, beside an empty Textual app; and until the lab is ready.

Both are started by turns in a terminal of the same size. The first frame is there when the first screenful of
bytes after the switch to the alternate screen is.
"""

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[1] / "terminal"))

from figures import Row, alone, at_most, by_turns, compare
from screen import Terminal, running

SCREENFUL: Final = 2_000
EMPTY: Final = [sys.executable, "-c", "from textual.app import App; App().run()"]
STAGE: Final = [sys.executable, "-m", "sockviz"]
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
    with running(STAGE) as terminal:
        frame = first_frame(terminal, began)
        terminal.see("LISTEN")
        readiness.append(time.perf_counter() - began - frame)
        terminal.press("q")
        terminal.exit_status()
    return frame * 1e3


def empty() -> float:
    """ms to the first frame of an app with nothing in it."""
    began = time.perf_counter()
    with running(EMPTY) as terminal:
        return first_frame(terminal, began) * 1e3


def first_frame(terminal: Terminal, began: float) -> float:
    """Seconds until the first frame has been drawn."""
    while len(bytes(terminal.raw).partition(ALTERNATE)[2]) < SCREENFUL:
        if not terminal.read(10):
            raise RuntimeError(f"it ended:\n{terminal.text}")
    return time.perf_counter() - began
