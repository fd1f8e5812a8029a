"""The list of a capture's connections: very many lines, of which those that are seen are drawn.

Is given connections, posts `Opened` and `Sorted`; what is in the list and how it is sorted is not its own.
"""

from collections.abc import Callable, Sequence
from typing import Final, Literal

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from sockviz.recording.capture.catalogue import CaptureConnection
from sockviz.recording.capture.choosing import Order
from sockviz.tui.controls.line import palette_of
from sockviz.tui.palettes import Palette
from sockviz.tui.render.catalogue import BAD, Placed, heading, place

_WHEEL: Final = 3
"""Lines a notch."""


class ConnectionList(Widget):
    """One line a connection; the first line says what stands in the columns."""

    DEFAULT_CSS = "ConnectionList { height: 1fr; background: $background; }"

    class Opened(Message):
        """A connection was chosen."""

        def __init__(self, connection: CaptureConnection) -> None:
            super().__init__()
            self.connection = connection

    class Sorted(Message):
        """The title of a column was clicked."""

        def __init__(self, order: Order) -> None:
            super().__init__()
            self.order = order

    def __init__(self, say: Callable[[str], str] = str, *, id: str | None = None) -> None:  # noqa: A002
        """`say`: says the titles in the screen's language."""
        super().__init__(id=id)
        self._say = say
        self._rows: Sequence[CaptureConnection] = ()
        self._order: Order = "number"
        self._descending = False
        self._cursor = 0
        self._top = 0

    def show(self, rows: Sequence[CaptureConnection], order: Order, *, descending: bool) -> None:
        """List these, in their order; the cursor stays on its connection if that is among them."""
        chosen = self.chosen
        self._rows, self._order, self._descending = rows, order, descending
        number = chosen.number if chosen is not None else 0
        self._cursor = next((at for at, row in enumerate(rows) if row.number == number), 0)
        self._follow()

    @property
    def chosen(self) -> CaptureConnection | None:
        """Under the cursor."""
        return self._rows[self._cursor] if self._cursor < len(self._rows) else None

    @property
    def page(self) -> int:
        """Lines under the titles."""
        return max(self.size.height - 1, 1)

    def move(self, by: int) -> None:
        """Move the cursor by so many lines, as far as there are any."""
        self._cursor = max(0, min(self._cursor + by, len(self._rows) - 1))
        self._follow()

    def open(self) -> None:
        """Choose what is under the cursor."""
        if self.chosen is not None:
            self.post_message(self.Opened(self.chosen))

    def _follow(self) -> None:
        """Scroll to where the cursor is seen."""
        self._show_from(min(max(self._top, self._cursor - self.page + 1), self._cursor))

    def _show_from(self, top: int) -> None:
        self._top = max(0, min(top, len(self._rows) - self.page))
        self.refresh()

    # drawing

    def render_line(self, y: int) -> Strip:
        """A line."""
        width, blank, colours = self.size.width, self.rich_style, palette_of(self)
        columns, at = place(width), self._top + y - 1
        if y == 0:
            way: Literal["▲", "▼"] = "▼" if self._descending else "▲"
            texts = [(column, heading(column, self._order, way, self._say)) for column in columns]
            styles = [colours.accent if one.column.order == self._order else colours.dim for one in columns]
        elif at < len(self._rows):
            row = self._rows[at]
            texts = [(column, column.fitted(column.column.text(row))) for column in columns]
            styles = [_style(column, row, colours) for column in columns]
            if at == self._cursor:
                blank += colours.selected
        else:
            return Strip.blank(width, blank)
        mark = "▸" if y and at == self._cursor else " "
        segments, x = [Segment(mark, blank + colours.accent)], 1
        for (column, text), style in zip(texts, styles, strict=True):
            segments += [Segment(" " * (column.begin - x), blank), Segment(text, blank + style)]
            x = column.end
        return Strip(segments).adjust_cell_length(width, blank)

    def on_resize(self) -> None:
        """Keep the cursor where it is seen."""
        self._follow()

    # the mouse

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Back."""
        event.stop()
        self._show_from(self._top - _WHEEL)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Forth."""
        event.stop()
        self._show_from(self._top + _WHEEL)

    def on_click(self, event: events.Click) -> None:
        """Sort by a title; point at a line, and at the second click open it."""
        event.stop()
        at = self._top + event.y - 1
        if event.y == 0:
            column = next((one for one in place(self.size.width) if one.begin <= event.x < one.end), None)
            if column is not None:
                self.post_message(self.Sorted(column.column.order))
        elif at == self._cursor:
            self.open()
        elif at < len(self._rows):
            self._cursor = at
            self.refresh()


def _style(placed: Placed, row: CaptureConnection, colours: Palette) -> Style:
    """What is unusual catches the eye."""
    match placed.column.order:
        case "number":
            return colours.dim
        case "ending":
            return colours.warn if row.ending in BAD else colours.text
        case "handshake":
            return colours.text if row.handshake == "full" else colours.warn
        case "retransmissions":
            return colours.warn
        case "client" | "server":
            return colours.strong
        case _:
            return colours.text
