"""A learner at a lesson on the live kernel: does what the runner commands, and what the test wants.

All that goes into the runner is written down, so that it can be played to another one.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any, Self

from sockviz.events import AnyEvent
from sockviz.intents import Intent
from sockviz.lessons.runner import Command, Runner
from sockviz.lessons.scene import Bookmark, Phase, Restart, Scene
from sockviz.lessons.schema import Lesson
from sockviz.session.plan import Plan
from sockviz.session.run import Run

BOUND = 40.0
"""Seconds that anything may take before a test fails."""


class Classroom:
    """A context manager that leaves no engine behind."""

    def __init__(self, lesson: Lesson, *, bookmark: Bookmark | None = None) -> None:
        self.runner = Runner(lesson, bookmark=bookmark)
        self.inputs: list[tuple[str, Any]] = []
        self.commands: list[Command] = []
        self.restarts = 0
        self._run: Run | None = None
        self._task: asyncio.Task[None] | None = None
        self._offset: int | None = None

    async def __aenter__(self) -> Self:
        self._start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._end()

    def _start(self) -> None:
        self._offset = None
        run = Run.start(Plan(setup=self.runner.setup))
        self._run, self._task = run, asyncio.create_task(run.carry(self._receive))

    async def _end(self) -> None:
        if self._run is not None and self._task is not None:
            await self._run.close()
            await self._task

    def _receive(self, events: Sequence[AnyEvent]) -> None:
        offset = time.monotonic_ns() - events[-1].t
        self._offset = offset if self._offset is None else min(self._offset, offset)
        self._tell("receive", tuple(events))

    def _tell(self, verb: str, *arguments: Any) -> list[Command]:
        """Call the runner, and have its intents carried out."""
        self.inputs.append((verb, arguments))
        commands: list[Command] = getattr(self.runner, verb)(*arguments)
        self.commands += commands
        for command in commands:
            if isinstance(command, Intent):
                self.send(command)
        return commands

    def send(self, intent: Intent) -> None:
        """Ask the engine, as somebody who plays freely does."""
        assert self._run is not None
        self._run.send(intent)

    async def do(self, verb: str, *arguments: Any) -> None:
        """A verb of the learner's."""
        commands = self._tell(verb, *arguments)
        if any(isinstance(command, Restart) for command in commands):
            self.restarts += 1
            await self._end()
            self._start()

    async def until(self, condition: Callable[[Scene], bool]) -> Scene:
        """Wait for a scene."""
        deadline = time.monotonic() + BOUND
        while not condition(scene := self.runner.scene):
            assert time.monotonic() < deadline, scene
            assert self._task is not None
            assert not self._task.done(), self._task.exception()
            await asyncio.sleep(0.01)
            if self._offset is not None:
                self._tell("tick", time.monotonic_ns() - self._offset)
        return scene

    async def phase(self, *phases: Phase) -> Scene:
        """Wait for a phase."""
        return await self.until(lambda scene: scene.phase in phases)

    async def go_to(self, step: str, phase: Phase) -> Scene:
        """Go on, predicting the first choice, until a phase of a step."""
        while True:
            scene = await self.until(lambda scene: bool(scene.verbs) or scene.phase is phase)
            if (scene.step.id, scene.phase) == (step, phase):
                return scene
            assert scene.phase is not Phase.DONE
            await (self.do("answer", 0) if scene.phase is Phase.ASK else self.do("forward"))
