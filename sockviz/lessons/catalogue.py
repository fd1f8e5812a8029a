"""The course: which lessons there are, and in which order. Reads files, and nothing else."""

import difflib
from importlib import resources
from pathlib import Path
from typing import Final

from sockviz.errors import UserError
from sockviz.lessons.loading import load
from sockviz.lessons.schema import Lesson

COURSE: Final = (
    "descriptors",
    "handshake",
    "no-accept",
    "accept",
    "echo",
    "chat",
    "lost",
    "accept-queue-full",
    "ack-dropped",
    "syn-queue-full",
    "syn-cookies",
    "close",
    "simultaneous-close",
    "half-close",
    "close-wait",
    "time-wait",
    "refused",
    "reset",
    "vanished",
    "simultaneous-open",
    "defer-accept",
    "address-in-use",
    "udp",
    "ipv6",
)
"""The order in which the lessons are to be taken."""

DATA: Final = Path(str(resources.files("sockviz.lessons"))) / "data"


def names() -> tuple[str, ...]:
    """The ids of the lessons that there are, in the course's order."""
    return tuple(name for name in COURSE if (DATA / f"{name}.toml").is_file())


def course() -> tuple[Lesson, ...]:
    """All lessons, in order."""
    return tuple(load(DATA / f"{name}.toml") for name in names())


def find(name: str) -> Lesson:
    """A lesson of the course by its id, or anybody's by its file.

    Raises:
        UserError: there is none, or it is wrong.
    """
    if name in names():
        return load(DATA / f"{name}.toml")
    if name.endswith(".toml") or "/" in name:
        return from_file(Path(name))
    near = difflib.get_close_matches(name, names(), n=1)
    hint = f"did you mean {near[0]}?" if near else "`sockviz lesson --list` shows them all"
    if Path(name).is_file():
        hint = f"to run the file of that name: sockviz lesson ./{name}"
    raise UserError(f"there is no lesson {name!r}", hint, "no-lesson")


def from_file(path: Path) -> Lesson:
    """Anybody's lesson; what it builds upon is in the course, and does not come after it.

    Raises:
        UserError: it is none.
    """
    return load(path, COURSE)
