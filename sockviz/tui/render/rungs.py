"""A segment in the ladder, as an arrow: along its row, and down by stairs if it took its time.

── ●1 SYN  seq 0 ──╮
                   ╰──────▶
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Final

from rich.style import Style

from sockviz.tui.render import marks
from sockviz.tui.render.canvas import SegmentTarget, width_of
from sockviz.tui.render.ladder_layout import End, Rung
from sockviz.tui.render.sheet import Part, Sheet, size_of
from sockviz.world.cause import Cause
from sockviz.world.labels import label

_MARGIN: Final = 2
"""Cells of line before the label."""
_LOST: Final = {
    "cut": ("lost: the wire is cut", "wire cut", "cut"),
    "nobody": ("lost: nobody is there", "to nobody"),
}
"""`SegmentDropped.cause` in words, from the longest to the shortest."""
_REFUSED: Final[dict[Cause | None, tuple[str, ...]]] = {
    Cause.NO_LISTENER: ("nobody listens", "refused"),
    Cause.ABORT_ON_OVERFLOW: ("accept queue full", "queue full"),
}
"""Why a server's kernel answered with RST."""
_TAIL: Final = 3
"""Cells of line after it, at least."""


@dataclass(frozen=True, slots=True)
class Stroke:
    """An arrow on the cells `left` … `right` - 1."""

    rung: Rung
    left: int
    right: int
    label: tuple[Part, ...]
    margin: int
    """Cells between the sender and the label."""
    held: bool

    @property
    def room(self) -> int:
        """Cells from one host to the other."""
        return max(0, self.right - self.left)

    @property
    def labelled(self) -> int:
        """Cells from the sender to the label's end."""
        return self.margin + size_of(self.label)

    @property
    def length(self) -> int:
        """Cells that the arrow takes: the whole way, or a good half if it has not got there."""
        if self.rung.end in {End.ARRIVED, End.IGNORED}:
            return self.room
        return min(self.room, max(self.labelled + (1 if self.held else _TAIL), self.room * 5 // 9))

    def cell(self, step: int) -> int:
        """The cell after so many steps from the sender."""
        return self.left + step if self.rung.rightward else self.right - 1 - step


def stroke_of(sheet: Sheet, rung: Rung, left: int, right: int, *, held: bool) -> Stroke:
    """What is to be drawn of a segment between two lifelines: as much of the label as there is room for."""
    room = max(0, right - left)
    tail = 1 if held else _TAIL
    parts = _label(sheet, rung, room - _MARGIN - tail, held=held)
    spare = room - size_of(parts)
    straight = rung.first == rung.last and rung.end in {End.ARRIVED, End.IGNORED}
    margin = max(0, min(spare // 2 if straight else _MARGIN, spare))
    return Stroke(rung, left, right, parts, margin, held)


def _label(sheet: Sheet, rung: Rung, room: int, *, held: bool) -> tuple[Part, ...]:
    """` ●1 SYN-ACK  seq 0  ack 1 `, and what became of it, in at most `room` cells as far as that can be."""
    arrow, colours = rung.arrow, sheet.colours
    connection = sheet.world.connections.get(arrow.connection or 0)
    name = label(arrow.segment) + (" ↻" if arrow.retransmission else "")
    badge = marks.badge(arrow.connection)
    room = room * 5 // 9 if rung.end is End.LOST else room
    parts: list[Part] = [
        (f" {badge}" if badge else "", colours.tint(arrow.connection)),
        (f" {name} ", colours.strong),
    ]
    hidden = rung.end is End.LOST or (sheet.large and sheet.view.selection.segment != arrow.id)
    figures = "" if hidden else marks.numbers_text(arrow.segment, arrow.sender, connection)
    late = ("out of order", "late") if arrow.late else ()
    for texts, style in ((*_fate(sheet, rung, held=held),), (late, colours.warn), ((figures,), colours.dim)):
        said = (sheet.say(one) for one in texts if one)
        text = next((one for one in said if size_of(parts) + width_of(one) + 1 <= room), "")
        if text:
            parts.append((f"{text} ", style))
    return tuple(parts)


def _fate(sheet: Sheet, rung: Rung, *, held: bool) -> tuple[tuple[str, ...], Style]:
    """What became of it, in words of which the first that fits is taken."""
    colours = sheet.colours
    if held:
        return ("held",), colours.warn
    if rung.end is End.LOST:
        return _LOST.get(rung.arrow.cause or "", ("dropped",)), colours.bad
    if rung.end is End.IGNORED:
        return ("ignored",), colours.bad
    connection = sheet.world.connections.get(rung.arrow.connection or 0)
    refused = connection is not None and rung.arrow.sender == "server" and label(rung.arrow.segment) == "RST"
    return (_REFUSED.get(connection.cause, ()) if connection and refused else ()), colours.bad


def stairs(length: int, drop: int, first: int) -> Iterator[tuple[int, int, str]]:
    """The way of an arrow `length` cells along and `drop` rows down; it first turns down at cell `first`.

    Yields:
        Cell, row, and what is there: `─`, `│`, `┐` (from along to down), `└` (from down to along).
    """
    turns = [first + (length - 1 - first) * step // drop for step in range(drop)]
    for row in range(drop + 1):
        begin = turns[row - 1] if row else -1
        end = turns[row] if row < drop else length
        if begin == end:
            yield begin, row, "│"
            continue
        if row:
            yield begin, row, "└"
        for cell in range(begin + 1, end):
            yield cell, row, "─"
        if row < drop:
            yield end, row, "┐"


def draw_line(sheet: Sheet, stroke: Stroke, *, shift: int, rows: range) -> None:
    """The arrow, as far as it is in the canvas's `rows`; `shift`: from the ladder's rows to those."""
    rung, length = stroke.rung, stroke.length
    if length < 1:
        return
    drop = rung.last - rung.first
    first = min(max(stroke.labelled + 1, length // (drop + 1)), max(0, length - 2))
    forms = {"┐": "╮", "└": "╰"} if rung.rightward else {"┐": "╭", "└": "╯"}
    forms["─"] = "╌" if rung.end is End.FLYING else "─"
    tint, target = sheet.colours.tint(rung.arrow.connection), SegmentTarget(rung.arrow.id)
    y = rung.first + shift
    for row, way in groupby(stairs(length, drop, first), key=itemgetter(1)):
        if y + row in rows:
            cells = [(stroke.cell(cell), forms.get(sign, sign)) for cell, _, sign in way]
            cells = cells if rung.rightward else cells[::-1]
            sheet.canvas.put(cells[0][0], y + row, "".join(sign for _, sign in cells), tint, target)
    if y + drop in rows:
        sheet.canvas.put(stroke.cell(length - 1), y + drop, *_tip(sheet, stroke), target)


def _tip(sheet: Sheet, stroke: Stroke) -> tuple[str, Style]:
    rung, colours = stroke.rung, sheet.colours
    if rung.end in {End.LOST, End.IGNORED}:
        return marks.LOST, colours.bad
    if stroke.held:
        return marks.HELD, colours.warn
    return ("▶" if rung.rightward else "◀"), colours.tint(rung.arrow.connection)


def draw_label(sheet: Sheet, stroke: Stroke, *, shift: int, rows: range) -> None:
    """The label over the arrow, in the row where it is sent."""
    y = stroke.rung.first + shift
    if y not in rows:
        return
    size = size_of(stroke.label)
    start = stroke.left + stroke.margin if stroke.rung.rightward else stroke.right - stroke.margin - size
    start = max(start, stroke.left)
    number = stroke.rung.arrow.id
    sheet.parts(start, y, stroke.label, right=stroke.right, target=SegmentTarget(number))
    if sheet.view.selection.segment == number:
        sheet.canvas.underlay(y, sheet.colours.selected, start, min(size, stroke.right - start))
