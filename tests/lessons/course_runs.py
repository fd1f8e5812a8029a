"""The runs of the course that several tests look at: each lesson is played once for all of them."""

import subprocess
from functools import cache

from command import run

from sockviz.events import AnyEvent, decode


@cache
def played(name: str, *prefix: str) -> subprocess.CompletedProcess[str]:
    """A lesson, played by itself; `prefix`: what the command is begun with."""
    return run("lesson", name, "--headless", "--lang", "en", prefix=list(prefix), timeout=240)


@cache
def observed(name: str) -> tuple[AnyEvent, ...]:
    """What was observed in it."""
    return tuple(decode(line) for line in played(name).stdout.splitlines())
