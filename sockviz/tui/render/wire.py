"""The wire between the hosts: packets as labelled chips, each in its lane; a swarm of dots when there are too many.

             wire HELD · 2 waiting
──────────────── ●1 SYN ▶‖╌╌╌╌╌╌╌╌╌╌╌╌╌
             held 3 s  seq 0
╌╌╌╌╌╌╌◀ ■2 SYN-ACK ───────────────────
                 seq 0  ack 1
"""

from collections.abc import Sequence

from sockviz.tui.render import marks
from sockviz.tui.render.canvas import Canvas, Picture, SegmentTarget, fit, width_of
from sockviz.tui.render.flight import Fate, Packet
from sockviz.tui.render.lanes import Lanes, centre_out
from sockviz.tui.themes import Palette
from sockviz.tui.view import StageView

_TITLE = 1
_LANE = 2
"""Rows of a lane: the packet and a note."""


def draw_wire(
    view: StageView,
    on_wire: Sequence[Packet],
    lanes: Lanes,
    width: int,
    height: int,
    palette: Palette,
    hint: str = "",
) -> Picture:
    """The wire in `width` by `height` cells; `hint` (what to press) stands below when a packet is held."""
    canvas = Canvas(width, height)
    title(canvas, view, on_wire, palette)
    top, room = (_TITLE, height - _TITLE) if height > _TITLE else (0, height)
    if hint and room > _LANE + 1:
        room -= 1
        if any(packet.fate is Fate.HELD for packet in on_wire):
            _centre(canvas, height - 1, hint, palette)
    if not on_wire:
        _empty(canvas, top + max(0, room - 1) // 2, view, palette)
    elif len(on_wire) <= room // _LANE:
        count = room // _LANE
        order, taken = centre_out(count), lanes.assign((p.id for p in on_wire), count)
        for packet in on_wire:
            y = top + (room - count * _LANE) // 2 + order[taken[packet.id]] * _LANE
            _chip(canvas, y, packet, view, palette)
            _note(canvas, y + 1, packet, view, palette)
    elif len(on_wire) <= room:
        order, taken = centre_out(room), lanes.assign((p.id for p in on_wire), room)
        for packet in on_wire:
            _chip(canvas, top + order[taken[packet.id]], packet, view, palette)
    else:
        _swarm(canvas, top, room, on_wire, palette)
    return canvas.picture()


def title(canvas: Canvas, view: StageView, on_wire: Sequence[Packet], palette: Palette) -> None:
    """What the wire does, in its first row."""
    wire, header = view.world.wire, view.world.header
    if header is not None and header.source != "lab":
        text, style = ("lo" if header.source == "loopback" else ""), palette.dim
    elif wire.mode == "hold":
        waiting = sum(packet.fate is Fate.HELD for packet in on_wire)
        text, style = "wire HELD" + (f" · {waiting} waiting" if waiting else ""), palette.warn
    elif wire.mode == "cut":
        text, style = "wire CUT", palette.bad
    else:
        text, style = f"wire · {marks.duration(wire.delay)}", palette.dim
    text = fit(text, canvas.width)
    canvas.put((canvas.width - width_of(text)) // 2, 0, text, style)


def _centre(canvas: Canvas, y: int, text: str, palette: Palette) -> None:
    text = fit(text, canvas.width)
    canvas.put((canvas.width - width_of(text)) // 2, y, text, palette.dim)


def _empty(canvas: Canvas, y: int, view: StageView, palette: Palette) -> None:
    """The bare wire."""
    width = canvas.width
    if view.world.wire.mode == "cut":
        half = max(0, (width - 5) // 2)
        canvas.put(0, y, "─" * half, palette.faint)
        canvas.put(half, y, "╴" + marks.LOST.center(3) + "╶", palette.bad)
        canvas.put(half + 5, y, "─" * (width - half - 5), palette.faint)
    else:
        canvas.put(0, y, "╌" * width, palette.faint)


def label(packet: Packet) -> str:
    """`●1 SYN ×3`: `×3` resent while held, `↻` a retransmission."""
    extra = f" ×{packet.resent + 1}" if packet.resent else " ↻" if packet.retransmission else ""
    return f"{marks.badge(packet.connection)} {marks.segment_name(packet.segment)}{extra}".strip()


def _chip(canvas: Canvas, y: int, packet: Packet, view: StageView, palette: Palette) -> None:
    """The packet with the way it has come behind it and the way to go before it."""
    width = canvas.width
    chosen = view.selection.segment == packet.id
    text = f"[{label(packet)}]" if chosen else f" {label(packet)} "
    tip = {Fate.MOVING: "▶" if packet.rightward else "◀", Fate.HELD: marks.HELD}.get(packet.fate, marks.LOST)
    text = fit(text, width - 1)
    size = width_of(text) + 1
    travelled = round(packet.fraction * (width - size))
    x = travelled if packet.rightward else width - size - travelled
    if packet.fate in {Fate.MOVING, Fate.HELD}:
        behind, ahead, style = "─", "╌", palette.chip(packet.connection)
    else:
        behind, ahead, style = "╌", " ", palette.tint(packet.connection)
    left, right = (behind, ahead) if packet.rightward else (ahead, behind)
    target = SegmentTarget(packet.id)
    tint = palette.tint(packet.connection)
    canvas.put(0, y, left * x, tint if left == "─" else palette.faint)
    canvas.put(x + size, y, right * (width - x - size), tint if right == "─" else palette.faint)
    tip_style = {Fate.MOVING: tint, Fate.HELD: palette.warn}.get(packet.fate, palette.bad)
    if packet.rightward:
        x = canvas.put(x, y, text, style, target)
        canvas.put(x, y, tip, tip_style, target)
    else:
        x = canvas.put(x, y, tip, tip_style, target)
        canvas.put(x, y, text, style, target)


def _note(canvas: Canvas, y: int, packet: Packet, view: StageView, palette: Palette) -> None:
    """Below the packet: what is to be said of it, as much as there is room for."""
    width = canvas.width
    connection = view.world.connections.get(packet.connection or 0)
    figures = marks.numbers_text(packet.segment, packet.sender, connection)
    state = _state_note(packet, view.now)
    if packet.fate in {Fate.LOST, Fate.IGNORED}:
        options, style = [state, state.partition(":")[0]], palette.bad
    else:
        options, style = [f"{state}  {figures}".strip(), state or figures], palette.dim
    text = next((option for option in options if width_of(option) <= width), fit(options[-1], width))
    size = width_of(text)
    travelled = packet.fraction if packet.rightward else 1 - packet.fraction
    x = min(max(0, round(travelled * (width - 1)) - size // 2), width - size)
    if packet.fate is Fate.HELD:
        x = (width - size) // 2
    canvas.put(x, y, text, style, SegmentTarget(packet.id))
    if packet.fate is Fate.HELD:
        canvas.put(x, y, state, palette.warn, SegmentTarget(packet.id))


def _state_note(packet: Packet, now: int) -> str:
    if packet.fate is Fate.HELD:
        return f"held {marks.age(now - packet.since)}".strip()
    if packet.fate is Fate.LOST:
        return {"operator": "dropped", "cut": "lost: the wire is cut"}.get(
            packet.cause, packet.cause or "lost"
        )
    if packet.fate is Fate.IGNORED:
        return f"ignored: {packet.cause}" if packet.cause else "ignored"
    return ""


def _swarm(canvas: Canvas, top: int, rows: int, on_wire: Sequence[Packet], palette: Palette) -> None:
    """A dot a packet; client to server in the even rows, server to client in the odd ones; a digit where dots meet."""
    width = canvas.width
    for row in range(rows):
        canvas.put(0, top + row, "╌" * width, palette.faint)
    crowd: dict[tuple[int, int], int] = {}
    counts = {True: 0, False: 0}
    for packet in on_wire:
        lanes = range(0 if packet.rightward or rows < 2 else 1, rows, 2 if rows > 1 else 1)  # noqa: PLR2004 - two ways
        y = top + lanes[counts[packet.rightward] % len(lanes)]
        counts[packet.rightward] += 1
        travelled = round(packet.fraction * (width - 1))
        x = travelled if packet.rightward else width - 1 - travelled
        crowd[x, y] = crowd.get((x, y), 0) + 1
        many = crowd[x, y]
        sign = (
            marks.LOST
            if packet.fate in {Fate.LOST, Fate.IGNORED}
            else marks.badge(packet.connection)[:1] or "•"
        )
        style = palette.bad if sign == marks.LOST else palette.tint(packet.connection)
        canvas.put(x, y, sign if many == 1 else str(min(many, 9)), style, SegmentTarget(packet.id))
    note = f" {counts[True]} ▶   ◀ {counts[False]} "
    canvas.put((width - width_of(note)) // 2, top + rows - 1, note, palette.strong)
