"""The app of the presenter's notes. The first frame waits for Textual only, as a lesson's."""

from pathlib import Path
from typing import TYPE_CHECKING

from sockviz.tui.app import SockvizApp, run_app
from sockviz.tui.lessons import STARTING, nothing

if TYPE_CHECKING:
    from sockviz.lessons.schema import Lesson
    from sockviz.lessons.text import Language


class NotesApp(SockvizApp):
    """Shows the notes of a lesson, which is played behind the scenes meanwhile."""

    def __init__(self, name: str, path: Path, language: "Language", *, theme: str | None = None) -> None:
        """An app.

        Args:
            name: The lesson, an id or a file.
            path: Where it is kept where lessons were left.
            language: Of the notes.
            theme: As on the stage.
        """
        super().__init__(nothing, starting=STARTING, theme=theme, language=language)
        self._wanted = name
        self._path = path

    async def begin(self) -> None:
        """Bring the notes.

        Raises:
            UserError: there is no such lesson, or it is wrong.
        """
        from sockviz.lessons.catalogue import find, key_of  # noqa: PLC0415  not needed for the first frame

        lesson = find(self._wanted)
        await self._bring(lesson, key_of(self._wanted, lesson), self.language)

    async def _bring(self, lesson: "Lesson", key: str, language: "Language", *, begun: bool = False) -> None:
        """Show the notes of a lesson, and begin to play it behind the scenes."""
        from sockviz.rehearsal import Rehearsal  # noqa: PLC0415  not needed for the first frame
        from sockviz.tui.screens.lesson_notes import NotesScreen  # noqa: PLC0415

        if self.carried is not None:
            self.carried.kill()
        rehearsal = Rehearsal(lesson)
        self.carried = rehearsal
        screen = NotesScreen(
            lesson, key, self._path, language=language, rehearsal=rehearsal, switch=self._switch, begun=begun
        )
        await (self.switch_screen if isinstance(self.screen, NotesScreen) else self.push_screen)(screen)
        self.run_worker(rehearsal.play())

    def _switch(self, name: str, language: "Language") -> None:
        """Another lesson has begun in the other terminal."""
        from sockviz.lessons.catalogue import find  # noqa: PLC0415  not needed for the first frame

        self.call_next(self._bring, find(name), name, language, begun=True)


def run(name: str, path: Path, language: "Language", *, theme: str | None = None) -> int:
    """Show the notes until the presenter leaves; returns the exit status.

    Raises:
        UserError: there is no such lesson, or it is wrong.
    """
    return run_app(NotesApp(name, path, language, theme=theme))
