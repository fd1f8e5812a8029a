"""What a round has shown: each thing that is not as it was promised, in a line."""

import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import harm
from kinds import Kind
from runs import Piped, Running
from witness import FILE, moments, visitor

from sockviz.errors import UserError
from sockviz.recording.reader import Reader

if TYPE_CHECKING:
    from playing import Round

RECORDING, SMALL = "recording.jsonl", "small"
LOST = 0.5
"""Seconds of a recording that may be lost."""
EVERY = 0.2
"""Seconds: so often, at least, something is recorded where connections come and go all the time."""
HALF_MADE = 4_096
"""Bytes; on a full disk a recording of so few may have no whole first line."""
ORDERS = {"SIGTERM", "SIGHUP"}
"""Whoever sends these to what they started wants its end, and is told nothing."""
ENGINE = {"engine", "engine inside"}
"""Without it nothing goes on."""
INTERRUPTED = {-signal.SIGINT, 128 + signal.SIGINT}
"""The exit statuses of what Ctrl-C has ended: a lesson, and whatever had no handler (yet, or any more)."""
FAILED = 1
"""The exit status of a lesson whose expectation did not hold, and of a run with a program that failed."""


@dataclass(frozen=True)
class Moment:
    """When something was done to it."""

    monotonic: float
    wall: float

    @classmethod
    def now(cls) -> "Moment":
        return cls(time.monotonic(), time.time())


def judge(one: "Round", kind: Kind, run: Running, recording: Path, done: Moment) -> list[str]:
    """What is wrong with a run that has ended."""
    home = recording.parent if recording.parent.name != SMALL else recording.parent.parent
    found = run.wrong()
    one.said = run.said()
    found += said_wrong(one, kind)
    kept = {RECORDING, SMALL, FILE, "sockviz"}  # the last: where a lesson was left
    found += [
        f"left a file: {path.name}"
        for path in home.iterdir()
        if path.name not in kept and not path.name.endswith(".svg")
    ]
    printed = run.printed(done.monotonic - LOST) if isinstance(run, Piped) else 0
    if recording.exists() and recording.stat().st_size:
        seen = moments(home) if kind.own_programs else visitor().times if kind.watches else ()
        known = [moment for moment in list(seen) if moment < done.wall - LOST]
        found += recording_wrong(one.what, recording, printed, max(known, default=0.0))
    elif kind.records and printed:
        found.append("there is no recording")
    return found


def said_wrong(one: "Round", kind: Kind) -> list[str]:
    """Whether the user was told in one line what they did not ask for."""
    if "Traceback" in one.said:
        return ["a traceback"]
    if one.what == harm.CLOSED:
        return []
    lines = one.lines()
    found = []
    # A full disk is said at once, then how the run ended; without a screen each failed program has a line.
    if len(lines) > 1 and one.what != harm.FULL and kind.name != "run":
        found.append("said in more than one line")
    asked = one.victim == "sockviz" or (one.victim == "screen" and one.what in ORDERS)
    if not lines and not asked and _has_to_be_told(one, kind):
        found.append("said nothing")
    if one.status == FAILED and not kind.may_fail:
        found.append("a fault of ours")
    return found


def _has_to_be_told(one: "Round", kind: Kind) -> bool:
    """Something happened that the user did not ask for."""
    if one.status in INTERRUPTED and not one.by_itself:
        return False
    if one.status != 0 and not (one.status == FAILED and kind.may_fail):
        return True
    return kind.endless and (one.by_itself or (one.victim in ENGINE and one.what in harm.MOMENTARY))


def recording_wrong(what: str, recording: Path, printed: int, known: float) -> list[str]:
    """See that it opens, and that what was there in time is in it.

    `printed`: so many events were printed; `known`: when the last connection was made that has to be in it.
    """
    try:
        with Reader(recording) as reader:
            count, begin, last = 0, 0, 0
            while batch := reader.more(1_000):
                begin = begin or getattr(batch[0], "wall_clock", 0)
                count, last = count + len(batch), batch[-1].t
    except UserError as error:
        if what == harm.FULL and recording.stat().st_size < HALF_MADE:
            return []
        return [f"the recording does not open: {error.line()}"]
    if what == harm.FULL:
        return []
    if count < printed:
        return [f"the recording has {count} events, {printed} were there {LOST} s before"]
    if (missing := known - (begin + last) / 1e9) > EVERY:
        return [f"the recording ends {missing:.2f} s before the last connection that was made in time"]
    return []
