"""The app of `sockviz run`, live or recorded."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from sockviz.tui.app import SockvizApp, run_app

if TYPE_CHECKING:
    from sockviz.session.session import Session
    from sockviz.session.source import Source
    from sockviz.tui.screens.stage import StageScreen

STARTING = "starting two kernel hosts for your programs …"


class ProgramsApp(SockvizApp):
    """Shows one run of the user's own programs."""

    CSS_PATH = "../screens/furniture.tcss"

    def _stage(self, session: "Session", leave: Callable[[], None] | None) -> "StageScreen":
        from sockviz.tui.programs.screen import ProgramsScreen  # noqa: PLC0415  not needed for the first frame

        return ProgramsScreen(session, self._clock, self._density, leave)


def run(
    start: "Callable[[], Source]",
    *,
    starting: str = STARTING,
    theme: str | None = None,
    projector: bool = False,
) -> int:
    """Show it until it ends or somebody ends it; returns the exit status.

    Raises:
        UserError: it could not start, the engine died, or a recording was changed meanwhile.
    """
    return run_app(ProgramsApp(start, starting=starting, theme=theme, projector=projector))
