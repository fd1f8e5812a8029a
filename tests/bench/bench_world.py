"""How many events a second become a world, and how many are read from a recording and written again."""

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from figures import Row, alone
from repeated import write

from sockviz.events import encode
from sockviz.recording.reader import read
from sockviz.session.timeline import Timeline
from sockviz.world.fold import advance
from sockviz.world.model import World

EVENTS: Final = 50_000


def rows(*, quick: bool) -> Iterator[Row]:
    """A real run, repeated."""
    tries, count = (2, EVENTS // 5) if quick else (3, EVENTS)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.jsonl"
        write(path, count)
        events = list(read(path))

        def per_second(work: Callable[[], object]) -> list[float]:
            return [count / seconds(work) for _ in range(tries)]

        yield alone(
            "events folded into a world", "/s", per_second(lambda: advance(World(), events)), short=True
        )
        yield alone(
            "the same with all that seeking needs", "/s", per_second(lambda: Timeline(events)), short=False
        )
        yield alone("events read", "/s", per_second(lambda: sum(1 for _ in read(path))))
        yield alone("events written", "/s", per_second(lambda: [encode(event) for event in events]))


def seconds(work: Callable[[], object]) -> float:
    """Of the processor."""
    began = time.process_time()
    work()
    return time.process_time() - began
