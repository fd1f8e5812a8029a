"""A screen without a stage: what actions ask of every screen, and what of this one only a stage could do."""

from textual.screen import Screen

from sockviz.tui.actions.action import Question
from sockviz.tui.textual_themes import following, textual_name
from sockviz.tui.view import Selection


class Desk(Screen[None], inherit_bindings=False):
    """Answers to `sockviz.tui.actions.action.Desk`."""

    def ask(self, question: Question) -> None:
        """In one line at the bottom."""
        from sockviz.tui.screens.prompt import PromptScreen  # noqa: PLC0415  not needed for the first frame

        self.app.push_screen(PromptScreen(question))

    def open_palette(self) -> None:
        """All actions, to be searched."""
        from sockviz.tui.screens.palette import Palette  # noqa: PLC0415  not needed for the first frame

        self.app.push_screen(Palette())

    def next_theme(self) -> None:
        """Round and round."""
        self.app.theme = following(self.app.theme)

    def choose_theme(self, name: str) -> None:
        """As users name it."""
        self.app.theme = textual_name(name)

    def quit(self) -> None:
        """End it in order."""
        self.app.exit()

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
