"""The server's panel: above the line what the program holds, below it what is the kernel's.

    ╭─ server 10.0.0.1:8001 ──────── pid 11 ─╮
    │ fd 3 ┊ LISTEN   accept(3) ◷ blocked    │
    │ fd 4 ●1         recv(4) = 5            │
    ├─ kernel ────────── ▲ accept() ─────────┤
    │ accept queue 1/3  [■2][  ][  ]         │
    │                    ▲ final ACK         │
    │ SYN queue    1    [▲3]                 │
    │    ┊ LISTEN       backlog 2            │
    │ ●1 █ ESTABLISHED         fd 4  :44734  │
    ╰────────────────────────────────────────╯

The way into the program leads upwards. In a low panel the row of the final ACK is left out, and the
listener's own row wherever sockets need it.
"""

from typing import Final

from sockviz.tcp.states import State
from sockviz.tui.palettes import Palette
from sockviz.tui.render import large, marks
from sockviz.tui.render.canvas import Canvas, ConnectionTarget, Picture, fit
from sockviz.tui.render.client import address_of
from sockviz.tui.render.drops import drops_text
from sockviz.tui.render.holdings import draw_holdings, holdings, point_at_listener
from sockviz.tui.render.panel import (
    chosen_rows,
    columns,
    divider,
    frame,
    point_at_end,
    socket_row,
    timers_of,
)
from sockviz.tui.render.queues import TIGHT, Queue, draw_queue, first_slot
from sockviz.tui.render.sheet import BOX, Area, Sheet
from sockviz.tui.view import Spot, StageView
from sockviz.world.beliefs import unmatched
from sockviz.world.model import Connection, Listener, World
from sockviz.world.selectors import sees
from sockviz.world.sockets import DatagramSocket

HOST: Final = "server"
_ROOMY: Final = 10
"""Rows inside from which on everything has a row of its own."""
_ROOMY_LARGE: Final = 15
"""The same, where everything is large."""


def draw_server(view: StageView, width: int, height: int, colours: Palette) -> Picture:
    """The panel in `width` by `height` cells."""
    sheet = Sheet(Canvas(width, height), view, colours)
    listener = listener_of(view.world)
    held = holdings(view.world, HOST)
    pids = {one.program.pid for one in held}
    address = listener.local if listener else address_of(view.world, HOST)
    area = frame(sheet, HOST, address, f"pid {held[0].program.pid}" if len(pids) == 1 else "")
    sockets = [one for one in view.world.connections.values() if _has_socket(one)]
    roomy = area.height >= (_ROOMY_LARGE if sheet.large else _ROOMY)
    queues = 1 + 2 * (BOX if sheet.large else 1) + _between_them(listener, roomy=roomy)
    wanted = BOX * len(sockets) if sheet.large else len(sockets) + roomy
    rows = _program_rows(area.height - queues, len(held), wanted)
    draw_holdings(sheet, Area(area.x, area.y, area.width, rows), held)
    divider(sheet, area.y + rows, "kernel" if area.width >= TIGHT else "queues")
    y = _queues(sheet, area.y + rows, area, listener, roomy=roomy)
    if sheet.large:
        below = Area(area.x, y, area.width, max(0, area.bottom - y))
        large.sockets(sheet, below, chosen_rows(sheet, HOST, sockets, below.height), HOST, calls=False)
        return sheet.picture()
    spare = area.bottom - y - len(sockets)
    if listener is not None and spare > 1:
        y += 1
    if listener is not None and spare > 0 and roomy:
        _listener(sheet, y, area, listener)
        y += 1
    _sockets(sheet, Area(area.x, y, area.width, max(0, area.bottom - y)), sockets)
    return sheet.picture()


def listener_of(world: World) -> Listener | None:
    """The server's listener: the one that listens, else the last that did."""
    mine = [listener for (host, _), listener in world.listeners.items() if host == HOST]
    return next((one for one in mine if one.state is State.LISTEN), mine[-1] if mine else None)


def _has_socket(connection: Connection) -> bool:
    """The server has, or has had, a socket for it; or should have one (a ghost)."""
    end = connection.server
    return bool(end.history) or end.state is not State.CLOSED or unmatched(connection)


def _program_rows(height: int, descriptors: int, sockets: int) -> int:
    """Rows for the program, one a descriptor, of the `height` that it shares with the sockets."""
    sockets = min(sockets, max(2, height // 2))
    return max(1, min(max(1, descriptors), height - sockets))


def _queues(sheet: Sheet, y: int, area: Area, listener: Listener | None, *, roomy: bool) -> int:
    """The queues below the line at `y`, and what moves a connection upwards; returns the next free row."""
    canvas, colours = sheet.canvas, sheet.colours
    datagrams = [one for one in sheet.world.datagrams.values() if one.host == HOST]
    if listener is None and datagrams:
        return _datagrams(sheet, y, area, datagrams)
    if listener is None:
        text = "nobody listens" if sees(sheet.world, "table") else "queues are not seen"
        canvas.put(area.x, y + 1, fit(sheet.say(text), area.width), colours.dim)
        return y + 2
    depth = len(listener.accept_queue) if listener.depth is None else listener.depth
    waiting = Queue("accept queue", HOST, listener.accept_queue, depth, listener.capacity, full=listener.full)
    half = max(len(listener.syn_queue), listener.half_open or 0)
    full = listener.syn_capacity is not None and half >= listener.syn_capacity
    aside = "cookies" if full and _cookies(sheet.world) else ""
    opening = Queue(
        "SYN queue", HOST, listener.syn_queue, half, listener.syn_capacity, full=full, aside=aside
    )
    tall = BOX if sheet.large else 1
    between = _between_them(listener, roomy=roomy)
    below = y + 1 + tall + between
    x = min(first_slot(area, large=sheet.large), area.right - len(" ▲ accept() "))
    if listener.state is not State.LISTEN:
        _closed(sheet, y, area)
        return below + tall
    canvas.put(x, y, " ▲ accept() ", colours.accent)
    if between:
        draw_queue(sheet, y + 1, area, waiting)
        _between(sheet, y + 1 + tall, area, listener, x + 1)
        draw_queue(sheet, below, area, opening)
    else:
        others = max(0, listener.drops - listener.overflows)
        _counted(sheet, y + 1, area, waiting, listener.overflows)
        _counted(sheet, below, area, opening, others)
    _point_at_queue(sheet, y + 1, area, "accept", tall)
    _point_at_queue(sheet, below, area, "SYN", tall)
    return below + tall


def _datagrams(sheet: Sheet, y: int, area: Area, datagrams: list[DatagramSocket]) -> int:
    """UDP: each socket has one queue, of whatever comes from anybody."""
    colours = sheet.colours
    sheet.canvas.put_right(area.right, y, " ▲ recvfrom() ", colours.accent)
    for one in datagrams:
        y += 1
        port = marks.port(one.local) if one.local else ""
        parts = [
            (f"UDP {port}  ", colours.states[State.LISTEN]),
            (sheet.say(f"{one.waiting} waiting"), colours.strong if one.waiting else colours.dim),
            (
                f"  {marks.LOST} {sheet.say(f'{one.lost} dropped: buffer full')}" if one.lost else "",
                colours.bad,
            ),
        ]
        sheet.parts(area.x, y, parts, right=area.right)
    return y + 1


def _point_at_queue(sheet: Sheet, y: int, area: Area, name: str, rows: int) -> None:
    if sheet.points_at(Spot("queue", HOST, name=name)):
        sheet.point(area, y, rows)


def _between_them(listener: Listener | None, *, roomy: bool) -> bool:
    """There is a row between the queues; where rows are few, only while it has to say what is blocked."""
    if roomy or listener is None:
        return roomy
    return bool(listener.drops or listener.overflows) and (listener.full or listener.syn_full)


def _closed(sheet: Sheet, y: int, area: Area) -> None:
    """The listener is closed: there are no queues, and the kernel refuses."""
    sheet.canvas.put_right(area.right, y, f" {marks.LOST} {sheet.say('nobody listens')} ", sheet.colours.bad)
    for at, text in enumerate(("no listener, so no queues:", "a SYN is answered with RST")):
        sheet.canvas.put(area.x, y + 1 + at, fit(sheet.say(text), area.width), sheet.colours.text)


def _counted(sheet: Sheet, y: int, area: Area, queue: Queue, dropped: int) -> None:
    """A queue, and at the right how much was dropped because of it."""
    lost = f"{marks.LOST} {dropped}" if dropped else ""
    sheet.canvas.put_right(area.right, y, lost, sheet.colours.bad)
    room = area.width - (len(lost) + 1 if lost else 0)
    draw_queue(sheet, y, Area(area.x, area.y, room, area.height), queue)


def _between(sheet: Sheet, y: int, area: Area, listener: Listener, x: int) -> None:
    """Between the queues: the way up, at cell `x`; or, where it is blocked, why, and what that has cost."""
    colours = sheet.colours
    said = drops_text(sheet.view, listener, area.width)
    if not (listener.full or listener.syn_full):
        said = drops_text(sheet.view, listener, x - area.x - 1)
    after = sheet.canvas.put(area.x, y, said, colours.bad)
    if after < x:
        sheet.canvas.put(x, y, f"▲ {sheet.say('final ACK')}", colours.accent)


def _cookies(world: World) -> bool:
    """The server answers with cookies: some client's SYN was."""
    return any(one.cookie and one.closed is None for one in world.connections.values())


def _listener(sheet: Sheet, y: int, area: Area, listener: Listener) -> None:
    """The listening socket: its state, and what listen() was given."""
    canvas, colours = sheet.canvas, sheet.colours
    sign = f"{marks.GLYPHS[listener.state]} {listener.state}"
    x = canvas.put(area.x + 3, y, sign, colours.states[listener.state])
    if listener.backlog is not None:
        canvas.put(x + 2, y, sheet.say(f"backlog {listener.backlog}"), colours.dim)
    point_at_listener(sheet, y, area)


def _sockets(sheet: Sheet, area: Area, sockets: list[Connection]) -> None:
    """A row for each connection."""
    shown = chosen_rows(sheet, HOST, sockets, area.height)
    shape = columns(area, shown, timers_of(sheet, shown, HOST))
    for at, connection in enumerate(shown):
        if unmatched(connection) and connection.server.state is State.CLOSED:
            _ghost(sheet, area.y + at, area, connection, x=shape.state)
        else:
            socket_row(sheet, area.y + at, area, connection, connection.server, shape=shape)
    if len(shown) < len(sockets) and area.height:
        more = sheet.say(f"… {len(sockets) - len(shown)} more")
        sheet.canvas.put(area.x, area.y + len(shown), more, sheet.colours.dim)


def _ghost(sheet: Sheet, y: int, area: Area, connection: Connection, *, x: int) -> None:
    """`▲3 ◌ no socket here ╌╌╌╌`: a place where the client thinks that somebody is."""
    canvas, colours, target = sheet.canvas, sheet.colours, ConnectionTarget(connection.id, HOST)
    canvas.put(area.x, y, marks.badge(connection.id), colours.dim)
    parts = [(f"{marks.GHOST} ", colours.bad), (f"{sheet.say('no socket here')} ", colours.dim)]
    after = sheet.parts(x, y, parts, right=area.right)
    canvas.put(after, y, "╌" * (area.right - after), colours.faint)
    if sheet.view.selection.connection == connection.id:
        canvas.put(area.x - 1, y, "▸", colours.accent)
        canvas.underlay(y, colours.selected, area.x - 1, area.width + 2)
    point_at_end(sheet, y, area, connection, connection.server)
    canvas.row_target(y, target, area.x - 1, area.width + 2)
