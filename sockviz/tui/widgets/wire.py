"""The wire between the hosts."""

from collections.abc import Hashable
from typing import Final

from sockviz.tui.palettes import Palette
from sockviz.tui.render.canvas import Picture
from sockviz.tui.render.flight import just_fallen, packets
from sockviz.tui.render.lanes import Lanes
from sockviz.tui.render.wire import draw_wire
from sockviz.tui.view import StageView
from sockviz.tui.widgets.drawing import Drawing, Same

_STILL: Final = 100_000_000
"""Where nothing is on the wire, ns after which what stands below it is looked at again."""


class WireView(Drawing):
    """The packets on their way. Remembers their lanes, and how far each had come if it is lost."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id)
        self._lanes = Lanes()
        self._seen: dict[int, float] = {}

    def _key(self, view: StageView) -> Hashable:
        moving = view.world.wire.in_flight or any(just_fallen(arrow, view.now) for arrow in view.arrows)
        return (Same(view.world), view.selection, view.now if moving else view.now // _STILL)

    def _draw(self, view: StageView, width: int, height: int, colours: Palette) -> Picture:
        on_wire = packets(view, self._seen)
        self._seen = {packet.id: packet.fraction for packet in on_wire}
        return draw_wire(view, on_wire, self._lanes, width=width, height=height, colours=colours)
