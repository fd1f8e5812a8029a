"""What is on the screen while everything else is imported and the hosts are starting."""

from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen
from textual.widgets import Static

from sockviz.errors import printable
from sockviz.tui.keys import Turn

LEAVING: Final = frozenset({"q", "ctrl+c", "ctrl+q"})
"""Keys that wait for nothing."""


class StartScreen(Screen[None]):
    """One line, where the status line will be."""

    BINDINGS: ClassVar[list[BindingType]] = [("q", "app.quit", "Quit")]

    CSS = """
    StartScreen { background: $background; }
    StartScreen Static { background: $surface; color: $text-muted; padding: 0 1; }
    """

    def __init__(self, text: str) -> None:
        """`text`: what it is that takes time."""
        super().__init__()
        self._text = text

    def compose(self) -> ComposeResult:
        """The line."""
        yield Static(f"sockviz │ {printable(self._text)}", markup=False)

    # what is typed already is for the screen that comes (keys.Early)

    begun = False

    def turn(self, key: str) -> Turn:
        """Only leaving is possible."""
        return Turn.AT_ONCE if key in LEAVING else Turn.NOT_YET

    def promise(self, key: str) -> None:
        """It is done before anybody has read that it will be."""
