"""The transport bar: where in time the screen is, what happens when, marks; click and drag to go anywhere.

Is given data, posts `Sought` and `Pressed`; knows no session.
"""

from collections.abc import Collection, Hashable
from itertools import groupby
from operator import itemgetter

from msgspec import structs
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip

from sockviz.tui.controls.layout import Face
from sockviz.tui.controls.line import palette_of
from sockviz.tui.controls.pressing import Buttons
from sockviz.tui.controls.transport_layout import HEAD, MARK, Piece, columns, fraction, lay, signs
from sockviz.tui.palettes import Palette
from sockviz.tui.transport import Transport
from sockviz.tui.widgets.kept import Kept


class TransportBar(Kept, Buttons):
    """` ▶ LIVE  00:12  Home ▁▃█▂  ▁◆▅┃ End now  <  x1  >  z idle shortened  M mark`."""

    DEFAULT_CSS = "TransportBar { height: 1; width: 1fr; }"

    class Sought(Message):
        """The operator points at a moment: a fraction of the whole."""

        def __init__(self, place: float) -> None:
            super().__init__()
            self.place = place

    def __init__(self, *, without: Collection[str] = (), id: str | None = None) -> None:  # noqa: A002
        """`without`: buttons that there is no use for."""
        super().__init__(id=id)
        self._without = without
        self._transport = Transport()
        self._faces: dict[str, Face] = {}
        self._speed = ""
        self._shown: Hashable = None
        self._dragging = False

    @property
    def columns(self) -> int:
        """How long the bar is now."""
        return columns(self.size.width, self._without)

    def show(self, transport: Transport, faces: dict[str, Face], speed: str) -> None:
        """Draw this; costs nothing if it is what is drawn already."""
        if (transport, faces, speed) == (self._transport, self._faces, self._speed):
            return
        self._transport, self._faces, self._speed = transport, faces, speed
        # The playhead moves all the time, but seldom by as much as a column.
        words = structs.replace(transport, place=0.0, density=(), marks=())
        shown = (words, signs(transport, self.columns), tuple(faces.values()), speed)
        if shown != self._shown:
            self._shown = shown
            self.refresh()

    def pieces(self) -> tuple[Piece, ...]:
        """The line as it is laid out for the present width."""
        if not self._faces:
            return ()
        return tuple(lay(self._transport, self._faces, self._speed, self.size.width, self._without))

    # drawing

    def render_line(self, y: int) -> Strip:
        """The line."""
        width, blank = self.size.width, self.rich_style
        if y:
            return Strip.blank(width, blank)
        colours, segments, x = palette_of(self), [], 0
        for piece in self.pieces():
            segments.append(Segment(" " * (piece.begin - x), blank))
            drawn = Strip([Segment(text, blank + style) for text, style in self._piece(piece, colours)])
            segments.extend(drawn.adjust_cell_length(piece.end - piece.begin, blank))
            x = piece.end
        return Strip(segments).adjust_cell_length(width, blank)

    def _piece(self, piece: Piece, colours: Palette) -> list[tuple[str, Style]]:
        if piece.name == "bar":
            return self._bar(colours)
        if piece.face is None:
            urgent = piece.name == "where" and self._transport.urgent
            return [(piece.text, colours.warn if urgent else colours.text)]
        face = piece.face
        key, label = colours.accent + colours.selected, colours.text + colours.selected
        if face.why_not is not None:
            key = label = colours.faint
        elif piece.name == self._hover:
            key = label = colours.strong + Style(reverse=True)
        return [(f" {face.key}", key), (f" {face.label} " if face.label else " ", label)]

    def _bar(self, colours: Palette) -> list[tuple[str, Style]]:
        """What is behind the playhead is brighter than what is before it."""
        drawn = signs(self._transport, self.columns)
        head, inks = drawn.index(HEAD), {MARK: colours.warn, HEAD: colours.strong}
        styles = (
            inks.get(sign, colours.accent if at <= head else colours.dim) for at, sign in enumerate(drawn)
        )
        runs = groupby(zip(styles, drawn, strict=True), key=itemgetter(0))
        return [("".join(sign for _, sign in run), style + colours.selected) for style, run in runs]

    # the mouse

    def _at(self, x: int) -> Piece | None:
        return next((piece for piece in self.pieces() if piece.begin <= x < piece.end), None)

    def _button(self, x: int) -> tuple[str, Face] | None:
        piece = self._at(x)
        return (piece.name, piece.face) if piece is not None and piece.face is not None else None

    def _seek(self, x: int) -> None:
        bar = next((piece for piece in self.pieces() if piece.name == "bar"), None)
        if bar is not None:
            self.post_message(self.Sought(fraction(x - bar.begin, bar.end - bar.begin)))

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Go there, and follow the pointer until it is let go."""
        piece = self._at(event.x)
        if piece is not None and piece.name == "bar":
            event.stop()
            self._dragging = True
            self.capture_mouse()
            self._seek(event.x)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Drag; else light up what is under the pointer."""
        if self._dragging:
            self._seek(event.x)
        else:
            self._point_at(event.x)

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """Stay there."""
        if self._dragging:
            event.stop()
            self._dragging = False
            self.release_mouse()
