"""A picture made by pure functions, shown line by line: the base of whatever is drawn rather than composed.

What the picture is of, and when it has to be made anew, is its subclasses' business.
"""

from abc import abstractmethod
from collections.abc import Hashable
from typing import Final

from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from sockviz.tui.render.canvas import Picture
from sockviz.tui.themes import Palette, palette_of

_UNSET: Final = Style()


class Painting(Widget):
    """A widget that shows a picture; asks for the rows that changed only."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id)
        self._picture = Picture()
        self._drawn: Hashable = None
        self._palette: Palette | None = None
        self._base = _UNSET

    @abstractmethod
    def _paint(self, width: int, height: int, colours: Palette) -> Picture:
        """Make the picture."""

    @abstractmethod
    def _state(self) -> Hashable:
        """Equal if the picture would be the same."""

    @property
    def colours(self) -> Palette:
        """The palette of the theme that is on."""
        if self._palette is None:
            self._palette = palette_of(self.app)
        return self._palette

    def _update(self) -> None:
        """Draw if something may have changed; refresh the rows that did."""
        width, height = self.size
        key = (self._state(), width, height, self.colours.name)
        if key == self._drawn:
            return
        old = self._picture.lines
        self._picture = self._paint(width, height, self.colours)
        self._drawn = key
        new = self._picture.lines
        if len(old) != len(new):
            self.refresh()
            return
        changed = [Region(0, y, width, 1) for y, line in enumerate(new) if line != old[y]]
        if changed:
            self.refresh(*changed)

    def render_line(self, y: int) -> Strip:
        """Row `y` of the picture on the widget's background."""
        if self._base is _UNSET:
            self._base = self.rich_style
        lines = self._picture.lines
        return (
            lines[y].apply_style(self._base) if y < len(lines) else Strip.blank(self.size.width, self._base)
        )

    def on_resize(self, _: events.Resize) -> None:
        """Draw for the new size."""
        self._update()

    def notify_style_update(self) -> None:
        """Another theme: other colours."""
        super().notify_style_update()
        self._palette, self._base = None, _UNSET
        if self.is_attached:
            self._update()
