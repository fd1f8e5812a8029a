"""The tabs of a small terminal. Posts `Chosen`."""

from collections.abc import Sequence

from rich.style import Style
from textual import events
from textual.message import Message

from sockviz.tui.controls.line import Line
from sockviz.tui.themes import Palette

TABS = ("ladder", "table", "source")
TITLES = {"ladder": " Ladder ", "table": " Table ", "source": " Source "}


class TabLine(Line):
    """` Ladder  Table  Source   t `."""

    class Chosen(Message):
        """A tab was clicked."""

        def __init__(self, tab: str) -> None:
            super().__init__()
            self.tab = tab

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  Textual's name
        super().__init__(id=id)
        self._tab = TABS[0]

    def show(self, tab: str) -> None:
        """Mark this one."""
        if tab != self._tab:
            self._tab = tab
            self.refresh()

    def left(self, colours: Palette) -> Sequence[tuple[str, Style]]:
        """The titles."""
        chosen = colours.accent + Style(reverse=True)
        return [(" ", colours.text)] + [
            (TITLES[tab], chosen if tab == self._tab else colours.dim) for tab in TABS
        ]

    def right(self, colours: Palette) -> Sequence[tuple[str, Style]]:
        """The key."""
        return [("t", colours.accent), ("  ", colours.dim)]

    def on_click(self, event: events.Click) -> None:
        """Say which one it was."""
        event.stop()
        x = 1
        for tab in TABS:
            if x <= event.x < x + len(TITLES[tab]):
                self.post_message(self.Chosen(tab))
            x += len(TITLES[tab])
