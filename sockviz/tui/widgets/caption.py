"""What just happened and why."""

from collections.abc import Hashable

from sockviz.tui.density import Density
from sockviz.tui.palettes import Palette
from sockviz.tui.render.canvas import Picture
from sockviz.tui.render.caption import draw_caption
from sockviz.tui.view import StageView
from sockviz.tui.widgets.drawing import Drawing


class Caption(Drawing):
    """The world's caption, large and clear."""

    def _key(self, view: StageView) -> Hashable:
        return view.world.caption

    def _draw(self, view: StageView, width: int, height: int, colours: Palette) -> Picture:
        large = view.density is Density.LARGE
        return draw_caption(view.world.caption, width, height, colours, large=large, say=view.say)
