"""A screen without a stage: what actions ask of a stage, and it has not."""

from sockviz.tui.screens.acting import ActingScreen
from sockviz.tui.view import Selection


class Desk(ActingScreen, inherit_bindings=False):
    """Answers to `sockviz.tui.actions.action.Desk`."""

    # what only a stage has

    def select(self, selection: Selection) -> None:
        """There are no packets."""

    def toggle_inspector(self) -> None:
        """It is opened by an action of its own."""

    def toggle_tab(self) -> None:
        """There are other tabs."""

    def toggle_source(self) -> None:
        """Nobody has the source."""

    def next_language(self) -> None:
        """Nor in another language."""

    def toggle_only(self) -> None:
        """There is no ladder."""

    def type_to(self) -> None:
        """Nobody's keyboard is here."""

    def learn(self, verb: str, answer: int = 0) -> None:
        """There is no lesson."""

    def open_lessons(self) -> None:
        """They need a stage."""

    def leave(self) -> None:
        """It was not chosen from anywhere."""
