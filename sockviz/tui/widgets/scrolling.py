"""A drawing of more lines than fit: scrolled by the mouse wheel, and by who mounts it (`action_page`)."""

from abc import abstractmethod
from typing import Final

from textual import events

from sockviz.tui.widgets.drawing import Drawing

_WHEEL: Final = 2
"""Lines a notch."""


class Scrolling(Drawing):
    """Takes the wheel; what there is to scroll is the drawing's own."""

    @property
    @abstractmethod
    def page(self) -> int:
        """Lines that are shown at once."""

    @abstractmethod
    def scroll_lines(self, by: int) -> None:
        """Move by so many lines, as far as there are any."""

    def action_page(self, direction: int) -> None:
        """Move by a page, up (-1) or down (1)."""
        self.scroll_lines(direction * max(1, self.page - 1))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Back."""
        event.stop()
        self.scroll_lines(-_WHEEL)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Forth."""
        event.stop()
        self.scroll_lines(_WHEEL)
