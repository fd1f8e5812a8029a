"""The app of `sockviz run`, live or recorded."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from sockviz.tui.app import SockvizApp

if TYPE_CHECKING:
    from sockviz.session.session import Session
    from sockviz.tui.screens.stage import StageScreen


class ProgramsApp(SockvizApp):
    """Shows one run of the user's own programs."""

    STARTING = "starting two kernel hosts for your programs …"

    def _stage(self, session: "Session", leave: Callable[[], None] | None) -> "StageScreen":
        from sockviz.tui.programs.screen import ProgramsScreen  # noqa: PLC0415  not needed for the first frame

        return ProgramsScreen(session, self._clock, self._density, leave, self.language)
