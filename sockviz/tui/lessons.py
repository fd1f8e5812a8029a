"""The app of the course: the list of lessons, and from there a lesson at a time on the stage."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sockviz.lessons.catalogue import find, names
from sockviz.lessons.schema import Lesson
from sockviz.lessons.text import Language
from sockviz.session.session import Session
from sockviz.tui.app import SockvizApp, run_app
from sockviz.tui.density import Density
from sockviz.tui.lesson.play import Memory, Play, key_of
from sockviz.tui.screens.lesson import LessonScreen
from sockviz.tui.screens.lessons import LessonsScreen

if TYPE_CHECKING:
    from sockviz.session.source import Source


STARTING: Final = "opening the lessons …"


def nothing() -> "Source":
    """A lesson begins when it is chosen."""
    raise AssertionError


class LessonApp(SockvizApp):
    """Shows the list, or begins with a lesson."""

    def __init__(
        self,
        name: str | None,
        path: Path | None,
        language: Language,
        *,
        record: Path | None = None,
        theme: str | None = None,
        projector: bool = False,
        clock: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """An app.

        Args:
            name: The lesson to begin with, an id or a file; None: the list.
            path: Where it is kept where lessons were left; None: nowhere, it is forgotten in the end.
            language: Of the lessons.
            record: Where to record the runs; every one but the first has its number in its name.
            theme: As on the stage.
            projector: As on the stage.
            clock: CLOCK_MONOTONIC, ns.

        Raises:
            UserError: there is no such lesson, or it is wrong.
        """
        super().__init__(
            nothing, clock, starting=STARTING, theme=theme, projector=projector, language=language
        )
        self._first = (name, find(name)) if name is not None else None
        self._path = path
        self._record = record
        self._menu: LessonsScreen | None = None
        self.play: Play | None = None
        """The lesson that is on the screen."""

    async def begin(self) -> None:
        """Bring the list, or the lesson."""
        if self._first is None:
            await self._bring_menu()
        else:
            name, lesson = self._first
            await self.teach(lesson, key=key_of(name, lesson))

    async def _bring_menu(self) -> None:
        self._menu = LessonsScreen(self._path, self._choose, self.language, bold=self._large)
        await self.push_screen(self._menu)

    @property
    def _large(self) -> bool:
        return self._density is Density.LARGE

    def _choose(self, lesson: Lesson, anew: bool) -> None:  # noqa: FBT001 - as the list says it
        """Begin this one, unless one has begun already (a second click)."""
        if self._menu is not None and self.screen is self._menu:
            self.language = self._menu.language
            self.call_next(self.teach, lesson, key=lesson.id, anew=anew)

    async def teach(self, lesson: Lesson, *, key: str, anew: bool = False) -> None:
        """Bring a lesson."""
        memory = Memory(self._path, key)
        record = self._record
        play = Play(lesson, memory, record=record, anew=anew, clock=self._clock)
        self.play = self.carried = play
        session = play.begin()
        following = _after(lesson, key)
        screen = LessonScreen(
            play,
            session,
            self._clock,
            language=self.language,
            leave=self._leave,
            following=following,
            follow=self._follow,
            density=self._density,
        )
        play.on_session = self._change
        await self.push_screen(screen)
        self._attend(session)

    def _change(self, session: Session) -> None:
        """The lesson has another lab."""
        if isinstance(self.screen, LessonScreen):
            self.screen.change(session)
        self._attend(session)

    def _attend(self, session: Session) -> None:
        self.session = session
        self.run_worker(self._carry(session))

    async def _end(self) -> None:
        """Take the lesson from the screen."""
        if isinstance(self.screen, LessonScreen) and self.play is not None:
            self._density = self.screen.density
            play, self.play = self.play, None
            self.pop_screen()
            await play.close()

    def _leave(self) -> None:
        """To the list."""
        self.call_next(self._show_menu)

    async def _show_menu(self) -> None:
        await self._end()
        if self._menu is None:
            await self._bring_menu()

    def _follow(self) -> None:
        """To the next lesson."""
        self.call_next(self._teach_next)

    async def _teach_next(self) -> None:
        screen = self.screen
        if isinstance(screen, LessonScreen) and screen.following is not None:
            following = screen.following
            await self._end()
            await self.teach(following, key=following.id)


def _after(lesson: Lesson, key: str) -> Lesson | None:
    """The lesson after one of the course."""
    ids = names()
    at = ids.index(lesson.id) + 1 if key in ids else len(ids)
    return find(ids[at]) if at < len(ids) else None


def run(
    name: str | None,
    path: Path | None,
    language: Language,
    *,
    record: Path | None = None,
    theme: str | None = None,
    projector: bool = False,
) -> int:
    """Show the lesson, or the list, until the learner leaves; returns the exit status.

    Raises:
        UserError: there is no such lesson, it is wrong, or its run could not start or ended badly.
    """
    return run_app(LessonApp(name, path, language, record=record, theme=theme, projector=projector))
