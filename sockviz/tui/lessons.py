"""The app of the course: the list of lessons, and from there a lesson at a time on the stage.

The first frame waits for Textual only, as the stage's does: what a lesson needs is imported behind it.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sockviz.tui.app import SockvizApp, run_app
from sockviz.tui.density import Density

if TYPE_CHECKING:
    from sockviz.lessons.schema import Lesson
    from sockviz.lessons.text import Language
    from sockviz.session.session import Session
    from sockviz.session.source import Source
    from sockviz.tui.lesson.play import Play
    from sockviz.tui.screens.lesson import LessonScreen
    from sockviz.tui.screens.lessons import LessonsScreen


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
        language: "Language",
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
        """
        super().__init__(
            nothing, clock, starting=STARTING, theme=theme, projector=projector, language=language
        )
        self._first = name
        self._path = path
        self._record = record
        self._menu: LessonsScreen | None = None
        self._teaching: LessonScreen | None = None
        self.play: Play | None = None
        """The lesson that is on the screen."""

    async def begin(self) -> None:
        """Bring the list, or the lesson.

        Raises:
            UserError: there is no such lesson, or it is wrong.
        """
        if self._first is None:
            await self._bring_menu()
            return
        from sockviz.lessons.catalogue import key_of  # noqa: PLC0415  not needed for the first frame

        lesson = self._find(self._first)
        await self.teach(lesson, key=key_of(self._first, lesson))

    def _find(self, name: str) -> "Lesson":
        """A lesson by its id, or its file."""
        from sockviz.lessons.catalogue import find  # noqa: PLC0415  not needed for the first frame

        return find(name)

    async def _bring_menu(self) -> None:
        from sockviz.tui.screens.lessons import LessonsScreen  # noqa: PLC0415  not needed for the first frame

        self._menu = LessonsScreen(self._path, self._choose, self.language, bold=self._large)
        await self.push_screen(self._menu)

    @property
    def _large(self) -> bool:
        return self._density is Density.LARGE

    def _choose(self, name: str, anew: bool) -> None:  # noqa: FBT001 - as the list says it
        """Begin this one, unless one has begun already (a second click)."""
        if self._menu is not None and self.screen is self._menu:
            self.language = self._menu.language
            self.call_next(self.teach, self._find(name), key=name, anew=anew)

    async def teach(self, lesson: "Lesson", *, key: str, anew: bool = False) -> None:
        """Bring a lesson."""
        from sockviz.tui.lesson.play import Memory, Play  # noqa: PLC0415  not needed for the first frame
        from sockviz.tui.screens.lesson import LessonScreen  # noqa: PLC0415

        memory = Memory(self._path, key)
        record = self._record
        play = Play(lesson, memory, record=record, anew=anew, clock=self._clock)
        self.play = self.carried = play
        session = play.begin()
        self._teaching = LessonScreen(
            play,
            session,
            self._clock,
            language=self.language,
            leave=self._leave,
            following=self._after(lesson, key),
            follow=self._follow,
            density=self._density,
        )
        play.on_session = self._change
        await self.push_screen(self._teaching)
        self._attend(session)

    def _after(self, lesson: "Lesson", key: str) -> "Lesson | None":
        """The lesson after one of the course."""
        from sockviz.lessons.catalogue import names  # noqa: PLC0415  not needed for the first frame

        ids = names()
        at = ids.index(lesson.id) + 1 if key in ids else len(ids)
        return self._find(ids[at]) if at < len(ids) else None

    def _change(self, session: "Session") -> None:
        """The lesson has another lab."""
        if self._teaching is not None:
            self._teaching.change(session)
        self._attend(session)

    def _attend(self, session: "Session") -> None:
        self.session = session
        self.run_worker(self._carry(session))

    async def _end(self) -> None:
        """Take the lesson from the screen."""
        if self._teaching is not None and self.screen is self._teaching and self.play is not None:
            self._density = self._teaching.density
            play, self.play, self._teaching = self.play, None, None
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
        following = self._teaching.following if self._teaching is not None else None
        if following is not None and self.screen is self._teaching:
            await self._end()
            await self.teach(following, key=following.id)


def run(
    name: str | None,
    path: Path | None,
    language: "Language",
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
