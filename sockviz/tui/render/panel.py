"""What the two host panels share: the box, a socket, a call, and which rows to show if there are too many."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from sockviz.tcp.states import State
from sockviz.tui.render import marks
from sockviz.tui.render.canvas import ConnectionTarget, fit, width_of
from sockviz.tui.render.sheet import Area, Part, Sheet, size_of
from sockviz.tui.render.timers import FORMS, timer_forms
from sockviz.tui.view import Spot
from sockviz.world.beliefs import unmatched
from sockviz.world.model import Connection, Endpoint, Program, SystemCall
from sockviz.world.selectors import disputed, sees

Item = TypeVar("Item")

STATE: Final = 13
"""Cells of the longest state with its sign."""


def frame(sheet: Sheet, name: str, address: str, note: str = "") -> Area:
    """A rounded box around the whole sheet, named in its top edge; `note` at the right, if there is room.

    Returns:
        The inside. The cell to the left of it is free for a mark.
    """
    canvas, colours = sheet.canvas, sheet.colours
    width, height = canvas.width, canvas.height
    address, note = ("", "") if sheet.large else (address, note)
    pointed = sheet.points_at(Spot("host", name))
    corners, across, down = ("┏┓┗┛", "━", "┃") if pointed else ("╭╮╰╯", "─", "│")
    ink = colours.warn if pointed else colours.border
    canvas.put(0, 0, corners[0] + across * (width - 2) + corners[1], ink)
    for y in range(1, height - 1):
        canvas.put(0, y, down, ink)
        canvas.put(width - 1, y, down, ink)
    canvas.put(0, height - 1, corners[2] + across * (width - 2) + corners[3], ink)
    end = canvas.put(
        2, 0, f" {fit(sheet.say(name), width - 6)} ", colours.pointer if pointed else colours.accent
    )
    if address and width - end - 3 > 0:
        end = canvas.put(end, 0, f"{fit(address, width - end - 3)} ", colours.strong)
    if note and end + width_of(note) + 4 <= width:
        canvas.put_right(width - 2, 0, f" {note} ", colours.dim)
    return Area(2, 1, max(0, width - 4), max(0, height - 2))


def divider(sheet: Sheet, y: int, label: str) -> None:
    """A line across the box, with a label."""
    canvas = sheet.canvas
    canvas.put(0, y, "├" + "─" * (canvas.width - 2) + "┤", sheet.colours.border)
    canvas.put(2, y, f" {sheet.say(label)} ", sheet.colours.dim)


def call_parts(sheet: Sheet, call: SystemCall, room: int) -> list[Part]:
    """`accept(3) ◷ blocked 3 s`, `connect(3) = -1 ECONNREFUSED`; shorter if `room` cells are too few."""
    parts = _call(sheet, call)
    if size_of(parts) <= room:
        return parts
    if call.error:
        return [(f"{marks.LOST} ", sheet.colours.bad), parts[-1]]
    shorter = parts[:-1]
    if call.returned is None and size_of(shorter) > room:
        return [parts[0], (f" {marks.BLOCKED}", sheet.colours.warn)]
    return shorter


def _call(sheet: Sheet, call: SystemCall) -> list[Part]:
    """The call, what came of it, and a last part that can be done without (or, an error, alone)."""
    colours = sheet.colours
    text = f"{call.name}({'' if call.fd is None else call.fd})"
    if call.returned is None:
        waited = "" if sheet.large else marks.age(sheet.view.now - call.entered)
        return [
            (text, colours.strong),
            (f" {marks.BLOCKED} {sheet.say('blocked')}", colours.warn),
            (f" {waited}".rstrip(), colours.dim),
        ]
    if call.error:
        return [(text, colours.text), (" = -1 ", colours.dim), (call.error, colours.bad)]
    # The program ended in it: it never returned.
    result = f" {sheet.say('ended')}" if call.result is None else f" = {call.result}"
    return [(text, colours.text), (result, colours.dim)]


def state_parts(sheet: Sheet, connection: Connection, end: Endpoint, room: int) -> list[Part]:
    """The state with its sign; where the kernel's table says otherwise, both; of a ghost, that it is one."""
    states, bad = sheet.colours.states, sheet.colours.bad
    if unmatched(connection) and end.state is not State.CLOSED:
        return _ghost(sheet, end, room)
    sign = marks.state_sign(end)
    said = disputed(sheet.world, end)
    if said is None:
        return [(sign, states[end.state]), (" RST" if end.reset else "", bad)]
    both = [
        (sign, states[end.state]),
        (f" {marks.SPLIT} ", bad),
        (f"{marks.GLYPHS[said]} {said}", states[said]),
    ]
    if size_of(both) <= room:
        return both
    return [(end.state, states[end.state]), (marks.SPLIT, bad), (said, states[said])]


def _ghost(sheet: Sheet, end: Endpoint, room: int) -> list[Part]:
    """`◌ ESTABLISHED ghost`: it has a state, and nobody shares it."""
    dim, bad = sheet.colours.dim, sheet.colours.bad
    state = marks.state_sign(end).partition(" ")[2]
    ghost = f" {sheet.say('ghost')}"
    parts = [(f"{marks.GHOST} ", bad), (state, dim), (ghost, bad)]
    if size_of(parts) <= room:
        return parts
    short = [(marks.GHOST, bad), (end.state, dim), (ghost, bad)]
    return short if size_of(short) <= room else [(f"{marks.GHOST} ", bad), (end.state, dim)]


@dataclass(frozen=True, slots=True)
class Columns:
    """What stands in the right part of a socket's row, from left to right, and where each column ends."""

    fd: int = 0
    timer: int = 0
    port: int = 0
    age: int = 0
    """Ends of the columns; 0: there is no room for it."""
    state: int = 0
    """Where the state begins."""
    form: int = 0
    """How timers are written: the longest way is 0."""


_WIDTHS: Final = {"fd": 5, "port": 7, "age": 5}
_CHOICES: Final = (
    (0, "fd timer port age"),
    (1, "fd timer port age"),
    (0, "fd timer port"),
    (1, "fd timer port"),
    (0, "fd timer"),
    (1, "fd timer"),
    (2, "fd timer port"),
    (2, "fd timer"),
    (2, "timer"),
)
"""Where a timer runs: how it is written, and what stands beside it; the first that fits."""


def columns(area: Area, connections: Sequence[Connection], timers: Sequence[tuple[str, ...]] = ()) -> Columns:
    """What fits beside the longest state: the descriptor, what timers say, then the port, then the age."""
    badge = max((width_of(marks.badge(connection.id)) for connection in connections), default=2)
    state, room = area.x + badge + 1, area.width - badge - 1 - STATE
    running = [forms for forms in timers if forms]
    for form, names in _CHOICES if running else ():
        widest = max(width_of(forms[form]) for forms in running)
        widths = {name: _WIDTHS.get(name, widest + 1 + (form < FORMS - 1)) for name in names.split()}
        if sum(widths.values()) <= room:
            return Columns(**_ends(widths, area.right), state=state, form=form)
    widths = dict(_WIDTHS)
    while widths and sum(widths.values()) > room:
        widths.popitem()
    return Columns(**_ends(widths, area.right), state=state)


def _ends(widths: dict[str, int], right: int) -> dict[str, int]:
    """Where columns of these widths end, the last one at `right`."""
    ends = {}
    for name in reversed(widths):
        ends[name] = right
        right -= widths[name]
    return ends


def point_at_program(sheet: Sheet, y: int, area: Area, program: Program) -> None:
    """If one of its sockets or its last call is spoken of."""
    spots = [Spot(kind, program.host, program.pid) for kind in ("program", "program-row")]
    calls = [Spot("call", number=call.id) for call in program.calls.values()]
    if sheet.points_at(*spots, *calls):
        sheet.point(area, y)


def timers_of(sheet: Sheet, connections: Sequence[Connection], host: str) -> list[tuple[str, ...]]:
    """What the timers of these connections' ends say."""
    return [timer_forms(sheet.view, connection, connection.end(host)) for connection in connections]


def socket_row(
    sheet: Sheet, y: int, area: Area, connection: Connection, end: Endpoint, *, shape: Columns
) -> None:
    """One end of a connection: badge, state, and at the right its descriptor, its port and since when."""
    canvas, colours = sheet.canvas, sheet.colours
    sheet.badge(area.x, y, connection.id)
    parts = state_parts(sheet, connection, end, area.right - shape.state)
    after = sheet.parts(shape.state, y, parts, right=area.right)
    if end.state is not State.CLOSED:
        known = end.fd is not None or sees(sheet.world, "table")
        fd = f"fd {marks.NOBODY if end.fd is None else end.fd}" if known else ""
        far = marks.port(end.local if end.host == "client" else end.remote)
        forms = timer_forms(sheet.view, connection, end)
        texts = (
            (fd, shape.fd, colours.dim if end.fd is None else colours.text),
            (forms[shape.form] if forms else "", shape.timer, colours.timer),
            (far, shape.port, colours.dim),
            (marks.short_age(sheet.view.now - end.since), shape.age, colours.dim),
        )
        for text, right, style in texts:
            if right and right - width_of(text) > after:
                canvas.put_right(right, y, text, style)
    if sheet.view.selection.connection == connection.id:
        canvas.put(area.x - 1, y, "▸", colours.accent)
        canvas.underlay(y, colours.selected, area.x - 1, area.width + 2)
    point_at_end(sheet, y, area, connection, end)
    canvas.row_target(y, ConnectionTarget(connection.id, end.host), area.x - 1, area.width + 2)


def point_at_end(
    sheet: Sheet, y: int, area: Area, connection: Connection, end: Endpoint, *, rows: int = 1
) -> None:
    """If it is spoken of. `rows`: what it takes."""
    if sheet.points_at(Spot("end", end.host, connection.id), Spot("row", end.host, connection.id)):
        sheet.point(area, y, rows)


def point_at_call(sheet: Sheet, y: int, area: Area, call: SystemCall | None) -> None:
    """If it is spoken of."""
    if call is not None and sheet.points_at(Spot("call", number=call.id)):
        sheet.point(area, y)


def choose(items: Sequence[Item], room: int, *, keep: Sequence[bool], prefer: Sequence[bool]) -> list[Item]:
    """At most `room` of the items, in their order: first the kept, then the preferred, then the newest."""
    if len(items) <= room:
        return list(items)
    order = sorted(range(len(items)), key=lambda i: (keep[i], prefer[i], i), reverse=True)
    return [items[i] for i in sorted(order[: max(0, room)])]


def chosen_rows(sheet: Sheet, host: str, connections: Sequence[Connection], room: int) -> list[Connection]:
    """The connections to show in `room` rows, one of which says how many more there are, if need be."""
    if len(connections) > room:
        room -= 1
    pointed = {
        spot.number for spot in sheet.view.pointed if spot.kind in ("end", "row") and spot.host == host
    }
    return choose(
        connections,
        room,
        keep=[c.id == sheet.view.selection.connection or c.id in pointed for c in connections],
        prefer=[c.end(host).state is not State.CLOSED or unmatched(c) for c in connections],
    )
