"""The socket table of both hosts, as psutil gives it."""

from collections.abc import Hashable

from sockviz.tui.render.canvas import Picture
from sockviz.tui.render.table import MARKED, Listing, Shape, draw_table, listing
from sockviz.tui.themes import Palette
from sockviz.tui.view import StageView
from sockviz.tui.widgets.drawing import Same
from sockviz.tui.widgets.scrolling import Scrolling


class SocketTable(Scrolling):
    """Rows as netstat prints them; what changed is marked for two seconds."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id)
        self._top = 0
        self._listed = Listing(Shape(0, (), headings=False), ())
        self._listed_of: Hashable = None

    def _key(self, view: StageView) -> Hashable:
        fresh = sum(1 for t in view.world.row_changed.values() if 0 <= view.now - t < MARKED)
        return (
            Same(view.world.tables),
            Same(view.world.row_changed),
            fresh,
            view.selection.connection,
            self._top,
        )

    def _draw(self, view: StageView, width: int, height: int, colours: Palette) -> Picture:
        source = (Same(view.world.tables), len(view.world.connections), width)
        if source != self._listed_of:
            self._listed, self._listed_of = listing(view.world, width), source
        self._top = max(0, min(self._top, self._lines() - self.page))
        return draw_table(view, self._listed, width=width, height=height, colours=colours, top=self._top)

    def _lines(self) -> int:
        return len(self._listed.lines)

    def _scroll(self, by: int) -> None:
        self._top = max(0, min(self._top + by, self._lines() - self.page))
        self._update()
