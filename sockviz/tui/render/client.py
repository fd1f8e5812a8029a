"""The client's panel: every connection's end, and what its program is doing.

╭─ client 10.0.0.2 ──────────────╮
│ ●1 █ ESTABLISHED   fd 3 :44734 │
│    connect(3) = 0              │
│ ■2 ░ SYN_SENT      fd 3 :44736 │
│    connect(3) ◷ blocked 3 s    │
╰────────────────────────────────╯
"""

from sockviz.tcp.states import State
from sockviz.tui.render.canvas import Canvas, Picture
from sockviz.tui.render.panel import (
    Area,
    call_parts,
    choose,
    frame,
    last_call,
    programs_of,
    put_parts,
    socket_row,
)
from sockviz.tui.themes import Palette
from sockviz.tui.view import StageView
from sockviz.world.model import Connection, Program

HOST = "client"


def draw_client(view: StageView, width: int, height: int, palette: Palette) -> Picture:
    """The panel in `width` by `height` cells."""
    canvas = Canvas(width, height)
    header = view.world.header
    address = (
        next((host.addresses[0] for host in header.hosts if host.name == HOST and host.addresses), "")
        if header
        else ""
    )
    area = frame(canvas, f"{HOST} {address}".strip(), "", palette)
    connections = list(view.world.connections.values())
    waiting = _unconnected(view)
    if not connections and not waiting:
        canvas.put(area.x, area.y, "no program is running", palette.dim)
        return canvas.picture()
    _rows(canvas, area, view, connections, waiting, palette)
    return canvas.picture()


def _unconnected(view: StageView) -> list[Program]:
    """Running programs that no connection is known of: before connect(), or where nothing was captured."""
    owners = {c.client.pid for c in view.world.connections.values()}
    return [
        program
        for program in programs_of(view.world, HOST)
        if program.running
        and program.pid not in owners
        and not any(c.connection for c in program.calls.values())
    ]


def _rows(
    canvas: Canvas,
    area: Area,
    view: StageView,
    connections: list[Connection],
    waiting: list[Program],
    palette: Palette,
) -> None:
    """Two rows each while there is room, then one."""
    room = area.height - len(waiting)
    alive = [c.client.state is not State.CLOSED for c in connections]
    chosen = [c.id == view.selection.connection for c in connections]
    shown = choose(connections, room if len(connections) <= room else room - 1, chosen, alive)
    doubles = 2 * len(shown) <= room
    y = area.y
    for connection in shown:
        socket_row(canvas, y, area, view, connection, connection.client, palette)
        y += 1
        if doubles:
            call = last_call(view.world, connection.client, connection.id)
            if call is not None:
                put_parts(canvas, area.x + 3, y, call_parts(call, view.now, palette), area.right)
            y += 1
    if len(shown) < len(connections):
        canvas.put(area.x, y, f"… {len(connections) - len(shown)} more", palette.dim)
        y += 1
    for program in waiting:
        call = max(program.calls.values(), key=lambda c: c.entered, default=None)
        x = canvas.put(area.x, y, program.name + "  ", palette.dim)
        if call is not None:
            put_parts(canvas, x, y, call_parts(call, view.now, palette), area.right)
        y += 1
