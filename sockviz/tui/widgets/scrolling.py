"""A drawing of more lines than fit: PageUp, PageDown, Home, End and the mouse wheel."""

from abc import abstractmethod
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType

from sockviz.tui.widgets.drawing import Drawing

_WHEEL = 2
"""Lines a notch."""


class Scrolling(Drawing):
    """Keeps the first line shown within what there is."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("pageup", "page(-1)", "earlier", show=False),
        Binding("pagedown", "page(1)", "later", show=False),
        Binding("home", "edge(-1)", "first", show=False),
        Binding("end", "edge(1)", "newest", show=False),
    ]

    can_focus = True

    @abstractmethod
    def _lines(self) -> int:
        """How many lines there are."""

    @abstractmethod
    def _scroll(self, by: int) -> None:
        """Move by so many lines."""

    @property
    def page(self) -> int:
        """Lines that are shown at once, below the head."""
        return max(1, self.size.height - 1)

    def action_page(self, direction: int) -> None:
        """Move by a page."""
        self._scroll(direction * max(1, self.page - 1))

    def action_edge(self, direction: int) -> None:
        """Go to the first or the last line."""
        self._scroll(direction * (self._lines() + 1))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Back."""
        event.stop()
        self._scroll(-_WHEEL)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Forth."""
        event.stop()
        self._scroll(_WHEEL)
