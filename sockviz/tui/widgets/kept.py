"""What is drawn once and stays: containers, rows of buttons, whatever changes less often than its neighbours.

Textual asks every widget for its lines that stands in the rectangle around all that has changed, and puts its
borders around them anew. Draws nothing itself.
"""

from typing import TYPE_CHECKING, Self

from textual.geometry import Region
from textual.strip import Strip

if TYPE_CHECKING:
    from textual.widget import Widget
else:
    # The style sheet looks at the first base that is a widget only.
    Widget = object


class Kept(Widget):
    """Mixed into a widget, before its base: keeps its lines until it is refreshed."""

    _kept: tuple[Region, list[Strip]] | None = None

    def refresh(
        self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False
    ) -> Self:
        """Make the lines anew when they are wanted."""
        if repaint:
            self._kept = None
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def notify_style_update(self) -> None:
        """In other colours."""
        self._kept = None
        super().notify_style_update()

    def render_lines(self, crop: Region) -> list[Strip]:
        """As the widget makes them, or as it made them the last time."""
        if self._kept is None or self._kept[0] != crop:
            self._kept = crop, super().render_lines(crop)
        return self._kept[1]
