"""What stands on a screen of watched listeners: pictures of a `WatchView`, rows to scroll and choose from.

They know no session; clicks become messages.
"""

from collections.abc import Collection, Hashable, Sequence
from typing import Final, Generic

from rich.style import Style
from textual import events
from textual.message import Message

from sockviz.tui.controls.line import Line
from sockviz.tui.palettes import Palette
from sockviz.tui.render.canvas import ActionTarget, Canvas, Picture
from sockviz.tui.watch.render import details, finding, panels
from sockviz.tui.watch.render.columns import Column, Placed, R, cells, heading, place
from sockviz.tui.watch.render.dashboard import draw_dashboard
from sockviz.tui.watch.view import WatchView
from sockviz.tui.widgets.messages import ActionPicked
from sockviz.tui.widgets.painting import Painting

_WHEEL: Final = 3
"""Lines a notch."""
_TENTH: Final = 100_000_000
_SECOND: Final = 1_000_000_000


class Panel(Painting):
    """A picture of the view."""

    DEFAULT_CSS = "Panel { background: $background; color: $foreground; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id)
        self._view = WatchView()

    def show(self, view: WatchView) -> None:
        """Show a frame."""
        self._view = view
        self._update()

    def _state(self) -> Hashable:
        return (self._view.mark, self._view.now // _SECOND)

    def on_click(self, event: events.Click) -> None:
        """What stands for an action is its key."""
        target = self._picture.target(event.x, event.y)
        if isinstance(target, ActionTarget):
            event.stop()
            self.post_message(ActionPicked(target.id))


class Dashboard(Panel):
    """Queues, states, waits and rates of the listener that is shown."""

    def _paint(self, width: int, height: int, colours: Palette) -> Picture:
        return draw_dashboard(self._view, width, height, colours)


class FindingView(Panel):
    """Why something was dropped; as high as that takes."""

    DEFAULT_CSS = "FindingView { height: 1; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id)
        self.most = 1
        """Lines that there is room for."""

    def show(self, view: WatchView) -> None:
        """Show a frame."""
        rows = finding.height(view, self.size.width, self.most)
        if self.size.width and self.styles.height is not None and self.styles.height.value != rows:
            self.styles.height = rows
        super().show(view)

    def _state(self) -> Hashable:
        return (super()._state(), self.most)

    def _paint(self, width: int, height: int, colours: Palette) -> Picture:
        del height
        return finding.draw_finding(self._view, width, self.most, colours)


class Unseen(Line):
    """One line: what this level of sight can't show."""

    DEFAULT_CSS = "Unseen.-empty { display: none; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id)
        self._text = ""

    def show(self, view: WatchView) -> None:
        """Show a frame."""
        text = details.unseen_line(view.watch)
        if text != self._text:
            self._text = text
            self.set_class(not text, "-empty")
            self.refresh()

    def left(self, colours: Palette) -> Sequence[tuple[str, Style]]:
        """As much of it as there is room for."""
        room = self.size.width - len(" ◌ not seen: ") - len(" … (h: all of it) ")
        text = finding.shortened(self._text, max(room, 1))
        return [(" ◌ ", colours.dim), ("not seen: ", colours.dim), (text, colours.dim)]

    def right(self, colours: Palette) -> Sequence[tuple[str, Style]]:
        """The key."""
        return [(" h", colours.accent), (" all of it ", colours.dim)]

    def on_click(self, event: events.Click) -> None:
        """The key's action."""
        event.stop()
        self.post_message(ActionPicked("watch-unseen"))


class RowList(Panel, Generic[R]):
    """Rows under their titles, of which only the visible ones are looked at; there may be very many."""

    class Opened(Message):
        """The row under the cursor was chosen."""

    class Pointed(Message):
        """Another row is under the cursor."""

    class Sorted(Message):
        """A title was clicked."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id)
        self._rows: Sequence[R] = ()
        self._marked: Collection[Hashable] = ()
        self._order, self._descending = "", False
        self._cursor = self._top = 0
        self._changed = 0

    def _columns(self, width: int) -> Sequence[Column[R]]:
        """What is told in so many cells."""
        raise NotImplementedError

    def _ident(self, row: R) -> Hashable:
        """What a row is recognised by."""
        raise NotImplementedError

    def fill(
        self,
        view: WatchView,
        rows: Sequence[R],
        order: str,
        *,
        descending: bool,
        marked: Collection[Hashable] = (),
    ) -> None:
        """List these, in their order; the cursor stays on its row if that is among them."""
        if rows is not self._rows:
            chosen = self.chosen
            name = None if chosen is None else self._ident(chosen)
            self._rows = rows
            self._cursor = self._place_of(name)
            self._changed += 1
            self._follow()
        self._order, self._descending, self._marked = order, descending, marked
        self.show(view)

    def _place_of(self, name: Hashable) -> int:
        """Where a row is now; if it is not there any more, where it was."""
        at = min(self._cursor, max(len(self._rows) - 1, 0))
        if not self._rows or name is None or self._ident(self._rows[at]) == name:
            return at
        return next((at for at, row in enumerate(self._rows) if self._ident(row) == name), at)

    @property
    def chosen(self) -> R | None:
        """Under the cursor."""
        return self._rows[self._cursor] if self._cursor < len(self._rows) else None

    @property
    def count(self) -> int:
        """How many rows there are."""
        return len(self._rows)

    @property
    def keys(self) -> Sequence[str]:
        """What can be sorted by, from left to right."""
        return [placed.column.key for placed in self._placed()]

    @property
    def step(self) -> int:
        """Lines for each row."""
        return 1

    @property
    def page(self) -> int:
        """Rows that there is room for under the titles."""
        return max((self.size.height - 1) // self.step, 1)

    def move(self, by: int) -> None:
        """Move the cursor by so many lines, as far as there are any."""
        self._cursor = max(0, min(self._cursor + by, len(self._rows) - 1))
        self._follow()
        self._update()
        self.post_message(self.Pointed())

    def _follow(self) -> None:
        """Scroll to where the cursor is seen."""
        self._scroll(min(max(self._top, self._cursor - self.page + 1), self._cursor))

    def _scroll(self, top: int) -> None:
        self._top = max(0, min(top, len(self._rows) - self.page))

    # drawing

    def _state(self) -> Hashable:
        place = (self._changed, self._cursor, self._top, self._order, self._descending, len(self._marked))
        return (self._view.mark, self._view.now // _TENTH, place, tuple(self._marked))

    def _placed(self) -> tuple[Placed[R], ...]:
        width = self.size.width
        return place(self._columns(width), width - 1)

    def _paint(self, width: int, height: int, colours: Palette) -> Picture:
        canvas, columns = Canvas(width, height), self._placed()
        for placed in columns:
            sorted_by = placed.column.key == self._order
            text = heading(placed, self._order, descending=self._descending)
            canvas.put(placed.begin, 0, text, colours.accent if sorted_by else colours.dim)
        for at in range(self._top, min(self._top + self.page, len(self._rows))):
            y = 1 + (at - self._top) * self.step
            self._row(canvas, y, at, columns=columns, colours=colours)
        self._bar(canvas, colours)
        return canvas.picture()

    def _bar(self, canvas: Canvas, colours: Palette) -> None:
        """Where these rows are among all, if they are not all."""
        length, count = canvas.height - 1, len(self._rows)
        if count <= self.page or length <= 0:
            return
        size = max(1, round(length * self.page / count))
        begin = round((length - size) * self._top / (count - self.page))
        for y in range(length):
            inside = begin <= y < begin + size
            canvas.put(
                canvas.width - 1, y + 1, "█" if inside else "│", colours.dim if inside else colours.faint
            )

    def _row(
        self, canvas: Canvas, y: int, at: int, *, columns: Sequence[Placed[R]], colours: Palette
    ) -> None:
        row = self._rows[at]
        here = at == self._cursor
        if here:
            canvas.put(0, y, "▸", colours.accent)
        if self._ident(row) in self._marked:
            canvas.put(1, y, "✓", colours.accent)
        for placed in columns:
            panels.parts(canvas, placed.begin, y, list(cells(placed, row, self._view, colours)), placed.end)
        if here:
            canvas.underlay(y, colours.selected)

    def on_resize(self, event: events.Resize) -> None:
        """Keep the cursor where it is seen."""
        self._follow()
        super().on_resize(event)

    # the mouse

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Back."""
        event.stop()
        self._scroll(self._top - _WHEEL)
        self._update()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Forth."""
        event.stop()
        self._scroll(self._top + _WHEEL)
        self._update()

    def on_click(self, event: events.Click) -> None:
        """Sort by a title; point at a line, and at the second click open it."""
        event.stop()
        at = self._top + (event.y - 1) // self.step
        if event.x == self.size.width - 1 and event.y and len(self._rows) > self.page:
            share = (event.y - 1) / max(self.size.height - 2, 1)
            self._scroll(round((len(self._rows) - self.page) * share))
            self._update()
        elif event.y == 0:
            here = next((one for one in self._placed() if one.begin <= event.x < one.end), None)
            if here is not None:
                self.post_message(self.Sorted(here.column.key))
        elif at < len(self._rows) and at == self._cursor:
            self.post_message(self.Opened())
        elif at < len(self._rows):
            self.move(at - self._cursor)
