"""The terminals of the user's programs on the stage."""

from collections.abc import Hashable

from sockviz.tui.palettes import Palette
from sockviz.tui.programs.panes import Keyboard, draw_programs, sizes
from sockviz.tui.render.canvas import Picture
from sockviz.tui.view import StageView
from sockviz.tui.widgets.drawing import Drawing
from sockviz.world.model import World


class ProgramsView(Drawing):
    """All of them; one may have the keyboard."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id)
        self._keyboard: Keyboard | None = None

    def give(self, keyboard: Keyboard | None) -> None:
        """Whose the keyboard is; None: the stage's."""
        self._keyboard = keyboard
        self._update()

    def sizes(self, world: World) -> dict[Keyboard, tuple[int, int]]:
        """Columns and rows of the panes of those that run; none while nothing is seen of them."""
        if not (self.display and self.size):
            return {}
        return sizes(world, self.size.width, self.size.height, self._keyboard)

    def _key(self, view: StageView) -> Hashable:
        return (super()._key(view), self._keyboard)

    def _draw(self, view: StageView, width: int, height: int, colours: Palette) -> Picture:
        return draw_programs(view, width, height, colours, self._keyboard)
