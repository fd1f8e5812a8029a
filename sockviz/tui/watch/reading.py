"""Something to read over the list: every drop with its cause, or what is not seen."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from sockviz.session.watching import Watching
from sockviz.tui.controls.line import palette_of
from sockviz.tui.render.hanging import Hanging
from sockviz.tui.screens.modal import Modal
from sockviz.tui.watch.render import details, finding

_TITLES = {"findings": "Why drops", "unseen": "What is not seen"}


class ReadingScreen(Modal):
    """Scrolls with the arrow keys."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape,q,enter,f,h", "dismiss", "Close")]

    CSS = """
    ReadingScreen { align: center middle; }
    ReadingScreen VerticalScroll {
        width: 100%; max-width: 112; height: 80%; padding: 1 2;
        background: $background; border: round $accent; scrollbar-size-vertical: 1;
        border-title-color: $accent; border-subtitle-color: $text-muted;
    }
    ReadingScreen Static { height: auto; }
    """

    def __init__(self, watching: Watching, what: str) -> None:
        """`what`: `findings` or `unseen`."""
        super().__init__()
        self._watching = watching
        self._what = what

    def compose(self) -> ComposeResult:
        """As it is now."""
        colours, watch = palette_of(self), self._watching.watch
        if self._what == "findings":
            lines = finding.all_findings(watch, self._watching.now, colours)
        else:
            lines = details.unseen(watch, colours)
        with VerticalScroll() as body:
            body.border_title = _TITLES[self._what]
            body.border_subtitle = "↑ ↓ scroll · Esc closes"
            yield Static(Hanging(lines))

    def on_mount(self) -> None:
        """Scroll with the keyboard at once."""
        self.query_one(VerticalScroll).focus()
