"""The two kinds of rows: listeners, and connections of one."""

from collections.abc import Hashable, Sequence

from textual import events
from textual.message import Message

from sockviz.tui.watch.render import connections, listeners
from sockviz.tui.watch.render.columns import Column
from sockviz.tui.watch.widgets import RowList
from sockviz.world.watch.model import WatchedConnection, WatchedListener


class ListenerList(RowList[WatchedListener]):
    """All listeners of the machine."""

    DEFAULT_CSS = "ListenerList { height: 1fr; }"

    def _columns(self, width: int) -> Sequence[Column[WatchedListener]]:
        return listeners.columns(width, large=self._view.large)

    @property
    def step(self) -> int:
        """Airy for an audience."""
        return 2 if self._view.large else 1

    def _ident(self, row: WatchedListener) -> Hashable:
        return row.local


class ChosenListeners(ListenerList):
    """Those that are watched closely; the cursor is on the one that is shown."""

    DEFAULT_CSS = "ChosenListeners { height: 2; }"

    class Chosen(Message):
        """Another one is to be shown."""

        def __init__(self, local: str) -> None:
            super().__init__()
            self.local = local

    def point(self, local: str) -> None:
        """Put the cursor on this one."""
        at = next((at for at, row in enumerate(self._rows) if row.local == local), self._cursor)
        if at != self._cursor:
            self._cursor = at
            self._follow()
            self._update()

    def on_click(self, event: events.Click) -> None:
        """Show the one that was clicked."""
        event.stop()
        at = self._top + event.y - 1
        if event.y and at < len(self._rows):
            self.post_message(self.Chosen(self._rows[at].local))


class ConnectionTable(RowList[WatchedConnection]):
    """The connections of the listener that is shown."""

    DEFAULT_CSS = "ConnectionTable { height: 1fr; width: 1fr; }"

    def _columns(self, width: int) -> Sequence[Column[WatchedConnection]]:
        del width
        return connections.COLUMNS

    def _ident(self, row: WatchedConnection) -> Hashable:
        return row.id
