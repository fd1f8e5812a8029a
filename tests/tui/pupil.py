"""Somebody who takes lessons in the real app, on the real kernel, without a terminal: presses keys, looks."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from msgspec import structs
from staging import screen_text
from textual.pilot import Pilot

from sockviz.lessons.names import Span
from sockviz.lessons.scene import Phase, Scene
from sockviz.lessons.schema import Lesson
from sockviz.tui.lessons import LessonApp
from sockviz.tui.screens.lesson import LessonScreen
from sockviz.tui.screens.lessons import LessonsScreen

BOUND = 60.0
"""Seconds that anything may take before a test fails."""


class Pupil:
    """The app, and hands on its keyboard."""

    def __init__(self, pilot: Pilot[None], app: LessonApp) -> None:
        self.pilot = pilot
        self.app = app

    @property
    def runner(self):
        assert self.app.play is not None
        return self.app.play.runner

    @property
    def scene(self) -> Scene:
        return self.runner.scene

    @property
    def text(self) -> str:
        """What is on the screen."""
        return screen_text(self.app)

    @property
    def world(self):
        """What is on the stage."""
        assert self.app.session is not None
        return self.app.session.world

    async def until(self, condition: Callable[[], object], what: str = "") -> None:
        deadline = time.monotonic() + BOUND
        while not condition():
            assert self.app.is_running, self.app.crash
            assert time.monotonic() < deadline, f"{what}\n{self.text}"
            await self.pilot.pause(0.02)

    async def see(self, *words: str) -> None:
        """Until all of them are on the screen."""
        await self.until(lambda: all(word in self.text for word in words), f"never seen: {words}")

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def lesson(self) -> None:
        """Until a lesson is on the screen."""
        await self.until(lambda: self.app.play is not None and isinstance(self.app.screen, LessonScreen))

    async def menu(self) -> None:
        """Until the list is on the screen."""
        await self.until(lambda: isinstance(self.app.screen, LessonsScreen))
        await self.pilot.pause()

    async def phase(self, *phases: Phase) -> Scene:
        """Until the lesson waits in one of these phases, and the screen says so."""
        await self.lesson()
        await self.until(lambda: self.scene.phase in phases, f"never came: {phases}")
        await self.pilot.pause()
        return self.scene

    async def waits(self) -> Scene:
        """Until the lesson waits for the learner."""
        await self.lesson()
        await self.until(lambda: self.scene.verbs)
        await self.pilot.pause()
        return self.scene

    async def step(self, answer: int = 0) -> Scene:
        """On from where the lesson waits, to where it waits again."""
        scene = await self.waits()
        await self.press(str(answer + 1) if scene.phase is Phase.ASK else "enter")
        return await self.waits()

    async def go_to(self, phase: Phase, step: str = "", answer: int = 0) -> Scene:
        """On, always with the same prediction, until a phase (of a step)."""
        scene = await self.waits()
        while scene.phase is not phase or step not in ("", scene.step.id):
            assert scene.phase is not Phase.DONE
            scene = await self.step(answer)
        return scene


class Quick(LessonApp):
    """The same lessons, on a wire that takes no time."""

    def _find(self, name: str) -> Lesson:
        lesson = super()._find(name)
        return structs.replace(lesson, setup=structs.replace(lesson.setup, delay=Span("0ms")))


@asynccontextmanager
async def pupil(
    name: str | None, path: Path, *, language: str = "en", size: tuple[int, int] = (120, 36), **look
) -> AsyncIterator[Pupil]:
    """A pupil at a lesson, or at the list; leaves no engine behind."""
    app = Quick(name, path, language, **look)
    try:
        async with app.run_test(size=size) as pilot:
            yield Pupil(pilot, app)
            if app.play is not None:
                await app.play.close()
    finally:
        if app.carried is not None:
            app.carried.kill()
