"""A lesson played by itself behind the scenes, to know beforehand what this kernel will answer."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from typing import Final

from sockviz.errors import UserError
from sockviz.events import AnyEvent
from sockviz.intents import Intent
from sockviz.lessons.notes import answers
from sockviz.lessons.runner import Command, Runner
from sockviz.lessons.scene import Phase
from sockviz.lessons.schema import Lesson
from sockviz.session.plan import Plan
from sockviz.session.run import Run

TICK: Final = 0.02
"""Seconds between two looks at the clock."""


def _nothing() -> None:
    """Nobody wants to know."""


class Rehearsal:
    """A run of a lesson that nobody sees.

    An app ends it as it ends any run: `close`, `kill`, `failure` …
    """

    failure: UserError | None = None
    """It is no failure of what is shown: see `complaint`."""
    recording_failure: Final = None

    def __init__(self, lesson: Lesson) -> None:
        self.complaint = ""
        """Why it could not be played."""
        self.on_answer: Callable[[], None] = _nothing
        """Told of every answer that is known."""
        self._lesson = lesson
        self._runner = Runner(lesson, automatic=True)
        self._run = Run.start(Plan(setup=self._runner.setup))
        self._offset: int | None = None
        self._known = 0

    @property
    def answers(self) -> dict[str, int]:
        """Step → the index of the answer that came true."""
        made = self._runner.bookmark.predictions.items()
        return answers({step: one.true for step, one in made}, self._lesson)

    @property
    def done(self) -> bool:
        """It was played to its end."""
        return self._runner.phase is Phase.DONE

    async def play(self) -> None:
        """To the end, or to where it could not go on."""
        ticking = asyncio.create_task(self._tick())
        try:
            await self._run.carry(self._receive)
        except UserError as error:
            self.complaint = error.message
        finally:
            ticking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await ticking
            self.on_answer()

    def _receive(self, events: Sequence[AnyEvent]) -> None:
        offset = time.monotonic_ns() - events[-1].t
        self._offset = offset if self._offset is None else min(self._offset, offset)
        self._carry_out(self._runner.receive(events))

    async def _tick(self) -> None:
        while not self.done:
            await asyncio.sleep(TICK)
            if self._offset is not None:
                self._carry_out(self._runner.tick(time.monotonic_ns() - self._offset))
        await self._run.close()

    def _carry_out(self, commands: Sequence[Command]) -> None:
        for command in commands:
            if isinstance(command, Intent):
                self._run.send(command)
        if len(self._runner.bookmark.predictions) != self._known:
            self._known = len(self._runner.bookmark.predictions)
            self.on_answer()

    async def close(self) -> None:
        """End it in order."""
        await self._run.close()

    def kill(self) -> None:
        """Leave no process behind."""
        self._run.kill()
