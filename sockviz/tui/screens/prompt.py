"""One question, one line at the bottom of the screen. The stage goes on above it."""

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widgets import Input, Label

from sockviz.tui.actions.action import Question
from sockviz.tui.screens.modal import Modal


class PromptScreen(Modal):
    """Asks until the answer is good, or Esc."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape", "dismiss", "Cancel")]

    CSS = """
    PromptScreen { background: transparent; align: center bottom; }
    PromptScreen > Horizontal { height: 3; background: $panel; border: round $accent; padding: 0 1; }
    PromptScreen Label { width: auto; }
    PromptScreen Input {
        width: 1fr; height: 1; border: none; padding: 0; margin: 0 1; background: $background;
    }
    PromptScreen #say { color: $text-muted; }
    """

    def __init__(self, question: Question, say: Callable[[str], str] = str) -> None:
        """`say`: says it in the language of the screen."""
        super().__init__()
        self._question = question
        self._say = say

    def compose(self) -> ComposeResult:
        """Question, answer, what to press."""
        with Horizontal():
            yield Label(self._say(self._question.text), markup=False)
            answer = Input(self._question.default)
            answer.cursor_blink = False
            yield answer
            yield Label(self._say("Enter does it · Esc cancels"), id="say", markup=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Do it, or say what is wrong with it."""
        complaint = self._question.answer(event.value)
        if complaint is None:
            self.dismiss()
        else:
            self.query_one("#say", Label).update(self._say(complaint))
