"""The socket table of both hosts, as psutil gives it."""

from collections.abc import Hashable
from typing import Final

from sockviz.tui.palettes import Palette
from sockviz.tui.render.canvas import Picture
from sockviz.tui.render.table import Listing, Shape, draw_table, fresh, listing, timed
from sockviz.tui.view import StageView
from sockviz.tui.widgets.drawing import Same
from sockviz.tui.widgets.scrolling import Scrolling

_SECOND: Final = 1_000_000_000


class SocketTable(Scrolling):
    """Rows as netstat prints them; what changed is marked for two seconds."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id)
        self._top = 0
        self._listed = Listing(Shape(0, (), headings=False), ())
        self._listed_of: Hashable = None
        self._timed: tuple[Same, bool] | None = None
        """Whether a timer runs in these tables."""

    def _key(self, view: StageView) -> Hashable:
        seen = self._listed.lines[self._top : self._top + self.page]
        marked = tuple(line.row is not None and fresh(view, line.host, line.row) for line in seen)
        return (self._source(view), marked, view.selection.connection, self._top)

    def _source(self, view: StageView) -> Hashable:
        """Equal if the same rows are listed."""
        tables = Same(view.world.tables)
        if self._timed is None or tables != self._timed[0]:
            self._timed = tables, timed(view.world)
        second = view.now // _SECOND if self._timed[1] else 0
        return (tables, Same(view.world.datagrams), len(view.world.connections), second)

    def _draw(self, view: StageView, width: int, height: int, colours: Palette) -> Picture:
        source = (self._source(view), width)
        if source != self._listed_of:
            self._listed, self._listed_of = listing(view.world, width, view.now), source
        self._top = self._within(self._top)
        return draw_table(view, self._listed, width=width, height=height, colours=colours, top=self._top)

    @property
    def page(self) -> int:
        """Lines under the head."""
        return max(1, self.size.height - 1)

    def scroll_lines(self, by: int) -> None:
        """Towards the end of the table, or back."""
        self._top = self._within(self._top + by)
        self._update()

    def _within(self, top: int) -> int:
        return max(0, min(top, len(self._listed.lines) - self.page))
