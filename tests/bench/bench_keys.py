"""From a key to the bytes on the terminal that show it: idle, and while SYNs flood the lab.

The stage runs in a pty that is read as fast as it is written. The key is Tab, whose name the stage then shows
(`k` has it show the last key), so each press draws something that nothing else does. A flood lasts from the
wish for it until its last segment is on the screen; keys are pressed all the time.
"""

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple, Self

from figures import Row, alone, at_most
from processes import parts, resident, run_and_wait
from ptys import BOUND, STAGE, Pty

FLOWING: Final = (*STAGE, "--flow", "--delay", "0", "--accept", "auto")
TAB: Final = "\N{EM DASH} the "
"""In what is shown of the key, and nowhere else."""
WITHIN: Final = 50
"""ms"""
BUSY: Final = 0.3
"""Of the time that it was not kept waiting the stage runs for more than this: not for keys alone."""
UNNOTICED: Final = 20
"""Seconds after which a flood that never kept the stage busy is over, too."""
CALM: Final = 2.0
"""Seconds without that, after which a flood is over."""


def rows(*, quick: bool) -> Iterator[Row]:
    """Idle, then under a flood."""
    tries, syns = (1, 2_000) if quick else (3, 20_000)
    idle: list[float] = []
    flooded: list[float] = []
    for _ in range(tries):
        with Stage() as stage:
            idle += [stage.answer() for _ in range(30)]
            flooded += stage.under_flood(syns).took
    yield answers("key to screen, idle", idle, short=True)
    yield answers(f"key to screen, {syns:,} SYNs", flooded, short=True)


def answers(what: str, took: list[float], *, short: bool = False) -> Row:
    """Of many presses the slowest of twenty counts; ms."""
    took.sort()
    slow = took[len(took) * 19 // 20]
    note = f"95 of 100; median {took[len(took) // 2]:.0f}, worst {took[-1]:.0f}, of {len(took)}"
    return alone(what, "ms", [slow], at_most(WITHIN), note=note, short=short)


class Memory(NamedTuple):
    """MiB."""

    stage: float
    lab: float


@dataclass
class Flood:
    """What was found during one."""

    took: list[float]
    """Each answer, ms."""
    before: Memory
    most: Memory
    seconds: float = 0


class Stage(Pty):
    """The app, which shows each key."""

    def __init__(self) -> None:
        super().__init__(FLOWING)

    def __enter__(self) -> Self:
        self.wait("LISTEN")
        self.settle()
        self.press("k")
        self.wait("k \N{EM DASH} ")
        self.settle()
        return self

    def answer(self) -> float:
        """Press Tab, at any moment; ms until it was drawn."""
        end = time.monotonic() + random.uniform(0.02, 0.08)
        while (left := end - time.monotonic()) > 0:
            self.read(left)
        self.seen.clear()
        began = time.perf_counter()
        self.press("\t")
        self.wait(TAB)
        return (time.perf_counter() - began) * 1e3

    def under_flood(self, syns: int) -> Flood:
        """Flood the lab, and press keys until the stage has nothing left to do."""
        self.parts = parts(self.process.pid)
        self.press("F")
        self.wait("How many SYNs")
        self.settle()
        for key in ("\x7f", "\x7f", *str(syns)):
            self.press(key)
            self.settle(0.1)
        flood = Flood([], self.memory(), self.memory())
        self.press("\r")
        began, calm, busy = time.monotonic(), 0.0, False
        while (calm < CALM or not busy) and time.monotonic() < began + (BOUND if busy else UNNOTICED):
            begun, before = time.monotonic(), run_and_wait(self.parts.stage)
            flood.took.append(self.answer())
            now, spent = self.memory(), time.monotonic() - begun
            flood.most = Memory(*map(max, zip(flood.most, now, strict=True)))
            run, wait = (b - a for a, b in zip(before, run_and_wait(self.parts.stage), strict=True))
            working = run > BUSY * (spent - wait)
            busy |= working
            calm = 0.0 if working else calm + spent
        flood.seconds = time.monotonic() - began - calm
        return flood

    def memory(self) -> Memory:
        """Of the stage and of the lab's processes, MiB."""
        return Memory(*map(resident, self.parts))
