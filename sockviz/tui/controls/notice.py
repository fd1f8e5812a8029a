"""The line under the caption: why a key did nothing, or what to press next; and the last key that was."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.style import Style

from sockviz.tui.controls.line import Line
from sockviz.tui.themes import Palette


@dataclass(frozen=True, slots=True)
class Notice:
    """What the line says."""

    text: str
    urgent: bool = False
    """Not advice: it must be seen."""
    key: str = ""
    """The last key and what it did; empty: not shown."""


class NoticeLine(Line):
    """` ▸ Press c: a client connects.                         c  connect `."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  Textual's name
        super().__init__(id=id)
        self._notice = Notice("")

    def show(self, notice: Notice) -> None:
        """Say this; costs nothing if it is what is said already."""
        if notice != self._notice:
            self._notice = notice
            self.refresh()

    def left(self, colours: Palette) -> Sequence[tuple[str, Style]]:
        """The sentence."""
        style = colours.warn if self._notice.urgent else colours.accent
        sign = " ! " if self._notice.urgent else " ▸ "
        return [(sign, style), (self._notice.text, style if self._notice.urgent else colours.text)]

    def right(self, colours: Palette) -> Sequence[tuple[str, Style]]:
        """The last key."""
        key = self._notice.key
        return [(f" {key} ", colours.strong + Style(reverse=True)), (" ", colours.text)] if key else ()
