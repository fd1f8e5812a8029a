"""The app of the presenter's notes."""

from pathlib import Path

from sockviz.lessons.catalogue import find
from sockviz.lessons.text import Language
from sockviz.rehearsal import Rehearsal
from sockviz.tui.app import SockvizApp, run_app
from sockviz.tui.lesson.play import key_of
from sockviz.tui.lessons import STARTING, nothing
from sockviz.tui.screens.lesson_notes import NotesScreen


class NotesApp(SockvizApp):
    """Shows the notes of a lesson, which is played behind the scenes meanwhile."""

    def __init__(self, name: str, path: Path, language: Language, *, theme: str | None = None) -> None:
        """An app.

        Args:
            name: The lesson, an id or a file.
            path: Where it is kept where lessons were left.
            language: Of the notes.
            theme: As on the stage.

        Raises:
            UserError: there is no such lesson, or it is wrong.
        """
        super().__init__(nothing, starting=STARTING, theme=theme)
        self._lesson = find(name)
        self._key = key_of(name, self._lesson)
        self._path = path
        self._language = language

    async def begin(self) -> None:
        """Bring the notes, and begin to play."""
        rehearsal = Rehearsal(self._lesson)
        self.carried = rehearsal
        await self.push_screen(NotesScreen(self._lesson, self._key, self._path, self._language, rehearsal))
        self.run_worker(rehearsal.play())


def run(name: str, path: Path, language: Language, *, theme: str | None = None) -> int:
    """Show the notes until the presenter leaves; returns the exit status.

    Raises:
        UserError: there is no such lesson, or it is wrong.
    """
    return run_app(NotesApp(name, path, language, theme=theme))
