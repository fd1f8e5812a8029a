"""How many visitors there are, and how many there may be."""

import asyncio
import contextlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

EACH: Final = 128 << 20
"""Bytes of memory that a visitor takes, with some to spare: the app, the engine, two hosts, some clients."""
PER_CORE: Final = 20
"""Visitors; most of the time most of them read."""
LEAST: Final = 2
MOST: Final = 40


def usual() -> int:
    """How many this machine can take: by its memory that is free now, and its processors."""
    by_memory = _available() // EACH
    return max(LEAST, min(MOST, by_memory, PER_CORE * len(os.sched_getaffinity(0))))


def _available() -> int:
    """Bytes (`MemAvailable`, proc(5)); where that can't be read, as much as anybody could want."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return MOST * EACH
    amounts = dict(line.split(":", 1) for line in lines)
    return int(amounts["MemAvailable"].split()[0]) << 10


class Room:
    """Counts."""

    def __init__(self, places: int) -> None:
        self.places: Final = places
        self.now = 0
        self.so_far = 0
        self._gone = asyncio.Event()
        self.on_change: Callable[[], None] = lambda: None
        """Is called when somebody came or went."""

    @property
    def full(self) -> bool:
        """Nobody else can come in."""
        return self.now >= self.places

    async def vacancy(self, patience: float) -> bool:
        """Whether there is a place within `patience` seconds: who has just left may be still going."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                while self.full:
                    await self._gone.wait()
        return not self.full

    @contextmanager
    def place(self) -> Iterator[None]:
        """Take one; to be asked at once before: is there one (`vacancy`)?"""
        self.now += 1
        self.so_far += 1
        self.on_change()
        try:
            yield
        finally:
            self.now -= 1
            self._gone.set()
            self._gone.clear()
            self.on_change()
