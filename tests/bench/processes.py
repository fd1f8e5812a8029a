"""What processes use: of the stage and of the lab behind it."""

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1] / "lab"))

from driver import descendants

MIB = 1 << 20


class Parts(NamedTuple):
    """The processes of one sockviz."""

    stage: tuple[int, ...]
    """The screen's, and those that watch over it."""
    lab: tuple[int, ...]
    """The engine's, the hosts' and their programs'."""


def parts(pid: int) -> Parts:
    """Of the sockviz that was started as `pid`."""
    stage, lab = [], []
    for one in (pid, *descendants(pid)):
        (lab if b"sockviz.engine" in _read(one, "cmdline") else stage).append(one)
    return Parts(tuple(stage), tuple(lab))


def used(pids: Iterable[int]) -> float:
    """s of the processor that they have used so far, user's and kernel's."""
    ticks = 0
    for pid in pids:
        fields = _read(pid, "stat").rpartition(b")")[2].split()
        ticks += int(fields[11]) + int(fields[12]) if fields else 0
    return ticks / os.sysconf("SC_CLK_TCK")


def run_and_wait(pids: Iterable[int]) -> tuple[float, float]:
    """s that their main threads have run, and have waited for a processor (proc's schedstat)."""
    run = wait = 0
    for pid in pids:
        fields = _read(pid, "schedstat").split()
        if fields:
            run, wait = run + int(fields[0]), wait + int(fields[1])
    return run / 1e9, wait / 1e9


def resident(pids: Iterable[int]) -> float:
    """Memory of their own, without files that are shared, MiB."""
    pages = 0
    for pid in pids:
        fields = _read(pid, "statm").split()
        pages += int(fields[1]) - int(fields[2]) if fields else 0
    return pages * os.sysconf("SC_PAGE_SIZE") / MIB


def _read(pid: int, name: str) -> bytes:
    """Empty: it is gone."""
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""
