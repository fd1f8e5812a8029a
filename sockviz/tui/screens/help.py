"""All keys, from the registry."""

from collections.abc import Callable, Iterator, Sequence
from typing import ClassVar

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from sockviz.tui.actions.action import Action, Group
from sockviz.tui.actions.registry import STAGE, grouped, key_names
from sockviz.tui.controls.line import palette_of
from sockviz.tui.palettes import Palette
from sockviz.tui.screens.modal import Modal

ABOUT = {
    Group.CALLS: "on the connection and the side that stand before the buttons",
    Group.TIME: "of what is shown; the kernel's goes on in any case",
}
"""What a group's title doesn't say."""

KEYS, LABELS = 10, 24
"""Columns."""
WIDE = 110
"""From here on there is room for the labels, too."""


def contents(
    colours: Palette, offered: Sequence[Action] = STAGE, say: Callable[[str], str] = str, *, wide: bool
) -> Iterator[RenderableType]:
    """The help, group by group; `wide`: with the buttons' labels; `say`: in the language of the screen."""
    for group, actions in grouped(offered):
        if not actions:
            continue
        about = f"  {say(ABOUT[group])}" if group in ABOUT else ""
        yield Text.assemble((say(group.value).upper(), colours.accent), (about, colours.dim))
        yield _table(actions, colours, say, wide=wide)


def _table(actions: tuple[Action, ...], colours: Palette, say: Callable[[str], str], *, wide: bool) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(width=KEYS)
    if wide:
        table.add_column(width=LABELS)
    for action in actions:
        keys, label = Text(f" {key_names(action)}", colours.strong), Text(say(action.label), colours.accent)
        said = Text(say(action.help), colours.text)
        table.add_row(*((keys, label, said) if wide else (keys, said)))
    table.add_row()
    return table


class HelpScreen(Modal):
    """Scrolls with the arrow keys; any of Esc, ?, q closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape,question_mark,f1,q,enter", "dismiss", "Close")]

    CSS = """
    HelpScreen { align: center middle; }
    HelpScreen VerticalScroll {
        width: 100%; max-width: 124; height: 100%; max-height: 62; padding: 1 2;
        background: $background; border: round $accent; scrollbar-size-vertical: 1;
        border-title-color: $accent; border-subtitle-color: $text-muted;
    }
    HelpScreen Static { height: auto; }
    """

    def __init__(
        self,
        hidden: tuple[str, ...] = (),
        offered: Sequence[Action] = STAGE,
        say: Callable[[str], str] = str,
    ) -> None:
        """A help.

        Args:
            hidden: What this run can't show, and what would change it.
            offered: What can be done.
            say: Says it in the language of the screen.
        """
        super().__init__()
        self._hidden = hidden
        self._offered = offered
        self._say = say

    def compose(self) -> ComposeResult:
        """A piece for every group."""
        colours = palette_of(self)
        with VerticalScroll() as body:
            body.border_title = self._say("All keys")
            body.border_subtitle = self._say("↑ ↓ scroll · Esc closes")
            for sentence in self._hidden:
                yield Static(Text(sentence, colours.warn))
            for piece in contents(colours, self._offered, self._say, wide=self.app.size.width >= WIDE):
                yield Static(piece)

    def on_mount(self) -> None:
        """Scroll with the keyboard at once."""
        self.query_one(VerticalScroll).focus()
