"""The socket table of both hosts, as psutil gives it."""

from collections.abc import Hashable

from sockviz.tui.render.canvas import Picture
from sockviz.tui.render.table import MARKED, draw_table, listing
from sockviz.tui.themes import Palette
from sockviz.tui.view import StageView
from sockviz.tui.widgets.scrolling import Scrolling


class SocketTable(Scrolling):
    """Rows as netstat prints them; what changed is marked for two seconds."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id)
        self._top = 0

    def _key(self, view: StageView) -> Hashable:
        fresh = sum(1 for t in view.world.row_changed.values() if 0 <= view.now - t < MARKED)
        return (id(view.world), view.selection, fresh, self._top)

    def _draw(self, view: StageView, width: int, height: int, colours: Palette) -> Picture:
        self._top = max(0, min(self._top, self._lines() - self.page))
        return draw_table(view, width=width, height=height, colours=colours, top=self._top)

    def _lines(self) -> int:
        return len(listing(self.view.world, self.view.now, self.size.width)[1])

    def _scroll(self, by: int) -> None:
        self._top = max(0, min(self._top + by, self._lines() - self.page))
        self._update()
