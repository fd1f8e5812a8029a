"""From a key to the bytes on the terminal that show it: idle, and while SYNs flood the lab.

The stage runs in a pty that is read as fast as it is written. The key is Tab, whose name the stage then shows
(`k` has it show the last key), so each press draws something that nothing else does. A flood lasts from the
wish for it until its last segment is on the screen; keys are pressed all the time.
"""

import os
import random
import select
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, NamedTuple, Self

from bench_screen import terminal
from figures import Row, alone, at_most
from processes import parts, resident, run_and_wait

STAGE: Final = [sys.executable, "-m", "sockviz", "--flow", "--delay", "0", "--accept", "auto"]
TAB: Final = "\N{EM DASH} the "
"""In what is shown of the key, and nowhere else."""
WITHIN: Final = 50
"""ms"""
BOUND: Final = 120
"""Seconds that anything may take."""
BUSY: Final = 0.3
"""Of the time that it was not kept waiting the stage runs for more than this: not for keys alone."""
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


class Stage:
    """The app in a terminal of its own."""

    def __init__(self) -> None:
        self._leader, self.process = terminal(STAGE)
        self.seen = bytearray()
        """What was drawn since `forget`."""

    def __enter__(self) -> Self:
        self.wait("LISTEN")
        self.settle()
        self.press("k")
        self.settle()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError, RuntimeError):  # it has ended
            self.press("q")
            end = time.monotonic() + 20
            while self.process.poll() is None and time.monotonic() < end:
                self.read(0.05)
        self.process.kill()
        self.process.wait()
        os.close(self._leader)

    def press(self, keys: str) -> None:
        os.write(self._leader, keys.encode())

    def read(self, seconds: float) -> bool:
        """What is drawn within that time, at the first of it; whether there was any."""
        if not select.select([self._leader], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self._leader, 1 << 16)
        except OSError:
            data = b""
        if not data:
            raise RuntimeError("the stage has ended")
        self.seen += data
        return True

    def wait(self, text: str) -> None:
        """Until this has been drawn."""
        end = time.monotonic() + BOUND
        while text.encode() not in self.seen:
            if time.monotonic() > end:
                raise RuntimeError(f"never drawn: {text}")
            self.read(0.1)
        self.seen.clear()

    def settle(self, seconds: float = 0.3) -> None:
        """Until nothing is drawn for a while."""
        end = time.monotonic() + BOUND
        while self.read(seconds) and time.monotonic() < end:
            pass
        self.seen.clear()

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
        while (calm < CALM or not busy) and time.monotonic() < began + BOUND:
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
