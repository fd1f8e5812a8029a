"""One line of styled text, drawn with the line API: the base of status line and notice."""

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from sockviz.tui import palettes
from sockviz.tui.palettes import Palette
from sockviz.tui.widgets.kept import Kept


def palette_of(widget: Widget) -> Palette:
    """The palette that the widget is to draw with now."""
    return palettes.palette_of(widget.app)


class Line(Kept, Widget):
    """One line: a subclass says in `left` and `right` what stands at its two ends; `right` is never cut."""

    DEFAULT_CSS = "Line { height: 1; }"

    def left(self, colours: Palette) -> Sequence[tuple[str, Style]]:
        """Text and styles from the left edge."""
        raise NotImplementedError

    def right(self, colours: Palette) -> Sequence[tuple[str, Style]]:
        """Text and styles at the right edge."""
        del colours
        return ()

    def render_line(self, y: int) -> Strip:
        """The line; there is no other."""
        width, blank = self.size.width, self.rich_style
        if y:
            return Strip.blank(width, blank)
        colours = palette_of(self)
        left = Strip([Segment(text, blank + style) for text, style in self.left(colours)])
        right = Strip([Segment(text, blank + style) for text, style in self.right(colours)])
        room = max(width - right.cell_length, 0)
        return Strip.join((left.adjust_cell_length(room, blank), right)).adjust_cell_length(width, blank)
