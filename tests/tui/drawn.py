"""Draws the parts of the stage without an application: what the tests of `render` look at."""

from dataclasses import dataclass

from sockviz.tui.density import Density
from sockviz.tui.palettes import DARK, PLAIN, Palette
from sockviz.tui.palettes import PALETTES as THEMES
from sockviz.tui.render.canvas import Picture
from sockviz.tui.render.caption import draw_caption
from sockviz.tui.render.client import draw_client
from sockviz.tui.render.flight import packets
from sockviz.tui.render.ladder import draw_ladder, lay_out_for
from sockviz.tui.render.ladder_layout import Layout, lay_out
from sockviz.tui.render.lanes import Lanes
from sockviz.tui.render.server import draw_server
from sockviz.tui.render.table import draw_table, listing
from sockviz.tui.render.wire import draw_wire
from sockviz.tui.view import StageView

PALETTES = (*THEMES.values(), PLAIN)


def layout(view: StageView, *, only: int | None = None, compact: bool = False) -> Layout:
    current = {(e.host, c.id): e.state for c in view.world.connections.values() for e in (c.client, c.server)}
    return lay_out(view.arrows, view.transitions, current, now=view.now, only=only, compact=compact)


@dataclass(frozen=True)
class Artist:
    """Draws in one size and palette."""

    width: int
    height: int
    colours: Palette = DARK

    def client(self, view: StageView) -> Picture:
        return draw_client(view, self.width, self.height, self.colours)

    def server(self, view: StageView) -> Picture:
        return draw_server(view, self.width, self.height, self.colours)

    def wire(self, view: StageView) -> Picture:
        size = {"width": self.width, "height": self.height}
        return draw_wire(view, packets(view, {}), Lanes(), colours=self.colours, **size)

    def ladder(self, view: StageView, top: int = 0) -> Picture:
        size = {"width": self.width, "height": self.height}
        return draw_ladder(view, lay_out_for(view, self.width), colours=self.colours, top=top, **size)

    def table(self, view: StageView, top: int = 0) -> Picture:
        size = {"width": self.width, "height": self.height}
        return draw_table(
            view, listing(view.world, self.width, view.now), colours=self.colours, top=top, **size
        )

    def caption(self, view: StageView) -> Picture:
        large = view.density is Density.LARGE
        size = {"width": self.width, "height": self.height}
        return draw_caption(view.world.caption, **size, colours=self.colours, large=large, say=view.say)

    def all(self, view: StageView) -> dict[str, Picture]:
        return {
            name: getattr(self, name)(view)
            for name in ("client", "server", "wire", "ladder", "table", "caption")
        }
