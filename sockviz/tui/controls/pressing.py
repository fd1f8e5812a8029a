"""Buttons in a line that is one widget: the one under the pointer is lit up and explained, a click told."""

from abc import abstractmethod

from rich.text import Text
from textual import events
from textual.message import Message
from textual.widget import Widget

from sockviz.tui.controls.layout import Face


class Buttons(Widget):
    """A widget whose `_button` knows where its buttons are."""

    class Pressed(Message):
        """A button was clicked."""

        def __init__(self, action: str) -> None:
            super().__init__()
            self.action = action

    _hover: str | None = None
    """The button under the pointer, by its action."""

    @abstractmethod
    def _button(self, x: int) -> tuple[str, Face] | None:
        """The button in a column: its action, and how it looks; None: there is none."""

    def _point_at(self, x: int) -> None:
        """Light up what is under the pointer, and say what it does."""
        found = self._button(x)
        hover = found[0] if found is not None else None
        if hover != self._hover:
            self._hover = hover
            self.tooltip = _said(found[1]) if found is not None else None
            self.refresh()

    def on_leave(self) -> None:
        """Nothing is under the pointer."""
        self._hover = None
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        """Say which one it was."""
        found = self._button(event.x)
        if found is not None:
            event.stop()
            self.post_message(self.Pressed(found[0]))


def _said(face: Face) -> Text:
    return Text((face.why_not or face.help).replace("`", ""))
