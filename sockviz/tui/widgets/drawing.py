"""The base of everything on the stage: a picture made by `sockviz.tui.render`, shown line by line.

`show(view)` is called for every frame. A widget draws again only when what it shows may have changed
(`_key`), and asks for the changed rows only. It knows no session and no application; clicks become
messages.
"""

from abc import abstractmethod
from collections.abc import Hashable, Sequence
from typing import ClassVar

from textual import events

from sockviz.tui.palettes import Palette
from sockviz.tui.render.canvas import ActionTarget, ConnectionTarget, Picture, SegmentTarget
from sockviz.tui.view import StageView
from sockviz.tui.widgets.messages import ActionPicked, ConnectionPicked, SegmentPicked
from sockviz.tui.widgets.painting import Painting


class Same:
    """Equal if it is about the very same object: cheaper than comparing what is in it."""

    __slots__ = ("_it",)

    def __init__(self, it: object) -> None:
        self._it = it

    def __eq__(self, other: object) -> bool:
        """The same object."""
        return isinstance(other, Same) and self._it is other._it

    def __hash__(self) -> int:
        """Of the object's identity."""
        return id(self._it)


class Drawing(Painting):
    """A widget that shows a picture of the view."""

    DEFAULT_CSS = """
    Drawing { background: $background; color: $foreground; }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id)
        self._view = StageView()

    reads: ClassVar[Sequence[str]] = ()
    """The parts of the world that the picture is made of; none: all of it."""

    @abstractmethod
    def _draw(self, view: StageView, width: int, height: int, colours: Palette) -> Picture:
        """Make the picture."""

    def _key(self, view: StageView) -> Hashable:
        """Equal for two views that look the same here; by default every second of the playhead differs."""
        world = view.world
        parts = tuple(Same(getattr(world, name)) for name in self.reads) or Same(world)
        return (parts, view.selection, view.now // 1_000_000_000)

    def show(self, view: StageView) -> None:
        """Show a frame."""
        self._view = view
        self._update()

    def _paint(self, width: int, height: int, colours: Palette) -> Picture:
        return self._draw(self._view, width, height, colours)

    def _state(self) -> Hashable:
        return (self._key(self._view), self._view.density, self._view.pointed)

    def on_click(self, event: events.Click) -> None:
        """Say what was clicked on."""
        target = self._picture.target(event.x, event.y)
        if isinstance(target, ConnectionTarget):
            self.post_message(ConnectionPicked(target.id, target.host))
        elif isinstance(target, SegmentTarget):
            self.post_message(SegmentPicked(target.id))
        elif isinstance(target, ActionTarget):
            self.post_message(ActionPicked(target.id))
