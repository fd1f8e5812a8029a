"""All keys, from the registry."""

from collections.abc import Iterator
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from sockviz.tui.actions.action import Group
from sockviz.tui.actions.registry import grouped, key_names
from sockviz.tui.themes import Palette, palette

ABOUT = {
    Group.CALLS: "on the connection and the side named before the buttons",
    Group.TIME: "the run itself always goes on",
}
"""What a group's title doesn't say."""


def lines(colours: Palette) -> Iterator[Text]:
    """The help's lines."""
    for group, actions in grouped():
        about = f"  {ABOUT[group]}" if group in ABOUT else ""
        yield Text.assemble((group.value.upper(), colours.accent), (about, colours.dim))
        for action in actions:
            yield Text.assemble(
                (f"  {key_names(action):<16}", colours.strong),
                (f"{action.label:<24}", colours.text),
                (action.help, colours.dim),
            )
        yield Text()


class HelpScreen(ModalScreen[None]):
    """Scrolls with the arrow keys; any of Esc, ?, q closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape,question_mark,f1,q,enter", "dismiss", "Close")]

    CSS = """
    HelpScreen { align: center middle; }
    HelpScreen VerticalScroll {
        width: 100%; max-width: 124; height: 100%; max-height: 60; padding: 1 2;
        background: $background; border: round $accent;
        border-title-color: $accent; border-subtitle-color: $text-muted;
    }
    """

    def __init__(self, hidden: tuple[str, ...] = ()) -> None:
        """`hidden`: what this run can't show, and what would change it."""
        super().__init__()
        self._hidden = hidden

    def compose(self) -> ComposeResult:
        """One text, scrollable."""
        colours = palette(dark=self.app.current_theme.dark, colour=not self.app.no_color)
        head = [Text(sentence, colours.warn) for sentence in self._hidden]
        body = VerticalScroll(Static(Text("\n").join([*head, *lines(colours)])))
        body.border_title = "All keys"
        body.border_subtitle = "↑ ↓ scroll · Esc closes"
        yield body

    def on_mount(self) -> None:
        """Scroll with the keyboard at once."""
        self.query_one(VerticalScroll).focus()
