"""Going to any moment of a long recording: time to go there, memory, and how both grow with its length.

The recording is that of a real run, repeated until it has so many events. A seek is all that a frame of the
stage asks for: the world, the last arrows, the last changes of state.
"""

import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from figures import TIMES, Row, alone, at_most
from repeated import write

from sockviz.recording.reader import Reader
from sockviz.session.log import FileLog
from sockviz.session.timeline import Timeline

LENGTHS: Final = (10_000, 100_000, 1_000_000)
TRIES: Final = 300


def rows(*, quick: bool) -> Iterator[Row]:
    """Each length in a process of its own, for the sake of the memory."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.jsonl"
        for length in LENGTHS[:-1] if quick else LENGTHS:
            write(path, length)
            command = [sys.executable, __file__, str(path)]
            found[length] = json.loads(
                subprocess.run(command, check=True, capture_output=True, text=True).stdout
            )
            last = length == LENGTHS[-1]
            yield from of_one(length, found[length], last=last)
    few, many = min(found), max(found)
    times = many // few
    yield growth(f"the longest seek, {times} times as many events", found[many], found[few], "worst")
    yield growth(f"memory, {times} times as many events", found[many], found[few], "memory")


def of_one(length: int, found: dict[str, Any], *, last: bool) -> Iterator[Row]:
    yield alone(
        f"seek in {length:,} events", "ms", found["seeks"], at_most(100), short=last,
        note=f"the longest {found['worst']:.0f} ms",
    )  # fmt: skip
    yield alone(f"step back in {length:,} events", "ms", found["steps"])
    yield alone(f"opening {length:,} events", "µs each", [found["opening"]])
    yield alone(f"memory for {length:,} events", "MiB", [found["memory"]], short=last)


def growth(what: str, many: dict[str, Any], few: dict[str, Any], of: str) -> Row:
    return alone(what, TIMES, [many[of] / max(few[of], 1)])


# in a process of its own


def measure(path: Path) -> None:
    """Print what one recording costs."""
    before = resident()
    timeline, took = opened(path)
    anywhere = [random.randrange(timeline.end) for _ in range(TRIES)]
    seeks = timed(lambda t: look(timeline, t), anywhere)
    steps = timed(lambda t: look(timeline, t), backwards(timeline))
    print(json.dumps({
        "opening": took / len(timeline) * 1e6,
        "seeks": spread(seeks),
        "worst": seeks[-1],
        "steps": spread(steps),
        "memory": resident() - before,
    }))  # fmt: skip


def spread(took: Sequence[float]) -> list[float]:
    """The least, the median and the most of many."""
    return [took[0], took[len(took) // 2], took[-1]]


def opened(path: Path) -> tuple[Timeline, float]:
    """The timeline of a recording, and how long it took to read it, s."""
    began = time.process_time()
    log = FileLog(Reader(path))
    timeline = Timeline(log=log)
    while more := log.more():
        timeline.extend(more)
    return timeline, time.process_time() - began


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


def resident() -> float:
    """Memory of this process, MiB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / (1 << 20)


if __name__ == "__main__":
    measure(Path(sys.argv[1]))
