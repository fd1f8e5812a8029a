"""What is done to a run that it can't expect."""

import contextlib
import os
import signal
from random import Random

from kinds import Kind
from runs import Running

CLOSED, FULL, FEW = "terminal closed", "disk full", "no descriptors"
SIGNALS = (*["SIGKILL"] * 6, *["SIGTERM"] * 2, *["SIGHUP"] * 2)
"""To any process of it, at any moment."""
STOPPED = "SIGSTOP"
MOMENTARY = {*SIGNALS, STOPPED}
ALL_THE_TIME = {FULL, FEW}
"""These last; the others happen at a moment."""
MAY_STOP = ("engine", "engine inside", "host client", "host server", "hosts", "dissect", "strace")
"""Whom somebody stops who does not mean to (the screen and its guard stop together: job control)."""
DESCRIPTORS = (6, 8, 10, 12, 14, 16, 18, 20, 24, 32, 40, 48)
KILOBYTES = (4, 8, 16, 40)
LARGEST_FILE = 16_384
"""Bytes, where there can't be a small file system."""


def possible(kind: Kind) -> list[str]:
    """What can be done to it, as often as it is to happen."""
    return [
        *SIGNALS,
        *([STOPPED] * 2 if kind.engine else []),
        *([CLOSED] * 2 if kind.keys else []),
        *([FULL] * 2 if kind.records else []),
        *([FEW] * 2),
    ]


def limited(what: str, random: Random, *, small: bool) -> tuple[list[str], str]:
    """What comes before the command, and what it lacks; `small`: its disk is, already."""
    if what == FEW:
        number = random.choice(DESCRIPTORS)
        return ["prlimit", f"--nofile={number}"], f"{number} descriptors"
    if what == FULL and not small:
        return ["prlimit", f"--fsize={LARGEST_FILE}"], ""
    return [], ""


def do(what: str, run: Running, there: dict[int, str], random: Random) -> str:
    """Do it to one of those that are there; returns to whom."""
    if what in ALL_THE_TIME:
        return ""
    if what == CLOSED:
        run.hang_up()
        return ""
    found = sorted((role, pid) for pid, role in there.items() if what != STOPPED or role in MAY_STOP)
    if not found:
        return "(none yet)" if there else "(over)"
    role, pid = random.choice(found)
    send(pid, signal.Signals[what])
    return role


def send(pid: int, number: int) -> None:
    """Send a signal to who may have ended."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
