"""What is drawn on, with which colours, of which view: what every part of a picture needs."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, TypeAlias

from rich.style import Style

from sockviz.tui.density import Density
from sockviz.tui.palettes import Palette
from sockviz.tui.render import marks
from sockviz.tui.render.canvas import Canvas, Picture, Target, fit, width_of
from sockviz.tui.view import Spot, StageView
from sockviz.world.model import World

Part: TypeAlias = tuple[str, Style]
"""A styled text."""
BOX: Final = 3
"""Rows of a filled box: half a row, the text, half a row."""


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle of cells."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """The first cell to the right of it."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """The first row below it."""
        return self.y + self.height


@dataclass(frozen=True, slots=True)
class Sheet:
    """A canvas while a view is drawn on it."""

    canvas: Canvas
    view: StageView
    colours: Palette

    @property
    def world(self) -> World:
        """The view's."""
        return self.view.world

    @property
    def large(self) -> bool:
        """For a projector."""
        return self.view.density is Density.LARGE

    def say(self, text: str) -> str:
        """A text of ours in the view's language."""
        return self.view.say(text)

    def box(
        self, x: int, y: int, text: str, *, fill: Style, edge: Style, target: Target | None = None
    ) -> int:
        """`text` on a filled ground, `BOX` rows high; `edge`: the ground's colour as ink."""
        width, canvas = width_of(text), self.canvas
        canvas.put(x, y, "▄" * width, edge, target)
        canvas.put(x, y + 2, "▀" * width, edge, target)
        return canvas.put(x, y + 1, text, fill, target)

    def parts(
        self, x: int, y: int, parts: Iterable[Part], *, right: int, target: Target | None = None
    ) -> int:
        """Write styled texts one after the other, cut before cell `right`; returns the cell after them."""
        for text, style in parts:
            x = self.canvas.put(x, y, fit(text, right - x), style, target)
        return x

    def badge(self, x: int, y: int, connection: int, target: Target | None = None) -> int:
        """A connection's shape and number in its colour."""
        return self.canvas.put(x, y, marks.badge(connection), self.colours.tint(connection), target)

    def points_at(self, *spots: Spot) -> bool:
        """One of these is spoken of."""
        return not self.view.pointed.isdisjoint(spots)

    def point(self, area: Area, y: int, rows: int = 1) -> None:
        """Mark what stands in the rows of a box from `y` on: `▶ … ◀` in the free cells beside them."""
        middle = y + rows // 2
        for row in range(y, y + rows):
            self.canvas.underlay(row, self.colours.selected, area.x - 1, area.width + 2)
        self.canvas.put(area.x - 1, middle, "▶", self.colours.pointer)
        self.canvas.put(area.right, middle, "◀", self.colours.pointer)

    def centred(self, y: int, text: str, style: Style) -> None:
        """A text in the middle of a row."""
        text = fit(text, self.canvas.width)
        self.canvas.put((self.canvas.width - width_of(text)) // 2, y, text, style)

    def more(self, y: int, text: str) -> None:
        """Say at the right end of a row that there is more than is shown."""
        self.canvas.put_right(self.canvas.width, y, f" {text} ", self.colours.more)

    def picture(self) -> Picture:
        """The finished picture."""
        return self.canvas.picture()


def size_of(parts: Iterable[Part]) -> int:
    """Cells that the texts take together."""
    return sum(width_of(text) for text, _ in parts)
