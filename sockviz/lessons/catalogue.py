"""The course: which lessons there are, and in which order. Reads files, and nothing else.

What a lesson is made of is imported when one is read: a list of them does without.
"""

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sockviz.errors import UserError

if TYPE_CHECKING:
    from sockviz.lessons.headings import Heading
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

DATA: Final = Path(__file__).with_name("data")


def names() -> tuple[str, ...]:
    """The ids of the lessons that there are, in the course's order."""
    return tuple(name for name in COURSE if (DATA / f"{name}.toml").is_file())


def headings() -> "tuple[Heading, ...]":
    """What a list says of each lesson, in order."""
    from sockviz.lessons.headings import heading  # noqa: PLC0415 - see the module's docstring

    return tuple(heading(DATA / f"{name}.toml") for name in names())


def course() -> "tuple[Lesson, ...]":
    """All lessons, in order."""
    return tuple(_load(DATA / f"{name}.toml") for name in names())


def find(name: str) -> "Lesson":
    """A lesson of the course by its id, or anybody's by its file.

    Raises:
        UserError: there is none, or it is wrong.
    """
    if name in names():
        return _load(DATA / f"{name}.toml")
    if name.endswith(".toml") or "/" in name:
        return from_file(Path(name))
    raise _unknown(name)


def look_at(name: str) -> None:
    """See that there is such a lesson; the course's own are right, anybody's is read.

    Raises:
        UserError: there is none, or it is wrong.
    """
    if name not in names():
        find(name)


def key_of(name: str, lesson: "Lesson") -> str:
    """What a lesson is called where it is kept how far one came: of the course its id, else where it is."""
    return lesson.id if name in names() else str(Path(name).resolve())


def _unknown(name: str) -> UserError:
    near = difflib.get_close_matches(name, names(), n=1)
    hint = f"did you mean {near[0]}?" if near else "`sockviz lesson --list` shows them all"
    if Path(name).is_file():
        hint = f"to run the file of that name: sockviz lesson ./{name}"
    return UserError(f"there is no lesson {name!r}", hint, "no-lesson")


def from_file(path: Path) -> "Lesson":
    """Anybody's lesson; what it builds upon is in the course, and does not come after it.

    Raises:
        UserError: it is none.
    """
    return _load(path, COURSE)


def _load(path: Path, course: Sequence[str] = ()) -> "Lesson":
    from sockviz.lessons.loading import load  # noqa: PLC0415 - see the module's docstring

    return load(path, course)
