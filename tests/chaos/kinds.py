"""The ways in which sockviz is run: each command, with a screen and without one."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TypeAlias

from witness import PROGRAMS, visitor

DATA = Path(__file__).parents[1] / "data"


@dataclass(frozen=True)
class Setting:
    """What a run's arguments depend on."""

    random: Random
    recording: Path
    privileged: bool


Arguments: TypeAlias = Callable[[Setting], list[str]]


@dataclass(frozen=True)
class Kind:
    """A way to run it."""

    name: str
    arguments: Arguments
    keys: tuple[str, ...] = ()
    """What is pressed; none: it has no terminal."""
    records: bool = True
    engine: bool = True
    """Whether it has one."""
    endless: bool = True
    """Whether it goes on until somebody ends it."""
    may_fail: bool = False
    """Whether its exit status may tell of what somebody else did wrong."""
    own_programs: bool = False
    """Whether the programs are those of `witness`."""
    watches: bool = False
    """Whether it looks at the visitor of `witness`."""
    latest: float = 3.0
    """Seconds from its start, within which something happens to it."""


def _headless(setting: Setting) -> list[str]:
    random = setting.random
    accept = random.choice((["--accept", "never"], [], ["--accept", "manual"]))
    delay = ["--delay", str(random.choice((0, 20, 100)))]
    clients = ["--clients", str(random.randint(1, 6))]
    return ["--headless", "--source", "lab", *clients, *delay, *accept, *_recorded(setting)]


def _loopback(setting: Setting) -> list[str]:
    port = ["--port", str(setting.random.randint(20_000, 60_000))]
    return ["--headless", "--source", "loopback", *port, "--clients", "3", *_recorded(setting)]


def _stage(setting: Setting) -> list[str]:
    wire = setting.random.choice((["--hold"], ["--flow"], ["--flow", "--delay", "50"]))
    return [*wire, "--clients", str(setting.random.randint(1, 4)), *_recorded(setting)]


def _replay(setting: Setting) -> list[str]:
    return ["replay", str(setting.random.choice(sorted(DATA.rglob("*.jsonl"))))]


def _lesson(setting: Setting) -> list[str]:
    name = setting.random.choice(("handshake", "accept-queue-full", "reset", "close"))
    return ["lesson", name, "--headless", *_recorded(setting)]


def _lesson_screen(setting: Setting) -> list[str]:
    return ["lesson", setting.random.choice(("handshake", "accept-queue-full")), *_recorded(setting)]


def _run(setting: Setting) -> list[str]:
    strace = setting.random.choice((["--no-strace"], []))
    delay = ["--delay", str(setting.random.choice((0, 20)))]
    return ["run", "--headless", *PROGRAMS, *strace, *delay, *_recorded(setting)]


def _run_screen(setting: Setting) -> list[str]:
    strace = setting.random.choice((["--no-strace"], []))
    wire = setting.random.choice((["--delay", "0"], ["--delay", "20"], [], ["--hold"]))
    return ["run", *PROGRAMS, *strace, *wire, *_recorded(setting)]


def _watch(setting: Setting) -> list[str]:
    return ["watch", "--headless", *_watched(setting)]


def _watch_screen(setting: Setting) -> list[str]:
    return ["watch", *_watched(setting)]


def _watched(setting: Setting) -> list[str]:
    level = setting.random.choice(("best", "sampling", "packets", "trace"))
    if not setting.privileged and level in {"packets", "trace"}:
        level = "best"
    target = setting.random.choice(([], [str(visitor().port)]))
    return ["--level", level, *target, *_recorded(setting)]


def _recorded(setting: Setting) -> list[str]:
    return ["--record", str(setting.recording)]


ARROWS = ("left", "right", "up", "down")
STAGE = (*"cnnnnaaahdrxXwM\t123iMMMgl+-bo{}zTtP", *ARROWS)
REPLAY = (*" }}{)(jJi]<>zM", "enter")
LESSON = (*"12n ?i", "enter", "enter", "right")
RUN = (*"eeyescCKnnNh\t12MitO {}vPS?", "enter", "enter", "escape", "escape")
WATCH = (*"/1: L\tsrw12ifh[]+-tp?S", "enter", "enter", "enter", "escape", *ARROWS)

KINDS = (
    Kind("headless", _headless, endless=False, may_fail=True),
    Kind("loopback", _loopback, endless=False, may_fail=True, latest=2.0),
    Kind("stage", _stage, STAGE),
    Kind("replay", _replay, REPLAY, records=False, engine=False, latest=2.0),
    Kind("lesson", _lesson, endless=False, may_fail=True),
    Kind("lesson-screen", _lesson_screen, LESSON),
    Kind("run", _run, may_fail=True, own_programs=True),
    Kind("run-screen", _run_screen, RUN, own_programs=True),
    Kind("watch", _watch, watches=True, latest=2.0),
    Kind("watch-screen", _watch_screen, WATCH, watches=True),
)
