"""The app on a capture: the list of its connections first, then the stage with the one that was chosen."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sockviz.session.captured import Captured
from sockviz.tui.app import SockvizApp, run_app
from sockviz.tui.screens.connections import ConnectionsScreen
from sockviz.tui.translation import translated

if TYPE_CHECKING:
    from sockviz.lessons.text import Language
    from sockviz.recording.capture.catalogue import CaptureConnection


class CaptureApp(SockvizApp):
    """Shows a list, and from there one stage at a time."""

    def __init__(
        self, path: Path, *, theme: str | None = None, projector: bool = False, language: "Language" = "en"
    ) -> None:
        starting = f"reading {path.name} …"
        super().__init__(
            lambda: Captured(path), starting=starting, theme=theme, projector=projector, language=language
        )
        self._path = path

    async def begin(self) -> None:
        """Bring the list, which reads the capture."""
        await self.push_screen(
            ConnectionsScreen(self._path, self._choose, partial(translated, language=self.language))
        )

    def _choose(self, connection: "CaptureConnection | None") -> None:
        """Show it, unless one is shown already (a second click)."""
        if isinstance(self.screen, ConnectionsScreen):
            self.call_next(self.show, Captured(self._path, connection), self._leave)

    def _leave(self) -> None:
        """Back to the list."""
        if self.carried is not None:
            self.carried.kill()
        self.pop_screen()


def run(path: Path, *, theme: str | None = None, projector: bool = False, language: "Language" = "en") -> int:
    """Show the capture until the operator ends it; returns the exit status.

    Raises:
        UserError: it can't be read, or there is no connection in it.
    """
    return run_app(CaptureApp(path, theme=theme, projector=projector, language=language))
