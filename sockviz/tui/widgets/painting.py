"""A picture made by pure functions, shown line by line: the base of whatever is drawn rather than composed.

What the picture is of, and when it has to be made anew, is its subclasses' business. Of a new picture only
the rows that differ are made into strips, once, as the terminal gets them.
"""

from abc import abstractmethod
from collections.abc import Hashable
from typing import Final

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from sockviz.tui.palettes import Palette, palette_of
from sockviz.tui.render.canvas import Picture

_PLAIN: Final = Style()


class Painting(Widget):
    """A widget that shows a picture; asks for the rows that changed only. It has no border and no padding."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id)
        self._picture = Picture()
        self._drawn: Hashable = None
        self._palette: Palette | None = None
        self._strips: list[Strip | None] = []
        """The picture's rows, as far as they were shown."""
        self._inks: dict[Style, Style | None] = {}
        """Of a style in the picture, the one on the screen."""

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
        """Draw if something may have changed, and can be seen; refresh the rows that did."""
        width, height = self.size
        if not (width and height):  # not shown, or not yet: its size comes before it is
            self._picture, self._drawn, self._strips = Picture(), None, []
            return
        key = (self._state(), width, height, self.colours.name)
        if key == self._drawn:
            return
        old = self._picture.rows
        self._picture = self._paint(width, height, self.colours)
        self._drawn = key
        new = self._picture.rows
        if len(old) != len(new):
            self._strips = [None] * len(new)
            self.refresh()
            return
        changed = [y for y, row in enumerate(new) if row != old[y]]
        if changed:
            for y in changed:
                self._strips[y] = None
            self.refresh(*(Region(0, y, width, 1) for y in changed))

    def render_line(self, y: int) -> Strip:
        """Row `y` of the picture on the widget's background."""
        if y >= len(self._strips):
            return Strip.blank(self.size.width, self._ink(_PLAIN))
        strip = self._strips[y]
        if strip is None:
            strip = self._strips[y] = self._picture.rows[y].strip(self._ink)
        return strip

    def render_lines(self, crop: Region) -> list[Strip]:
        """The rows in `crop`, as they are: the base's way adds borders, which costs more than the rows."""
        begin, end = crop.column_span
        rows = [self.render_line(y) for y in crop.line_range]
        # Else a part of it is seen, or this is between a new size and the picture for it.
        whole = not begin and all(row.cell_length == end for row in rows)
        blank = self._ink(_PLAIN)
        return rows if whole else [row.adjust_cell_length(end, blank).crop(begin, end) for row in rows]

    def _ink(self, style: Style) -> Style | None:
        """`style` on the widget's background, as far as the terminal has colours."""
        if style not in self._inks:
            shown = [Segment(" ", self.rich_style + style)]
            for one in self.get_line_filters():
                shown = one.apply(shown, self.background_colors[1])
            self._inks[style] = shown[0].style
        return self._inks[style]

    def on_resize(self, _: events.Resize) -> None:
        """Draw for the new size."""
        self._update()

    def notify_style_update(self) -> None:
        """Another theme: other colours."""
        super().notify_style_update()
        self._palette, self._inks, self._strips = None, {}, [None] * len(self._strips)
        if self.is_attached:
            self._update()
