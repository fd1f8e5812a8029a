"""Going to any moment of a long recording: time to open it, to go anywhere, to step back, and memory.

The recording is that of a real run, repeated until it has a million events; for comparison one of a tenth of
that. `make bench` runs it.
"""

import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from repeated import write

from sockviz.recording.reader import Reader, read
from sockviz.session.log import FileLog
from sockviz.session.timeline import Timeline
from sockviz.world.fold import advance
from sockviz.world.model import World

EVENTS: Final = 1_000_000
FEW: Final = EVENTS // 10
TRIES: Final = 300


def opened(path: Path) -> tuple[Timeline, float]:
    """The timeline of a recording, and how long it took to read it, s."""
    began = time.perf_counter()
    log = FileLog(Reader(path))
    timeline = Timeline(log=log)
    while more := log.more():
        timeline.extend(more)
    return timeline, time.perf_counter() - began


def timed(do: Callable[[int], object], times: Sequence[int]) -> list[float]:
    """How long (ms) `do` took with each of `times`, the shortest first."""
    took = []
    for t in times:
        began = time.perf_counter()
        do(t)
        took.append((time.perf_counter() - began) * 1e3)
    return sorted(took)


def look(timeline: Timeline, t: int) -> None:
    """All that a frame of the stage asks for."""
    timeline.world_at(t)
    timeline.last_arrows(60, t)
    timeline.last_transitions(200, t)


def backwards(timeline: Timeline) -> list[int]:
    """The last moments before the middle, the latest first."""
    found, t = [], timeline.end // 2
    while len(found) < TRIES:
        before = timeline.previous_event(t)
        assert before is not None
        found.append(before)
        t = before
    return found


def said(what: str, took: list[float]) -> str:
    return f"{what} {took[len(took) // 2]:.1f} ms in the median, {took[-1]:.0f} ms at worst"


def resident() -> int:
    """Memory of this process, MiB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 >> 20


def measure(path: Path) -> None:
    """Print the figures of one recording. In a process of its own, for the sake of the memory."""
    before = resident()
    timeline, took = opened(path)
    label = f"time travel, {len(timeline):,} events ({path.stat().st_size >> 20} MiB):"
    print(label, f"read in {took:.1f} s ({took / len(timeline) * 1e6:.1f} µs each)")
    anywhere = [random.randrange(timeline.end) for _ in range(TRIES)]
    print(label, said("a seek takes", timed(lambda t: look(timeline, t), anywhere)), "(to reach: 100)")
    print(label, said("a step back takes", timed(lambda t: look(timeline, t), backwards(timeline))))
    print(label, f"{resident() - before} MiB of memory more than with none")


def fold(path: Path) -> None:
    """Print how long it takes without keyframes."""
    events = list(read(path))
    began = time.perf_counter()
    advance(World(), events)
    print(f"time travel: a fold of {len(events):,} events from the start takes", end=" ")
    print(f"{(time.perf_counter() - began) * 1e3:.0f} ms")


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        for events in (FEW, EVENTS):
            path = Path(directory) / f"{events}.jsonl"
            write(path, events)
            subprocess.run([sys.executable, __file__, str(path)], check=True)
        fold(Path(directory) / f"{FEW}.jsonl")


if __name__ == "__main__":
    if sys.argv[1:]:
        measure(Path(sys.argv[1]))
    else:
        main()
