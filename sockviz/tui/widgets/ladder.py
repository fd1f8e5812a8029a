"""The ladder: what went over the wire, time flowing down. It follows the newest until it is scrolled back."""

from collections.abc import Hashable

from textual.reactive import reactive

from sockviz.tui.palettes import Palette
from sockviz.tui.render.canvas import Picture
from sockviz.tui.render.ladder import draw_ladder, lay_out_for, rows_of
from sockviz.tui.render.ladder_layout import Layout
from sockviz.tui.view import StageView
from sockviz.tui.widgets.scrolling import Scrolling

_COMPACT = 10
"""Below so many rows a segment is drawn in one row where possible."""


class Ladder(Scrolling):
    """The segments and the states of both ends."""

    only_selected: reactive[bool] = reactive(default=False, init=False, repaint=False)
    """Show the selected connection alone."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id)
        self.key = ""
        """For `only_selected`; empty: nothing on the ladder tells of it."""
        self._layout = Layout()
        self._behind = 0
        """Rows scrolled back from the newest."""

    def watch_only_selected(self) -> None:
        """Lay out anew."""
        self._behind = 0
        self._update()

    def _key(self, view: StageView) -> Hashable:
        ends = sum(arrow.arrived is not None and arrow.arrived > view.now for arrow in view.arrows)
        return (
            tuple(view.arrows),
            tuple(view.transitions),
            ends,
            view.selection,
            self.only_selected,
            self._behind,
        )

    def _draw(self, view: StageView, width: int, height: int, colours: Palette) -> Picture:
        only = view.selection.connection if self.only_selected else None
        before = len(self._layout.rows)
        self._layout = lay_out_for(view, width, only=only, compact=height < _COMPACT)
        if self._behind:
            self._behind += max(0, len(self._layout.rows) - before)
        size = {"width": width, "height": height}
        return draw_ladder(
            view, self._layout, **size, colours=colours, top=self._top(), only=only, key=self.key
        )

    @property
    def page(self) -> int:
        """Rows that are shown at once."""
        return max(1, rows_of(self.size.height))

    def scroll_lines(self, by: int) -> None:
        """Towards the newest, or back."""
        self._behind = max(0, min(self._behind - by, len(self._layout.rows) - self.page))
        self._update()

    def _top(self) -> int:
        """The first row shown."""
        last = max(0, len(self._layout.rows) - self.page)
        self._behind = min(self._behind, last)
        return last - self._behind
