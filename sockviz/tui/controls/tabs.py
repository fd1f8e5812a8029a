"""The tabs of a small terminal. Posts `Chosen`."""

from collections.abc import Mapping, Sequence

from rich.cells import cell_len
from rich.style import Style
from textual import events
from textual.message import Message

from sockviz.tui.controls.line import Line
from sockviz.tui.palettes import Palette

TABS = ("ladder", "table", "source")
TITLES = {"ladder": " Ladder ", "table": " Table ", "source": " Source "}


class TabLine(Line):
    """` Ladder  Table  Source   t `."""

    class Chosen(Message):
        """A tab was clicked."""

        def __init__(self, tab: str) -> None:
            super().__init__()
            self.tab = tab

    def __init__(self, titles: Mapping[str, str] = TITLES, *, id: str | None = None) -> None:  # noqa: A002
        """`titles`: of the tabs, by name."""
        super().__init__(id=id)
        self._titles = titles
        self._tab = next(iter(titles))

    def show(self, tab: str) -> None:
        """Mark this one."""
        if tab != self._tab:
            self._tab = tab
            self.refresh()

    def left(self, colours: Palette) -> Sequence[tuple[str, Style]]:
        """The titles."""
        chosen = colours.accent + Style(reverse=True)
        return [(" ", colours.text)] + [
            (title, chosen if tab == self._tab else colours.dim) for tab, title in self._titles.items()
        ]

    def right(self, colours: Palette) -> Sequence[tuple[str, Style]]:
        """The key."""
        return [("t", colours.accent), ("  ", colours.dim)]

    def on_click(self, event: events.Click) -> None:
        """Say which one it was."""
        event.stop()
        x = 1
        for tab, title in self._titles.items():
            if x <= event.x < x + cell_len(title):
                self.post_message(self.Chosen(tab))
            x += cell_len(title)
