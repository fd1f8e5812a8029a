"""Going to any moment of a long run: the worst of many seeks, beside folding the run from its start.

The run is a recording of a real one, repeated until it has a million events. `make bench` runs it.
"""

import random
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final

import msgspec

from sockviz.events import AnyEvent, CallEntered, CallReturned, Header
from sockviz.recording.reader import read
from sockviz.session.timeline import Timeline
from sockviz.world.fold import advance
from sockviz.world.model import World

EVENTS: Final = 1_000_000
SEEKS: Final = 200
BATCH: Final = 2_000
RECORDING: Final = Path(__file__).parents[1] / "data" / "life-lab.jsonl"


def repeated(path: Path) -> Iterator[AnyEvent]:
    """The run again and again, with times, segments and calls of their own."""
    run = list(read(path))
    yield run[0]
    number = 0
    while True:
        for event in run[1:]:
            changes: dict[str, Any] = {"t": event.t + number * (run[-1].t + 1)}
            if hasattr(event, "id"):
                changes["id"] = event.id + number * 1_000
            if isinstance(event, CallEntered | CallReturned):
                changes["call"] = event.call + number * 100_000_000
            if not isinstance(event, Header):
                yield msgspec.structs.replace(event, **changes)
        number += 1


def main() -> None:
    events = list(islice(repeated(RECORDING), EVENTS))
    began = time.perf_counter()
    advance(World(), events)
    whole = time.perf_counter() - began
    timeline = Timeline()
    began = time.perf_counter()
    for start in range(0, EVENTS, BATCH):
        timeline.extend(events[start : start + BATCH])
    extended = time.perf_counter() - began
    worst = 0.0
    for _ in range(SEEKS):
        t = random.randrange(timeline.end)
        began = time.perf_counter()
        timeline.world_at(t)
        worst = max(worst, time.perf_counter() - began)
    print(f"time travel: {EVENTS:,} events, {extended / EVENTS * 1e6:.1f} µs each to take in")
    print(f"time travel: worst seek {worst * 1e3:.0f} ms (to reach: 100)")
    print(f"time travel: a fold from the start takes {whole / worst:.0f} times as long")


if __name__ == "__main__":
    main()
