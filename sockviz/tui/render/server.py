"""The server's panel: what the program holds above the line, what is the kernel's below it. Everything moves upwards.

╭─ server 10.0.0.1:8001 ─────────────────╮
│ fd 3 ┊ LISTEN    accept(3) ◷ blocked   │
│ fd 4 ●1          recv(4) = 5           │
├─ kernel ─────────── ▲ accept() ────────┤
│ accept queue  1/3  [■2][  ][  ]        │
│                     ▲ final ACK        │
│ SYN queue     1    [▲3]                │
│ ┊ LISTEN  :8001  backlog 2             │
│ ●1 █ ESTABLISHED          fd 4  :44734 │
╰────────────────────────────────────────╯
"""

from sockviz.tcp.states import State
from sockviz.tui.render import marks
from sockviz.tui.render.canvas import Canvas, ConnectionTarget, Picture
from sockviz.tui.render.panel import (
    Area,
    call_parts,
    choose,
    divider,
    frame,
    programs_of,
    put_parts,
    socket_row,
)
from sockviz.tui.render.queues import Queue, draw_queue
from sockviz.tui.themes import Palette
from sockviz.tui.view import StageView
from sockviz.world.model import Connection, Descriptor, Listener, Program, SystemCall, World

HOST = "server"
_LABEL = len("accept queue")


def draw_server(view: StageView, width: int, height: int, palette: Palette) -> Picture:
    """The panel in `width` by `height` cells."""
    canvas = Canvas(width, height)
    world = view.world
    listener = listener_of(world)
    program = next((p for p in programs_of(world, HOST) if p.running), None)
    area = frame(canvas, _title(world, listener), f"pid {program.pid}" if program else "", palette)
    sockets = [
        c for c in world.connections.values() if c.server.history or c.server.state is not State.CLOSED
    ]
    held = _descriptors(program)
    rows = _program_rows(area.height, len(held), len(sockets))
    _program(canvas, Area(area.x, area.y, area.width, rows), view, program, held, palette)
    y = area.y + rows
    divider(canvas, y, "kernel", palette)
    y = _queues(canvas, y, area, listener, palette)
    rest = Area(area.x, y, area.width, area.y + area.height - y)
    _sockets(canvas, rest, view, listener, sockets, palette)
    return canvas.picture()


def listener_of(world: World) -> Listener | None:
    """The server's listener: the one that listens, else the last that did."""
    mine = [listener for (host, _), listener in world.listeners.items() if host == HOST]
    return next((one for one in mine if one.state is State.LISTEN), mine[-1] if mine else None)


def _title(world: World, listener: Listener | None) -> str:
    if listener is not None:
        return f"{HOST} {listener.local}"
    hosts = world.header.hosts if world.header else ()
    return f"{HOST} " + next(
        (host.addresses[0] for host in hosts if host.name == HOST and host.addresses), ""
    )


def _descriptors(program: Program | None) -> list[Descriptor]:
    return sorted(program.descriptors.values(), key=lambda d: d.fd) if program else []


def _program_rows(height: int, descriptors: int, sockets: int) -> int:
    """Rows for the program: one a descriptor, as long as the kernel's zone (line, queues, sockets) has what it needs."""
    spare = height - 4
    kernel = min(1 + sockets, max(2, spare // 2))
    return max(1, min(max(1, descriptors), spare - kernel))


def _program(
    canvas: Canvas,
    area: Area,
    view: StageView,
    program: Program | None,
    held: list[Descriptor],
    palette: Palette,
) -> None:
    """A row for each descriptor: what it is, and the call that is made on it."""
    if program is None:
        canvas.put(area.x, area.y, "no program is running", palette.dim)
        return
    calls = {call.fd: call for call in sorted(program.calls.values(), key=lambda c: c.entered)}
    if not held:
        last = max(program.calls.values(), key=lambda c: c.entered, default=None)
        put_parts(canvas, area.x, area.y, call_parts(last, view.now, palette) if last else [], area.right)
        return
    single = len(held) <= area.height
    listed = held if single else held[: area.height - 1]
    for at, descriptor in enumerate(listed):
        _descriptor(canvas, area.y + at, area, view, descriptor, calls.get(descriptor.fd), palette)
    if not single:
        _flow(canvas, area.y + area.height - 1, area, held[area.height - 1 :], palette)


def _descriptor(
    canvas: Canvas,
    y: int,
    area: Area,
    view: StageView,
    descriptor: Descriptor,
    call: SystemCall | None,
    palette: Palette,
) -> None:
    x = canvas.put(area.x, y, f"fd {descriptor.fd:<2} ", palette.text)
    if descriptor.connection is not None:
        target = ConnectionTarget(descriptor.connection, HOST)
        canvas.put(x, y, marks.badge(descriptor.connection), palette.chip(descriptor.connection), target)
    elif descriptor.kind == "listening":
        canvas.put(x, y, "listener", palette.states[State.LISTEN])
    else:
        canvas.put(x, y, descriptor.kind, palette.dim)
    if call is not None:
        put_parts(canvas, x + 10, y, call_parts(call, view.now, palette), area.right)
    elif descriptor.kind == "listening":
        canvas.put(x + 10, y, "accept() not called", palette.dim)


def _flow(canvas: Canvas, y: int, area: Area, held: list[Descriptor], palette: Palette) -> None:
    """Descriptors side by side: `fd 4 ●1  fd 5 ■2 … +3`."""
    x = area.x
    for at, descriptor in enumerate(held):
        sign = marks.badge(descriptor.connection) or descriptor.kind[:1]
        text = f"fd {descriptor.fd} "
        more = f"… +{len(held) - at}"
        if x + len(text) + len(sign) + 1 + (len(more) if at < len(held) - 1 else 0) > area.right:
            canvas.put(x, y, more, palette.strong)
            return
        x = canvas.put(x, y, text, palette.dim)
        x = canvas.put(x, y, sign, palette.chip(descriptor.connection)) + 2


def _queues(canvas: Canvas, y: int, area: Area, listener: Listener | None, palette: Palette) -> int:
    """From the line at `y` on: the way up from the SYN queue into the program. Returns the first free row."""
    if listener is None:
        canvas.put(area.x, y + 1, "nobody listens", palette.dim)
        return y + 2
    depth = len(listener.accept_queue) if listener.depth is None else listener.depth
    accept = Queue("accept queue", listener.accept_queue, depth, listener.capacity, full=listener.full)
    x = draw_queue(canvas, y + 1, area, accept, _LABEL, HOST, palette)
    canvas.put(x, y, " ▲ accept() ", palette.accent)
    canvas.put(x + 1, y + 2, "▲ final ACK", palette.accent)
    half = max(len(listener.syn_queue), listener.half_open or 0)
    syn = Queue(
        "SYN queue",
        listener.syn_queue,
        half,
        listener.syn_capacity,
        full=half >= (listener.syn_capacity or half + 1),
    )
    draw_queue(canvas, y + 3, area, syn, _LABEL, HOST, palette)
    return y + 4


def _sockets(
    canvas: Canvas,
    area: Area,
    view: StageView,
    listener: Listener | None,
    sockets: list[Connection],
    palette: Palette,
) -> None:
    """The listener, then a row for each connection."""
    y = area.y
    if listener is not None and area.height > 0:
        _listener(canvas, y, area, listener, palette)
        y += 1
    room = area.y + area.height - y
    alive = [c.server.state is not State.CLOSED for c in sockets]
    chosen = [c.id == view.selection.connection for c in sockets]
    shown = choose(sockets, room if len(sockets) <= room else room - 1, chosen, alive)
    for connection in shown:
        socket_row(canvas, y, area, view, connection, connection.server, palette)
        y += 1
    if len(shown) < len(sockets) and room > 0:
        canvas.put(area.x, y, f"… {len(sockets) - len(shown)} more", palette.dim)


def _listener(canvas: Canvas, y: int, area: Area, listener: Listener, palette: Palette) -> None:
    sign = f"{marks.GLYPHS[listener.state]} {listener.state}"
    x = canvas.put(area.x, y, sign, palette.states[listener.state])
    if listener.backlog is not None:
        x = canvas.put(x, y, f"  backlog {listener.backlog}", palette.dim)
    dropped = max(listener.drops, listener.overflows)
    if dropped:
        canvas.put_right(area.right, y, f"{marks.LOST} {dropped} dropped", palette.bad)
