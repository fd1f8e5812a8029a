"""The wire between the hosts: packets as labelled chips, each in its lane; dots when there are too many.

             wire HELD · 1 waiting
──────────────── ●1 SYN ‖╌╌╌╌╌╌╌╌╌╌╌╌╌╌
              held 3 s  seq 0
╌╌╌╌╌╌╌◀ ■2 SYN-ACK ───────────────────
            seq 0  ack 1
"""

import re
from collections.abc import Sequence
from typing import Final

from rich.style import Style

from sockviz.tui.palettes import Palette
from sockviz.tui.render import marks
from sockviz.tui.render.canvas import Canvas, Picture, SegmentTarget, fit, width_of
from sockviz.tui.render.caption import wrap
from sockviz.tui.render.flight import Fate, Packet
from sockviz.tui.render.lanes import Lanes, centre_out
from sockviz.tui.render.sheet import BOX, Area, Part, Sheet, size_of
from sockviz.tui.render.split import draw_splits, rows_of, shown_splits
from sockviz.tui.view import Spot, StageView
from sockviz.world.labels import duration, label

_PITCHES: Final = (3, 2, 1)
"""Rows of a lane: packet, note and a blank row; packet and note; packet."""
_PITCHES_LARGE: Final = (BOX + 2, BOX + 1, BOX, 2, 1)
"""The same for packets of `BOX` rows, and where there is no room for them."""
_FALLEN: Final = frozenset({Fate.LOST, Fate.IGNORED})
_LOST: Final = {
    "operator": "dropped",
    "cut": "lost: the wire is cut",
    "nobody": "lost: nobody is there",
}
"""`SegmentDropped.cause` in words."""
_MANY: Final = 9
"""What a single digit can say."""


def draw_wire(
    view: StageView, on_wire: Sequence[Packet], lanes: Lanes, *, width: int, height: int, colours: Palette
) -> Picture:
    """The wire in `width` by `height` cells."""
    sheet = Sheet(Canvas(width, height), view, colours)
    top = 1 if height > 1 else 0
    room = max(0, height - top)
    if top:
        _title(sheet, on_wire)
        if sheet.points_at(Spot("wire")):
            sheet.point(Area(1, 0, width - 2, 1), 0)
    found = shown_splits(view)
    below = rows_of(sheet, found, _spare(len(on_wire), room))
    room -= below
    if below:
        draw_splits(sheet, Area(0, top + room, width, below), found)
    if not on_wire or not room:
        _empty(sheet, top + max(0, room - 1) // 2)
        return sheet.picture()
    pitches = _PITCHES_LARGE if sheet.large else _PITCHES
    pitch = next((rows for rows in pitches if len(on_wire) <= _lanes(room, rows, pitches[0])), 0)
    if not pitch:
        _swarm(sheet, top, room, on_wire)
        return sheet.picture()
    count = _lanes(room, pitch, pitches[0])
    tall = BOX if sheet.large and pitch >= BOX else 1
    order, taken = centre_out(count), lanes.assign((packet.id for packet in on_wire), count)
    for packet in on_wire:
        y = top + (room - count * pitch) // 2 + order[taken[packet.id]] * pitch
        _packet(sheet, y, packet, tall=tall > 1)
        if pitch > tall:
            _note(sheet, y + tall, packet, rows=pitch - tall)
    return sheet.picture()


def _spare(packets: int, room: int) -> int:
    """Rows that packets leave for something else."""
    if not packets:
        return room - 2
    return room // 2 if packets <= room else room // 5


def _lanes(room: int, pitch: int, spacious: int) -> int:
    """How many lanes there are in `room` rows; the spacious ones are odd in number: one is in the middle."""
    count = room // pitch
    return count - (pitch == spacious and count % 2 == 0)


def _title(sheet: Sheet, on_wire: Sequence[Packet]) -> None:
    """What the wire does."""
    wire, header, colours = sheet.world.wire, sheet.world.header, sheet.colours
    if header is not None and header.source != "lab":
        sheet.centred(0, "lo" if header.source == "loopback" else "", colours.dim)
    elif wire.mode == "hold":
        waiting = sum(packet.fate is Fate.HELD for packet in on_wire)
        _stopped(sheet, f"wire HELD · {waiting} waiting" if waiting else "wire HELD", colours.warn)
    elif wire.mode == "cut":
        _stopped(sheet, "wire CUT", colours.bad)
    else:
        text = f"wire · {duration(wire.delay)}" if wire.delay else "wire"
        sheet.centred(0, sheet.say(text), colours.dim)


def _stopped(sheet: Sheet, text: str, style: Style) -> None:
    """It is not as one would expect."""
    text = sheet.say(text)
    if sheet.large:
        text, style = f"  {text}  ", style + Style(reverse=True)
    sheet.centred(0, text, style)


def _empty(sheet: Sheet, y: int) -> None:
    """The bare wire; with a hole in it if it is cut, and a word where packets can't be seen."""
    width = sheet.canvas.width
    if sheet.world.wire.mode == "cut":
        sheet.canvas.put(0, y, "─" * width, sheet.colours.faint)
        sheet.centred(y, f"╴ {marks.LOST} ╶", sheet.colours.bad)
    else:
        sheet.canvas.put(0, y, "╌" * width, sheet.colours.faint)
    header = sheet.world.header
    if header is not None and header.capabilities and "capture" not in header.capabilities:
        sheet.centred(y + 1, sheet.say("packets are hidden here"), sheet.colours.dim)


def _name(packet: Packet) -> str:
    """`●1 SYN`, with how often the kernel has sent it by now while it is held; `↻`: it repeats another."""
    extra = f" {marks.TIMES}{packet.resent + 1}" if packet.resent else " ↻" if packet.retransmission else ""
    return f"{marks.badge(packet.connection)} {label(packet.segment)}{extra}".strip()


def _packet(sheet: Sheet, y: int, packet: Packet, *, tall: bool = False) -> None:
    """The packet, the way it has come behind it and the way to go before it."""
    canvas, colours = sheet.canvas, sheet.colours
    tint, target = colours.tint(packet.connection), SegmentTarget(packet.id)
    chosen = sheet.view.selection.segment == packet.id
    pad = " " if tall else ""
    pointed = sheet.points_at(Spot("packet", number=packet.id))
    first, last = ("»", "«") if pointed else ("[", "]") if chosen else (" ", " ")
    text = fit(f"{pad}{first}{_name(packet)}{last}{pad}", canvas.width - 1)
    size = width_of(text) + 1
    travelled = round(packet.fraction * (canvas.width - size))
    x = travelled if packet.rightward else canvas.width - size - travelled
    fallen = packet.fate in _FALLEN
    behind = ("╌", colours.faint) if fallen else ("─", tint)
    ahead = (" " if fallen else "╌", colours.faint)
    left, right = (behind, ahead) if packet.rightward else (ahead, behind)
    chip = (text, tint if fallen else colours.chip(packet.connection))
    if tall:
        _edges(sheet, x + (not packet.rightward), y, size - 1, tint, hollow=fallen)
        y += 1
    canvas.put(0, y, left[0] * x, left[1])
    canvas.put(x + size, y, right[0] * (canvas.width - x - size), right[1])
    pieces = [chip, _tip(packet, sheet)] if packet.rightward else [_tip(packet, sheet), chip]
    sheet.parts(x, y, pieces, right=canvas.width, target=target)
    if pointed:
        begin = x + (not packet.rightward) + len(pad)
        sheet.canvas.put(begin, y, "»", colours.pointer, target)
        sheet.canvas.put(begin + size - 2 - 2 * len(pad), y, "«", colours.pointer, target)


def _edges(sheet: Sheet, x: int, y: int, size: int, ink: Style, *, hollow: bool) -> None:
    """Above and below a tall packet; what is lost is not filled any more."""
    for row, sign in ((y, "▄"), (y + BOX - 1, "▀")):
        sheet.canvas.put(x, row, ("╌" if hollow else sign) * size, sheet.colours.faint if hollow else ink)


def _tip(packet: Packet, sheet: Sheet) -> tuple[str, Style]:
    """What is before the packet: where it goes, or what stopped it."""
    if packet.fate is Fate.MOVING:
        return ("▶" if packet.rightward else "◀"), sheet.colours.tint(packet.connection)
    if packet.fate is Fate.HELD:
        return marks.HELD, sheet.colours.warn
    return marks.LOST, sheet.colours.bad


def _note(sheet: Sheet, y: int, packet: Packet, *, rows: int) -> None:
    """Under the packet: its numbers, or what became of it; as much as there is room for."""
    if packet.fate in _FALLEN:
        fate = sheet.say(_fate(packet, sheet.view.now))
        lines = wrap(fate, sheet.canvas.width, rows)
        if len(wrap(fate, sheet.canvas.width, rows + 1)) > rows:
            lines = wrap(sheet.say(_clause(packet)), sheet.canvas.width, rows)
        for at, line in enumerate(lines):
            _under(sheet, y + at, packet, [(line, sheet.colours.bad)])
        return
    colours = sheet.colours
    connection = sheet.world.connections.get(packet.connection or 0)
    wanted = not sheet.large or sheet.view.selection.segment == packet.id
    figures = marks.numbers_text(packet.segment, packet.sender, connection) if wanted else ""
    state = sheet.say(_fate(packet, packet.since if sheet.large else sheet.view.now))
    pieces = [(state, colours.warn), ("  " if state and figures else "", colours.dim), (figures, colours.dim)]
    if size_of(pieces) > sheet.canvas.width:
        pieces = [(state, colours.warn)] if state else [(figures, colours.dim)]
    _under(sheet, y, packet, pieces)


def _under(sheet: Sheet, y: int, packet: Packet, pieces: Sequence[Part]) -> None:
    """A text centred under the packet, as far as the edges allow."""
    width, size = sheet.canvas.width, size_of(pieces)
    middle = packet.fraction if packet.rightward else 1 - packet.fraction
    x = min(max(0, round(middle * (width - 1)) - size // 2), max(0, width - size))
    sheet.parts(x, y, pieces, right=width, target=SegmentTarget(packet.id))


def _fate(packet: Packet, now: int) -> str:
    match packet.fate:
        case Fate.HELD:
            return f"held {marks.age(now - packet.since)}".strip()
        case Fate.LOST:
            return _LOST.get(packet.cause, packet.cause or "lost")
        case Fate.IGNORED:
            return f"ignored: {packet.cause}" if packet.cause else "ignored"
        case _:
            return ""


def _clause(packet: Packet) -> str:
    """The cause without its numbers: `the accept queue is full`."""
    return re.split(r"[:(]", packet.cause)[0].strip() or _fate(packet, packet.since)


def _swarm(sheet: Sheet, top: int, rows: int, on_wire: Sequence[Packet]) -> None:
    """A dot a packet: one way in the even rows, the other way in the odd ones; a digit where dots meet."""
    canvas, colours = sheet.canvas, sheet.colours
    width, ways = canvas.width, 2 if rows > 1 else 1
    lanes = {True: range(0, rows, ways), False: range(ways - 1, rows, ways)}
    for row in range(rows):
        canvas.put(0, top + row, "╌" * width, colours.faint)
        if ways > 1:
            canvas.put(0 if row % 2 else width - 1, top + row, "◀" if row % 2 else "▶", colours.faint)
    crowd: dict[tuple[int, int], tuple[int, Packet]] = {}
    counts = {True: 0, False: 0}
    for packet in on_wire:
        y = top + lanes[packet.rightward][packet.id // 2 % len(lanes[packet.rightward])]
        counts[packet.rightward] += 1
        travelled = round(packet.fraction * (width - 1))
        x = travelled if packet.rightward else width - 1 - travelled
        crowd[x, y] = (crowd[x, y][0] + 1 if (x, y) in crowd else 1), packet
    for (x, y), (many, packet) in crowd.items():
        fallen = packet.fate in _FALLEN
        dot = marks.LOST if fallen else marks.badge(packet.connection)[:1] or "•"
        style = colours.bad if fallen else colours.tint(packet.connection)
        canvas.put(x, y, dot if many == 1 else str(min(many, _MANY)), style, SegmentTarget(packet.id))
    sheet.centred(top + rows - 1, f" {counts[True]} ▶  ◀ {counts[False]} ", colours.strong)
