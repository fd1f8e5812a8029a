"""Draws a ladder's rows: times, states as words and bars, segments as sloped lines with their labels.

Geometry is `ladder_layout`'s; this knows characters and styles. A line is drawn with scan lines (`⎺⎻─⎼⎽`, five heights a
row), so that it slopes evenly.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rich.style import Style

from sockviz.tcp.states import State
from sockviz.tui.render import marks
from sockviz.tui.render.canvas import Canvas, ConnectionTarget, Picture, SegmentTarget, fit, width_of
from sockviz.tui.render.ladder_layout import End, Layout, Row, Rung
from sockviz.tui.themes import Palette
from sockviz.tui.view import StageView

HEIGHTS: Final = "⎺⎻─⎼⎽"
_HOSTS: Final = ("client", "server")
_BARS: Final = 4
"""Connections that have a bar of their own."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Where things stand in a row, in cells."""

    time: int
    """Width of the time column; 0: none."""
    word: int
    """Width of a state's word; 0: none."""
    bars: tuple[int, ...]
    """Connections with a bar, from the outside inwards."""
    left: int
    """First bar of the client."""
    right: int
    """First bar of the server."""

    @property
    def first(self) -> int:
        """First cell of a segment's line."""
        return self.left + len(self.bars)

    @property
    def room(self) -> int:
        """Cells of a segment's line."""
        return max(0, self.right - self.first)


def columns(width: int, connections: Sequence[int], chosen: int | None) -> Columns:
    """What fits into `width` cells: words before times, the chosen connection's bar before the others'."""
    bars = list(connections[-_BARS:])
    if chosen is not None and chosen in connections and chosen not in bars:
        bars[0] = chosen
    count = max(1, len(bars))
    word = 11 if len(connections) < 2 else 14  # noqa: PLR2004 - with a badge when there are several
    time = 7
    if width < 2 * (word + count + 1) + time + 1 + 16:
        time = 0
    if width < 2 * (word + count + 1) + 12:
        word = 0
    left = (time + 1 if time else 0) + (word + 1 if word else 0)
    right = width - count - (word + 1 if word else 0)
    return Columns(time, word, tuple(bars), left, max(left + count, right))


def draw_ladder(
    view: StageView, layout: Layout, width: int, height: int, palette: Palette, top: int = 0
) -> Picture:
    """Rows `top` … of the ladder under its head, in `width` by `height` cells."""
    canvas = Canvas(width, height)
    shape = columns(width, layout.connections, view.selection.connection)
    rows = layout.rows[top : top + max(0, height - 1)]
    for at, row in enumerate(rows):
        _bars(canvas, at + 1, row, shape, palette)
    for y in range(len(rows) + 1, height):
        _bars(canvas, y, layout.rows[-1] if layout.rows else Row(0), shape, palette, past=True)
    for rung in layout.rungs:
        if rung.last >= top and rung.first < top + len(rows):
            _line(canvas, rung, shape, top, palette)
    for rung in layout.rungs:
        if top <= rung.first < top + len(rows):
            _label(canvas, rung.first - top + 1, rung, shape, view, palette)
    for at, row in enumerate(rows):
        previous = layout.rows[top + at - 1] if top + at > 0 else None
        _words(canvas, at + 1, row, shape, palette, several=len(layout.connections) > 1)
        _time(canvas, at + 1, row, previous, shape, palette)
    _head(canvas, shape, palette, view)
    return canvas.picture()


def _head(canvas: Canvas, shape: Columns, palette: Palette, view: StageView) -> None:
    """Names above the lifelines."""
    canvas.put(0, 0, " " * canvas.width)
    if shape.time:
        canvas.put(0, 0, "time".rjust(shape.time), palette.dim)
    canvas.put_right(
        shape.left - 1 if shape.word else shape.first, 0, "client" if shape.word else "", palette.accent
    )
    canvas.put(shape.right + max(1, len(shape.bars)) + 1, 0, "server" if shape.word else "", palette.accent)
    for at, connection in enumerate(shape.bars):
        for x in (shape.left + at, shape.right + at):
            canvas.put(
                x, 0, marks.badge(connection)[:1], palette.tint(connection), ConnectionTarget(connection)
            )


def _bars(canvas: Canvas, y: int, row: Row, shape: Columns, palette: Palette, *, past: bool = False) -> None:
    """Each end's state as a piece of its bar; below the newest row only a line for what goes on."""
    for host, start in zip(_HOSTS, (shape.left, shape.right), strict=True):
        if not shape.bars:
            canvas.put(start, y, "│", palette.faint)
        for at, connection in enumerate(shape.bars):
            state = row.states.get((host, connection), State.CLOSED)
            if state is State.CLOSED:
                canvas.put(start + at, y, "│" if at == 0 else " ", palette.faint)
            else:
                style = palette.faint if past else palette.states[state]
                canvas.put(start + at, y, marks.GLYPHS[state], style, ConnectionTarget(connection, host))


def _words(canvas: Canvas, y: int, row: Row, shape: Columns, palette: Palette, *, several: bool) -> None:
    """The state's word where it changes, outside of the bars."""
    if not shape.word:
        return
    for host, change in row.changes.items():
        badge = marks.badge(change.connection) if several else ""
        width = width_of(badge) + bool(badge) + width_of(change.after)
        x = shape.left - 1 - width if host == "client" else shape.right + len(shape.bars) + 1
        target = None if change.connection is None else ConnectionTarget(change.connection, host)
        if badge:
            x = canvas.put(x, y, badge, palette.tint(change.connection), target) + 1
        canvas.put(x, y, change.after, palette.states[change.after], target)


def _time(canvas: Canvas, y: int, row: Row, previous: Row | None, shape: Columns, palette: Palette) -> None:
    """When; under a millisecond after the row above, how much later."""
    if not shape.time:
        return
    if row.gap:
        canvas.put_right(shape.time, y, f"⋮ {marks.duration(row.gap)}", palette.dim)
        return
    later = row.t - previous.t if previous is not None and not previous.gap else None
    if later == 0:
        return
    text = f"+{later // 1000} µs" if later is not None and later < 1_000_000 else marks.clock(row.t)  # noqa: PLR2004 - 1 ms
    canvas.put_right(shape.time, y, fit(text, shape.time), palette.dim)


def _line(canvas: Canvas, rung: Rung, shape: Columns, top: int, palette: Palette) -> None:
    """A segment's way, cell by cell; its tip says how it ended."""
    room = shape.room
    if room < 1:
        return
    style = palette.tint(rung.arrow.connection)
    length = room if rung.end in {End.ARRIVED, End.IGNORED} else max(1, room // 2 + 1)
    drop = rung.last - rung.first
    for step in range(length):
        height = 2 + 5 * drop * step / max(1, length - 1)
        row, level = divmod(round(height), 5)
        sign = "╌" if rung.end is End.FLYING else HEIGHTS[level]
        canvas.put(_cell(rung, shape, step), rung.first + row - top + 1, sign, style)
    tip, tip_style = _tip(rung, style, palette)
    canvas.put(_cell(rung, shape, length - 1), rung.last - top + 1, tip, tip_style)


def _cell(rung: Rung, shape: Columns, step: int) -> int:
    return shape.first + step if rung.rightward else shape.right - 1 - step


def _tip(rung: Rung, style: Style, palette: Palette) -> tuple[str, Style]:
    match rung.end:
        case End.ARRIVED:
            return ("▶" if rung.rightward else "◀"), style
        case End.FLYING:
            return ("▷" if rung.rightward else "◁"), style
        case _:
            return marks.LOST, palette.bad


def _label(canvas: Canvas, y: int, rung: Rung, shape: Columns, view: StageView, palette: Palette) -> None:
    """What it is, near its sender: ` ●1 SYN-ACK  seq 0  ack 1 `, as much as there is room for."""
    arrow = rung.arrow
    room = shape.room - 6
    badge = marks.badge(arrow.connection)
    name = marks.segment_name(arrow.segment) + (" ↻" if arrow.retransmission else "")
    connection = view.world.connections.get(arrow.connection or 0)
    figures = marks.numbers_text(arrow.segment, arrow.sender, connection)
    note, note_style = _fate(rung, palette)
    parts = [(f" {badge}" if badge else "", palette.tint(arrow.connection)), (f" {name} ", palette.strong)]
    for text, style in ((note, note_style), (figures, palette.dim)):
        if text and sum(width_of(part) for part, _ in parts) + width_of(text) + 1 <= room:
            parts.append((text + " ", style))
    size = sum(width_of(part) for part, _ in parts)
    margin = 2 if shape.room - size >= 6 else 1 if shape.room > size + 1 else 0  # noqa: PLR2004 - what looks well
    x = shape.first + margin if rung.rightward else shape.right - margin - size
    start = x
    for text, style in parts:
        x = canvas.put(x, y, fit(text, shape.right - x), style, SegmentTarget(arrow.id))
    if view.selection.segment == arrow.id:
        canvas.underlay(y, palette.selected, start, x - start)


def _fate(rung: Rung, palette: Palette) -> tuple[str, Style]:
    match rung.end:
        case End.LOST:
            return "dropped", palette.bad
        case End.IGNORED:
            return "ignored", palette.bad
        case End.FLYING:
            return "on the wire", palette.dim
        case _:
            return "", palette.dim
