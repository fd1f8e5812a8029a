"""The rounds: what a round is follows from the seed and its number; what comes of it is `judging`'s.

When the moment comes is the machine's.
"""

import os
import shlex
import shutil
import signal
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import harm
import judging
from kinds import KINDS, Kind, Setting
from place import Place
from remains import Remains, busy
from runs import SOCKVIZ, OnTerminal, Piped, Running, environment

AS_NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
OTHERS = 0.4
"""How often a round is another user's than root."""
EARLY = 0.3
"""How often something happens while it may not have begun yet."""
STEP = 0.05
"""Seconds of its use between two looks."""
LOOK = 0.02
"""Seconds between two looks whether anything is left."""
BEGINS = 10.0
"""Seconds, at most, until it has begun."""


@dataclass
class Round:
    """What was done, and what came of it."""

    number: int
    kind: str
    what: str
    user: str
    victim: str = ""
    after: float = 0.0
    took: float = 0.0
    load: float = 0.0
    """Of the machine, when it had ended."""
    by_itself: bool = False
    """It ended before it was asked to."""
    status: int | None = None
    said: str = ""
    command: str = ""
    problems: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        """What sockviz itself said; what was typed may stand before it."""
        return [line for line in self.said.splitlines() if "sockviz: " in line]

    def line(self) -> str:
        end = "".join(f"; {line}" for line in self.lines()[-1:])
        return (
            f"{self.number:4} {self.kind:13} {self.user:6} {self.what:15} {self.victim:14}"
            f" after {self.after:4.2f} s, gone in {self.took:4.2f} s, status {self.status}{end}"
        )


class Chaos:
    """Rounds, one after the other."""

    def __init__(
        self, seed: int, place: Place, within: float, *, kinds: Sequence[Kind] = KINDS, hurry: float = 1.0
    ) -> None:
        """A series.

        `within`: seconds until nothing is left; `kinds`: each comes once in as many rounds as there are;
        `hurry` < 1: everything happens earlier.
        """
        self._seed, self._place, self._within = seed, place, within
        self._kinds, self._hurry = kinds, hurry

    def kind(self, number: int) -> Kind:
        """How sockviz is run in a round."""
        deal, card = divmod(number - 1, len(self._kinds))
        return Random(f"{self._seed} kinds {deal}").sample(self._kinds, len(self._kinds))[card]

    def play(self, number: int) -> Round:
        """One round."""
        random = Random(f"{self._seed} {number}")
        kind = self.kind(number)
        what = random.choice(harm.possible(kind))
        root = os.geteuid() == 0
        nobody = root and random.random() < OTHERS
        one = Round(number, kind.name, what, "nobody" if nobody else "root" if root else "user")
        one.after = random.random() * kind.latest * self._hurry
        with self._home(one, random) as (home, recording):
            self._round(one, kind, random, home, recording)
        return one

    @contextmanager
    def _home(self, one: Round, random: Random) -> Iterator[tuple[Path, Path]]:
        """A round's directory, and where it records."""
        home = self._place.path / str(one.number)
        home.mkdir(mode=0o777)
        home.chmod(0o777)
        try:
            with ExitStack() as stack:
                where = home
                if one.what == harm.FULL and self._place.small:
                    where = home / judging.SMALL
                    stack.enter_context(self._place.full(where, random.choice(harm.KILOBYTES)))
                yield home, where / judging.RECORDING
        finally:
            shutil.rmtree(home)

    def _round(self, one: Round, kind: Kind, random: Random, home: Path, recording: Path) -> None:
        arguments = kind.arguments(Setting(random, recording, privileged=one.user == "root"))
        limits, one.victim = harm.limited(one.what, random, small=self._place.small)
        command = [*(AS_NOBODY if one.user == "nobody" else []), *limits, *SOCKVIZ, *arguments]
        one.command = shlex.join(arguments)
        mark, early = str(uuid.uuid4()), random.random() < EARLY
        run: Running
        if kind.keys:
            run = OnTerminal(command, environment(mark, home), home, kind.keys, random)
        else:
            run = Piped(command, environment(mark, home), home)
        remains = Remains(self._place, mark, run.pid)
        try:
            if not early:
                self._wait(run, recording if kind.records else None)
            run.play(one.after)
            there = remains.census()
            done = judging.Moment.now()
            one.victim = harm.do(one.what, run, there, random) or one.victim
            self._end(one, run, remains, random)
            one.problems += judging.judge(one, kind, run, recording, done)
        finally:
            for pid in remains.processes():
                harm.send(pid, signal.SIGKILL)
            run.close()

    def _wait(self, run: Running, recording: Path | None) -> None:
        """Until it has begun: something was recorded, or else can be seen."""
        end = time.monotonic() + BEGINS
        while run.status() is None and time.monotonic() < end:
            if _size(recording) if recording else run.begun():
                return
            run.play(STEP)

    def _end(self, one: Round, run: Running, remains: Remains, random: Random) -> None:
        """Wait until it has ended, which it may have to be asked for; nothing may be left then."""
        begin = time.monotonic()
        lasts = 2.0 if one.what == harm.STOPPED else (0.3 + random.random()) * self._hurry
        if one.victim in judging.ENGINE:  # to be noticed before it is asked to end
            lasts *= busy()
        goes_on = one.what in harm.ALL_THE_TIME
        while run.status() is None and time.monotonic() < begin + (5.0 * self._hurry if goes_on else lasts):
            run.play(STEP)
        one.by_itself = run.status() is not None
        if not one.by_itself or goes_on:
            begin = time.monotonic()
        if run.status() is None:
            remains.processes()  # more may have been started
            run.finish()
        while (passed := time.monotonic() - begin) < 4 * self._within * busy():
            ended = run.status() is not None
            left = remains.left() if ended else ["sockviz"]
            if not left:
                break
            if passed > self._within * busy() and not one.problems:
                there = ", ".join(left + remains.waits())
                one.problems.append(f"after {passed:.1f} s there was still: {there}")
            if not ended:
                run.insist()
            time.sleep(LOOK)
        one.took, one.load, one.status = time.monotonic() - begin, os.getloadavg()[0], run.status()


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
