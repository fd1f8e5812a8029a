"""The line under the caption: why a key did nothing, or what to press next; and the last key that was."""

from typing import Final

import msgspec
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from sockviz.tui.controls.line import palette_of
from sockviz.tui.render.prose import Line, fold
from sockviz.tui.widgets.kept import Kept

INDENT: Final = 3


class Notice(msgspec.Struct, frozen=True):
    """What the line says."""

    text: str
    """One sentence or two; keys stand in `backquotes`."""
    urgent: bool = False
    """Not advice: it must be seen."""
    key: str = ""
    """The last key and what it did; empty: not shown."""
    key_first: bool = False
    """It is as important as the rest."""


class NoticeLine(Kept, Widget):
    """` ▸ Press c: a client connects.                         c  connect `; more lines only if it must be."""

    DEFAULT_CSS = "NoticeLine { height: auto; max-height: 3; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  Textual's name
        super().__init__(id=id)
        self._notice = Notice("")

    def show(self, notice: Notice) -> None:
        """Say this; costs nothing if it is what is said already."""
        if notice != self._notice:
            before = len(self._lines(self.size.width))
            self._notice = notice
            self.refresh(layout=len(self._lines(self.size.width)) != before)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as the sentence needs."""
        del container, viewport
        return len(self._lines(width))

    def _lines(self, width: int) -> tuple[Line, ...]:
        key = cell_len(self._notice.key)
        return fold(self._notice.text, max(width - INDENT - (key + 4 if key else 0), 20))

    def render_line(self, y: int) -> Strip:
        """One line of the sentence; the last key at the end of the first, or before it."""
        notice, width, blank = self._notice, self.size.width, self.rich_style
        if not notice.key:
            return self._sentence(y).adjust_cell_length(width, blank)
        key = Segment(f" {notice.key} ", blank + palette_of(self).strong + Style(reverse=True))
        if y:
            key = Segment(" " * key.cell_length if notice.key_first else "", blank)
        edge = Segment(" ", blank)
        if notice.key_first:
            return Strip([edge, key, *self._sentence(y)]).adjust_cell_length(width, blank)
        room = width - key.cell_length - 1
        return Strip([*self._sentence(y).adjust_cell_length(room, blank), key, edge])

    def _sentence(self, y: int) -> Strip:
        """One line of it, after its sign."""
        notice, blank, colours = self._notice, self.rich_style, palette_of(self)
        lines = self._lines(self.size.width)
        style = colours.warn if notice.urgent else colours.text
        sign = "" if y or not notice.text else " ! " if notice.urgent else " ▸ "
        said = lines[y] if y < len(lines) else Line()
        return Strip(
            [
                Segment(sign.ljust(INDENT), blank + (style if notice.urgent else colours.accent)),
                *(Segment(text, blank + (colours.accent if code else style)) for text, code, _ in said),
            ]
        )
