"""A row of compact buttons, one line high. Is given faces, posts `Pressed`; knows no session."""

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from sockviz.tui.controls.layout import Cluster, Placed, place
from sockviz.tui.controls.line import palette_of
from sockviz.tui.themes import Palette
from sockviz.tui.widgets.kept import Kept


class ButtonRow(Kept, Widget):
    """One line of buttons, drawn with the line API (25 widgets would cost their mounting)."""

    DEFAULT_CSS = "ButtonRow { height: 1; }"

    class Pressed(Message):
        """A button was clicked."""

        def __init__(self, action: str) -> None:
            super().__init__()
            self.action = action

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  Textual's name
        super().__init__(id=id)
        self._clusters: Sequence[Cluster] = ()
        self._placed: tuple[Placed, ...] = ()
        self._placed_for: tuple[Sequence[Cluster], int] = ((), 0)
        self._hover: str | None = None

    def show(self, clusters: Sequence[Cluster]) -> None:
        """Draw these; costs nothing if they are what is drawn already."""
        if clusters != self._clusters:
            self._clusters = clusters
            self.refresh()

    def placed(self) -> tuple[Placed, ...]:
        """The row as it is laid out for the present width."""
        wanted = (self._clusters, self.size.width)
        if wanted != self._placed_for:
            self._placed = place(*wanted)
            self._placed_for = wanted
        return self._placed

    def render_line(self, y: int) -> Strip:
        """The row."""
        blank = self.rich_style
        if y:
            return Strip.blank(self.size.width, blank)
        colours, segments, x = palette_of(self), [], 0
        for piece in self.placed():
            segments.append(Segment(" " * (piece.begin - x), blank))
            segments.extend(Segment(text, blank + style) for text, style in self._piece(piece, colours))
            x = piece.end
        return Strip(segments).adjust_cell_length(self.size.width, blank)

    def _piece(self, piece: Placed, colours: Palette) -> list[tuple[str, Style]]:
        face = piece.face
        if face is None:
            return [(piece.text, colours.strong if piece.named else colours.dim)]
        key, label = colours.accent + colours.selected, colours.text + colours.selected
        if face.why_not is not None:
            key = label = colours.faint
        elif face.action == self._hover:
            key = label = colours.strong + Style(reverse=True)
        pad = " " * piece.padded
        text = f" {piece.text}" if piece.text else ""
        return [(pad, label), (face.key, key), (f"{text}{pad}", label)]

    def _at(self, x: int) -> Placed | None:
        return next((piece for piece in self.placed() if piece.face and piece.begin <= x < piece.end), None)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Light up what is under the pointer, and say what it does."""
        piece = self._at(event.x)
        face = piece.face if piece else None
        hover = face.action if face else None
        if hover != self._hover:
            self._hover = hover
            self.tooltip = Text((face.why_not or face.help).replace("`", "")) if face else None
            self.refresh()

    def on_leave(self) -> None:
        """Nothing is under the pointer."""
        self._hover = None
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        """Say which one it was."""
        piece = self._at(event.x)
        if piece is not None and piece.face is not None:
            event.stop()
            self.post_message(self.Pressed(piece.face.action))
