"""100,000 SYNs from inside the lab, as fast as it can: what becomes of them, of the memory and of the keys.

First without a screen, each SYN counted: what left, what the wire saw of it, what was lost for want of room
(as the kernel says), and whether the counters that are told are the kernel's. Then on the stage.
"""

import time
from collections.abc import Iterator
from contextlib import suppress

import processes  # noqa: F401 - puts the lab's tests into the path
from bench_keys import Stage, answers
from driver import descendants
from figures import Row, alone, at_least, at_most
from flooded import Flooded
from processes import resident, used

from sockviz import events


def rows(*, quick: bool) -> Iterator[Row]:
    """The lab, then the stage."""
    count, tries = (10_000, 1) if quick else (100_000, 1)
    yield from lab(count)
    took, grown, seconds = [], [], []
    for _ in range(tries):
        with Stage() as stage:
            flood = stage.under_flood(count)
        took += flood.took
        grown.append(flood.most.stage - flood.before.stage)
        seconds.append(flood.seconds)
    yield answers(f"key to screen, {count:,} SYNs", took, short=True)
    yield alone("the stage's memory grows by", "MiB", grown, at_most(100), short=True)
    yield alone("the stage has shown it after", "s", seconds)


def lab(count: int) -> Iterator[Row]:
    """Without a screen."""
    with Flooded(accept="auto") as engine:
        engine.event(events.ListenerSampled)
        pids = [engine.process.pid, *descendants(engine.process.pid)]
        before, spent = resident(pids), used(pids)
        most, began = before, time.monotonic()
        engine.flood(count)
        while not engine.finished():
            time.sleep(0.02)
            most = max(most, resident(pids))
        took = time.monotonic() - began
        engine.over()
        cost = (used(pids) - spent) / max(engine.seen["SYN"], 1) * 1e6
        with suppress(AssertionError):
            engine.until(engine.agrees, "counters as in proc")
        wrong = sum(len(engine.differences(host)) for host in ("client", "server"))
        known = 100 * (engine.seen["SYN"] + engine.lost) / engine.sent
        note = f"{engine.seen['SYN']:,} seen, {engine.lost:,} lost, and shown"
        yield alone(f"{count:,} SYNs accounted for", "%", [known], at_least(100), note=note, short=True)
        yield alone("counters told otherwise than the kernel has them", "of all", [wrong], at_most(0))
        yield alone("SYNs over the wire", "/s", [engine.seen["SYN"] / took])
        yield alone("CPU of the lab for each", "µs", [cost])
        yield alone("the lab's memory grows by", "MiB", [most - before], at_most(100), short=True)
