"""A lesson under way: the runner's commands carried out, an engine after another, where it was left kept.

Knows no screen. What the lesson teaches is the runner's; what is shown of the run is the session's.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from sockviz.errors import UserError
from sockviz.events import AnyEvent
from sockviz.intents import Intent, Setup
from sockviz.lessons import progress
from sockviz.lessons.runner import Command, Runner
from sockviz.lessons.scene import Bookmark, Phase, Restart
from sockviz.lessons.schema import Lesson
from sockviz.recording.writer import Writer
from sockviz.session.batches import Receive
from sockviz.session.plan import Plan
from sockviz.session.run import Run
from sockviz.session.session import Session

HAPPENING: Final = frozenset({Phase.STARTING, Phase.DO, Phase.EXPECT})
"""Phases in which the runner has to be told what time it is."""


def _nothing(*_: object) -> None:
    """Nobody looks."""


class Overheard(Run):
    """A run of which the runner hears what the session hears."""

    hear: Receive = staticmethod(_nothing)

    async def carry(self, receive: Receive) -> None:
        """As `Run.carry`."""

        def both(events: Sequence[AnyEvent]) -> None:
            receive(events)
            self.hear(events)

        await super().carry(both)


class Memory:
    """Where a lesson was left, in the file of all lessons.

    Args:
        path: the file, or None (`sockviz.lessons.progress`).
        key: what the lesson is called there.
    """

    def __init__(self, path: Path | None, key: str) -> None:
        self.complaint = ""
        """Why it can't be kept."""
        self._path = path
        self._key = key
        self._kept: Bookmark | None = None

    def recall(self) -> Bookmark | None:
        """Where it was left."""
        return progress.load(self._path).get(self._key)

    def keep(self, bookmark: Bookmark) -> None:
        """Write it down, unless that is what was written last."""
        if bookmark == self._kept:
            return
        self._kept = bookmark
        try:
            progress.save(self._path, self._key, bookmark)
        except UserError as error:
            self.complaint = error.message[:1].upper() + error.message[1:] + "."


class Play:
    """A lesson being taken.

    The app ends it as it ends any run: `close`, `kill`, `failure` …

    Args:
        lesson: what is taken.
        memory: where it was left, and is to be.
        record: where its runs are recorded: `life.jsonl`, and every other lab's `life-2.jsonl` …
        anew: from the beginning, wherever it was left.
        clock: CLOCK_MONOTONIC, ns.
    """

    def __init__(
        self,
        lesson: Lesson,
        memory: Memory,
        *,
        record: Path | None = None,
        anew: bool = False,
        clock: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self.memory = memory
        bookmark = memory.recall()
        if anew and bookmark is not None and not bookmark.finished:
            bookmark = None  # one that was finished stays finished, and begins anew in any case
        self.runner = Runner(lesson, bookmark=bookmark)
        ids = [step.id for step in lesson.step]
        known = bookmark is not None and not bookmark.finished and bookmark.step in ids
        self.resumed = ids.index(bookmark.step) + 1 if known and bookmark else 0
        """The step at which it was taken up again; 0 and 1: it began at its beginning."""
        self.labs = 0
        """So many labs were built."""
        self.on_session: Callable[[Session], None] = _nothing
        """Told of the session of another lab."""
        self.on_change: Callable[[], None] = _nothing
        """Told when there may be something else to show."""
        self._record = record
        self._clock = clock
        self._offset: int | None = None
        self._runs: list[Overheard] = []
        self._unrecorded: UserError | None = None
        """Why the recording stopped of a run that has ended."""
        self._ending: set[asyncio.Task[None]] = set()

    def begin(self) -> Session:
        """Start the first engine."""
        return self._start(self.runner.setup)

    def _start(self, setup: Setup) -> Session:
        self.labs += 1
        self._offset = None
        run = Overheard.start(Plan(setup=setup), self._recorder())
        run.hear = self._hear
        self._runs.append(run)
        return Session(run, clock=self._clock)

    def _recorder(self) -> Writer | None:
        if self._record is None:
            return None
        path = self._record
        return Writer(path.with_stem(f"{path.stem}-{self.labs}") if self.labs > 1 else path)

    # what comes in

    def _hear(self, events: Sequence[AnyEvent]) -> None:
        offset = self._clock() - events[-1].t
        self._offset = offset if self._offset is None else min(self._offset, offset)
        self.do(self.runner.receive(events))

    def tick(self) -> None:
        """Tell the runner what time it is, while something happens."""
        if self.runner.phase in HAPPENING and self._offset is not None and not self.runner.free:
            self.do(self.runner.tick(self._clock() - self._offset))

    def do(self, commands: Sequence[Command]) -> None:
        """Carry out what a verb of the runner's returned."""
        for command in commands:
            if isinstance(command, Restart):
                self._restart(command.setup)
            elif isinstance(command, Intent):
                self._runs[-1].send(command)
        self.memory.keep(self.runner.bookmark)
        self.on_change()

    def _restart(self, setup: Setup) -> None:
        """Another lab; the one before ends behind it."""
        old = self._runs[-1]
        old.hear = _nothing
        session = self._start(setup)
        task = asyncio.create_task(self._end(old))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)
        self.on_session(session)

    async def _end(self, run: Overheard) -> None:
        await run.close()
        self._unrecorded = self._unrecorded or run.recording_failure
        self._runs.remove(run)

    # as the app ends a run

    @property
    def failure(self) -> UserError | None:
        """Why the run that is shown ended, if not in order."""
        return self._runs[-1].failure if self._runs else None

    @property
    def recording_failure(self) -> UserError | None:
        """Why one of its recordings stopped."""
        return next((run.recording_failure for run in self._runs if run.recording_failure), self._unrecorded)

    async def close(self) -> None:
        """End all engines in order; the lesson does not go on meanwhile."""
        for run in self._runs:
            run.hear = _nothing
        await asyncio.gather(*self._ending, *(run.close() for run in self._runs[-1:]))

    def kill(self) -> None:
        """Leave no process behind."""
        for run in self._runs:
            run.kill()
