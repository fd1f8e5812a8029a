"""What is on the screen while everything else is imported and the hosts are starting."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen
from textual.widgets import Static


class StartScreen(Screen[None]):
    """One line, where the status line will be."""

    BINDINGS: ClassVar[list[BindingType]] = [("q", "app.quit", "Quit")]

    CSS = """
    StartScreen { background: $background; }
    StartScreen Static { background: $surface; color: $text-muted; padding: 0 1; }
    """

    def compose(self) -> ComposeResult:
        """The line."""
        yield Static("sockviz │ starting two kernel hosts and the wire between them …", markup=False)
