"""All that is known of the selected packet or connection, scrollable. Is given lines; knows no session."""

from collections.abc import Sequence
from typing import Final

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from sockviz.tui.render.hanging import Hanging

KEYS: Final = "PgUp PgDn scroll · [ ] other packet · Esc closes"


class Inspector(VerticalScroll, can_focus=False):
    """A box of text with a title."""

    DEFAULT_CSS = """
    Inspector {
        border: round $accent; padding: 0 1; background: $background;
        border-title-color: $accent; border-subtitle-color: $text-muted;
        scrollbar-size-vertical: 1;
    }
    """

    def __init__(self, keys: str = KEYS, *, id: str | None = None) -> None:  # noqa: A002  Textual's name
        """`keys`: what can be done here, in its lower edge."""
        super().__init__(id=id)
        self._keys = keys
        self._title = ""
        self._lines: Sequence[Text] = ()

    def compose(self) -> ComposeResult:
        """The text."""
        yield Static()

    def show(self, title: str, lines: Sequence[Text]) -> None:
        """Show these; scrolled to the top if they are about something else than before."""
        if title != self._title:
            self._title = self.border_title = title
            self.scroll_home(animate=False)
        if lines != self._lines:
            self._lines = lines
            self.query_one(Static).update(Hanging(lines))
        self.border_subtitle = self._keys
