"""A host's panel: the client's or the server's."""

from typing import ClassVar

from sockviz.tui.palettes import Palette
from sockviz.tui.render.canvas import Picture
from sockviz.tui.render.client import draw_client
from sockviz.tui.render.server import draw_server
from sockviz.tui.view import StageView
from sockviz.tui.widgets.drawing import Drawing


class HostPanel(Drawing):
    """Programs, descriptors, sockets and queues of one host."""

    reads: ClassVar = ("header", "connections", "listeners", "programs", "datagrams", "sampled")

    def __init__(self, host: str, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own word
        """`host`: `client` or `server`."""
        super().__init__(id=id)
        self.host = host

    def _draw(self, view: StageView, width: int, height: int, colours: Palette) -> Picture:
        draw = draw_server if self.host == "server" else draw_client
        return draw(view, width, height, colours)
