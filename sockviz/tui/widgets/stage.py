"""The stage's three parts: the client, the wire, the server."""

from collections.abc import Hashable

from sockviz.tui.render.canvas import Picture
from sockviz.tui.render.client import draw_client
from sockviz.tui.render.flight import packets
from sockviz.tui.render.lanes import Lanes
from sockviz.tui.render.server import draw_server
from sockviz.tui.render.wire import draw_wire
from sockviz.tui.themes import Palette
from sockviz.tui.view import StageView
from sockviz.tui.widgets.drawing import Drawing


class HostPanel(Drawing):
    """What is on one host."""

    def __init__(self, host: str, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's own word
        """`host`: `client` or `server`."""
        super().__init__(id=id, classes=classes)
        self.host = host

    def _draw(self, view: StageView, width: int, height: int, colours: Palette) -> Picture:
        draw = draw_server if self.host == "server" else draw_client
        return draw(view, width, height, colours)


class WireView(Drawing):
    """The packets on their way."""

    def __init__(self, *, hint: str = "", id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's own word
        """`hint`: what to press to release a held packet, as in `n releases`."""
        super().__init__(id=id, classes=classes)
        self.hint = hint
        self._lanes = Lanes()
        self._seen: dict[int, float] = {}

    def _key(self, view: StageView) -> Hashable:
        return (id(view.world), view.selection, view.now, self.hint)

    def _draw(self, view: StageView, width: int, height: int, colours: Palette) -> Picture:
        on_wire = packets(view, self._seen)
        self._seen = {packet.id: packet.fraction for packet in on_wire}
        return draw_wire(view, on_wire, self._lanes, width, height, colours, self.hint)
