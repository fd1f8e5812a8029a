"""A row of compact buttons, one line high. Is given faces, posts `Pressed`; knows no session."""

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.strip import Strip

from sockviz.tui.controls.layout import Cluster, Face, Placed, place
from sockviz.tui.controls.line import palette_of
from sockviz.tui.controls.pressing import Buttons
from sockviz.tui.palettes import Palette
from sockviz.tui.widgets.kept import Kept


class ButtonRow(Kept, Buttons):
    """One line of buttons, drawn with the line API (25 widgets would cost their mounting)."""

    DEFAULT_CSS = "ButtonRow { height: 1; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  Textual's name
        super().__init__(id=id)
        self._clusters: Sequence[Cluster] = ()
        self._placed: tuple[Placed, ...] = ()
        self._placed_for: tuple[Sequence[Cluster], int] = ((), 0)

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

    def _button(self, x: int) -> tuple[str, Face] | None:
        faces = (piece.face for piece in self.placed() if piece.begin <= x < piece.end)
        return next(((face.action, face) for face in faces if face is not None), None)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Say what is under the pointer."""
        self._point_at(event.x)
