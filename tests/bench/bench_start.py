"""How long until something is on the screen, beside an empty Textual app; and until the lab is ready.

Both are started by turns in a terminal of the same size; the best of some tries counts, since whatever else
runs on the machine only ever adds. The first frame is there when the first screenful of bytes after the
switch to the alternate screen is. `make bench` runs it.
"""

import sys
import time
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[1] / "terminal"))

from screen import Terminal, running

TRIES: Final = 7
SCREENFUL: Final = 2_000
EMPTY: Final = [sys.executable, "-c", "from textual.app import App; App().run()"]
STAGE: Final = [sys.executable, "-m", "sockviz"]
ALTERNATE: Final = b"\x1b[?1049h"


def first_frame(terminal: Terminal, began: float) -> float:
    """Seconds until the first frame has been drawn."""
    while len(bytes(terminal.raw).partition(ALTERNATE)[2]) < SCREENFUL:
        if not terminal.read(10):
            raise SystemExit(f"it ended:\n{terminal.text}")
    return time.perf_counter() - began


def empty() -> float:
    """An app with nothing in it."""
    began = time.perf_counter()
    with running(EMPTY) as terminal:
        return first_frame(terminal, began)


def stage() -> tuple[float, float]:
    """The stage's first frame, and from there until the server listens."""
    began = time.perf_counter()
    with running(STAGE) as terminal:
        frame = first_frame(terminal, began)
        terminal.see("LISTEN")
        ready = time.perf_counter() - began
        terminal.press("q")
        terminal.exit_status()
    return frame, ready - frame


def main() -> None:
    empties, stages = zip(*((empty(), stage()) for _ in range(TRIES)), strict=True)
    theirs, ours = min(empties), min(frame for frame, _ in stages)
    print(f"start: first frame of an empty app {theirs * 1e3:.0f} ms, of the stage {ours * 1e3:.0f} ms")
    print(f"start: ratio {ours / theirs:.2f} (to reach: 1.3)")
    print(f"start: lab ready {min(ready for _, ready in stages):.2f} s after that (to reach: 0.5)")


if __name__ == "__main__":
    main()
