"""The base of everything on the stage: a picture made by `sockviz.tui.render`, shown line by line.

`show(view)` is called for every frame. A widget draws again only when what it shows may have changed
(`_key`), and asks for the changed rows only. It knows no session and no application; clicks become
messages.
"""

from abc import abstractmethod
from collections.abc import Hashable
from typing import Final

from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from sockviz.tui.render.canvas import ActionTarget, ConnectionTarget, Picture, SegmentTarget
from sockviz.tui.themes import Palette, palette
from sockviz.tui.view import StageView
from sockviz.tui.widgets.messages import ActionPicked, ConnectionPicked, SegmentPicked

_UNSET: Final = Style()


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


class Drawing(Widget):
    """A widget that shows a picture of the view."""

    DEFAULT_CSS = """
    Drawing { background: $background; color: $foreground; }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id)
        self._view = StageView()
        self._picture = Picture()
        self._drawn: Hashable = None
        self._palette: Palette | None = None
        self._base = _UNSET

    @abstractmethod
    def _draw(self, view: StageView, width: int, height: int, colours: Palette) -> Picture:
        """Make the picture."""

    def _key(self, view: StageView) -> Hashable:
        """Equal for two views that look the same here; by default every second of the playhead differs."""
        return (Same(view.world), view.selection, view.now // 1_000_000_000)

    def show(self, view: StageView) -> None:
        """Show a frame."""
        self._view = view
        self._update()

    @property
    def colours(self) -> Palette:
        """The palette of the theme that is on."""
        if self._palette is None:
            self._palette = palette(self.app.theme, colour=not self.app.no_color)
        return self._palette

    def _update(self) -> None:
        """Draw if something may have changed; refresh the rows that did."""
        width, height = self.size
        key = (
            self._key(self._view),
            width,
            height,
            self.colours.name,
            self._view.density,
            self._view.pointed,
        )
        if key == self._drawn:
            return
        old = self._picture.lines
        self._picture = self._draw(self._view, width, height, self.colours)
        self._drawn = key
        new = self._picture.lines
        if len(old) != len(new):
            self.refresh()
            return
        changed = [Region(0, y, width, 1) for y, line in enumerate(new) if line != old[y]]
        if changed:
            self.refresh(*changed)

    def render_line(self, y: int) -> Strip:
        """Row `y` of the picture on the widget's background."""
        if self._base is _UNSET:
            self._base = self.rich_style
        lines = self._picture.lines
        return (
            lines[y].apply_style(self._base) if y < len(lines) else Strip.blank(self.size.width, self._base)
        )

    def on_resize(self, _: events.Resize) -> None:
        """Draw for the new size."""
        self._update()

    def notify_style_update(self) -> None:
        """Another theme: other colours."""
        super().notify_style_update()
        self._palette, self._base = None, _UNSET
        if self.is_attached:
            self._update()

    def on_click(self, event: events.Click) -> None:
        """Say what was clicked on."""
        target = self._picture.target(event.x, event.y)
        if isinstance(target, ConnectionTarget):
            self.post_message(ConnectionPicked(target.id, target.host))
        elif isinstance(target, SegmentTarget):
            self.post_message(SegmentPicked(target.id))
        elif isinstance(target, ActionTarget):
            self.post_message(ActionPicked(target.id))
