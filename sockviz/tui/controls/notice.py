"""The line under the caption: why a key did nothing, or what to press next; and the last key that was."""

from textwrap import wrap
from typing import Final

import msgspec
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from sockviz.tui.controls.line import palette_of

INDENT: Final = 3


class Notice(msgspec.Struct, frozen=True):
    """What the line says."""

    text: str
    """One sentence or two; keys stand in `backquotes`, one word each."""
    urgent: bool = False
    """Not advice: it must be seen."""
    key: str = ""
    """The last key and what it did; empty: not shown."""


class NoticeLine(Widget):
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

    def _lines(self, width: int) -> list[str]:
        key = cell_len(self._notice.key)
        return wrap(self._notice.text, max(width - INDENT - (key + 4 if key else 0), 20)) or [""]

    def render_line(self, y: int) -> Strip:
        """One line of the sentence; the last key at the end of the first."""
        notice, width, blank, colours = self._notice, self.size.width, self.rich_style, palette_of(self)
        lines = self._lines(width)
        style = colours.warn if notice.urgent else colours.text
        sign = (" ! " if notice.urgent else " ▸ ") if y == 0 else ""
        said = (lines[y] if y < len(lines) else "").split("`")
        left = Strip(
            [
                Segment(sign.ljust(INDENT), blank + (style if notice.urgent else colours.accent)),
                *(Segment(t, blank + (colours.accent if n % 2 else style)) for n, t in enumerate(said)),
            ]
        )
        if y or not notice.key:
            return left.adjust_cell_length(width, blank)
        right = Strip([Segment(f" {notice.key} ", colours.strong + Style(reverse=True)), Segment(" ", blank)])
        return Strip.join((left.adjust_cell_length(width - right.cell_length, blank), right))
