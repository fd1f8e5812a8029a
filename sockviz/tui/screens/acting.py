"""What every screen of a run does: keys, buttons and clicks become actions, and time is moved by a click.

What can be done, and what is shown, is its subclasses'.
"""

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual import events
from textual.screen import Screen

from sockviz.session.shown import Events, Shown
from sockviz.tui.actions.action import Action, Question
from sockviz.tui.actions.registry import offered
from sockviz.tui.controls.pressing import Buttons
from sockviz.tui.controls.transport import TransportBar
from sockviz.tui.textual_themes import following, textual_name
from sockviz.tui.translation import translated

if TYPE_CHECKING:
    from sockviz.lessons.text import Language


class ActingScreen(Screen[None], inherit_bindings=False):
    """Answers to what stands on it, and to what actions ask of any screen (`actions.action.Desk`)."""

    offered: Sequence[Action] = ()
    """What help and palette list."""
    language: "Language" = "en"
    """Of what it says."""

    def say(self, text: str) -> str:
        """A text of ours in the screen's language."""
        return translated(text, self.language)

    @property
    @abstractmethod
    def _run(self) -> Shown[Events]:
        """What is shown."""

    @abstractmethod
    def action_do(self, name: str) -> None:
        """Do what a key, a button or the palette asks for; or say why not."""

    @abstractmethod
    def wake(self) -> None:
        """Something happened: draw soon."""

    @abstractmethod
    def _arrange(self) -> None:
        """Put everything in its place, for this size."""

    def on_buttons_pressed(self, message: Buttons.Pressed) -> None:
        """A button is its key."""
        self.action_do(message.action)

    def on_transport_bar_sought(self, message: TransportBar.Sought) -> None:
        """Go there; the bar's end is now."""
        if message.place < 1:
            self._run.seek(self._run.moment(message.place))
        else:
            self._run.live()
        self.wake()

    def on_resize(self, _: events.Resize) -> None:
        """Keep everything, in other places."""
        self._arrange()

    def ask(self, question: Question) -> None:
        """In one line at the bottom."""
        from sockviz.tui.screens.prompt import PromptScreen  # noqa: PLC0415  not needed for the first frame

        self.app.push_screen(PromptScreen(question, self.say))

    def open_help(self) -> None:
        """All keys, and what this run can't show."""
        from sockviz.tui.screens.help import HelpScreen  # noqa: PLC0415  not needed for the first frame

        header, actions = self._run.header, offered(self.offered, served=self.app.is_web)
        self.app.push_screen(HelpScreen(header.hidden if header else (), actions, self.say))

    def open_palette(self) -> None:
        """All actions, to be searched."""
        from sockviz.tui.screens.palette import Palette  # noqa: PLC0415  not needed for the first frame

        self.app.push_screen(Palette(placeholder=self.say("Search for commands…")))

    def next_theme(self) -> None:
        """Round and round."""
        self.app.theme = following(self.app.theme)

    def choose_theme(self, name: str) -> None:
        """As users name it."""
        self.app.theme = textual_name(name)

    def quit(self) -> None:
        """The app knows how."""
        self.app.exit()
