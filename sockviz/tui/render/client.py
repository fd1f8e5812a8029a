"""The client's panel: every connection's end, and what its program is doing.

╭─ client 10.0.0.2 ──────────────╮
│ ●1 █ ESTABLISHED  fd 3  :44734 │
│    connect(3) = 0              │
│ ■2 ░ SYN_SENT     fd 3  :44736 │
│    connect(3) ◷ blocked 3 s    │
╰────────────────────────────────╯
"""

from typing import Final

from sockviz.tui.palettes import Palette
from sockviz.tui.render.canvas import Canvas, Picture, fit
from sockviz.tui.render.large import sockets
from sockviz.tui.render.panel import (
    call_parts,
    chosen_rows,
    columns,
    frame,
    point_at_call,
    point_at_program,
    socket_row,
    timers_of,
)
from sockviz.tui.render.sheet import Area, Sheet, size_of
from sockviz.tui.render.timers import fitting, timer_forms
from sockviz.tui.view import StageView
from sockviz.world.model import Connection, Program, World
from sockviz.world.selectors import last_call, programs_of

HOST: Final = "client"
_WIDE: Final = 30
"""Cells from which on a timer has room beside the call."""


def draw_client(view: StageView, width: int, height: int, colours: Palette) -> Picture:
    """The panel in `width` by `height` cells."""
    sheet = Sheet(Canvas(width, height), view, colours)
    area = frame(sheet, HOST, address_of(view.world, HOST))
    waiting = _unconnected(view.world)
    connections = list(view.world.connections.values())
    if not connections and not waiting:
        sheet.canvas.put(area.x, area.y, fit(sheet.say("no client yet"), area.width), colours.dim)
    shown = chosen_rows(sheet, HOST, connections, area.height - len(waiting))
    room = area.height - len(waiting)
    y = _sockets(sheet, area, shown, room=room - (len(shown) < len(connections)))
    if len(shown) < len(connections):
        sheet.canvas.put(area.x, y, sheet.say(f"… {len(connections) - len(shown)} more"), colours.dim)
        y += 1
    for at, program in enumerate(waiting):
        _program(sheet, y + at, area, program)
    return sheet.picture()


def address_of(world: World, host: str) -> str:
    """A host's address, of the family that is used, or listened on; empty if it is not known."""
    hosts = world.header.hosts if world.header else ()
    addresses = [address for one in hosts if one.name == host for address in one.addresses]
    used = [connection.client.local for connection in world.connections.values()][-1:]
    listening = [local for _, local in world.listeners]
    six = all(local.startswith("[") for local in used or listening or [""])
    return next((address for address in addresses if (":" in address) is six), *addresses[:1] or ("",))


def _unconnected(world: World) -> list[Program]:
    """Running programs of no known connection: before connect(), or where segments can't be seen."""
    owners = {connection.client.pid for connection in world.connections.values()}
    return [
        program
        for program in programs_of(world, HOST)
        if program.running
        and program.pid not in owners
        and not any(call.connection for call in program.calls.values())
    ]


def _sockets(sheet: Sheet, area: Area, shown: list[Connection], *, room: int) -> int:
    """Two rows each (socket, call) while there is room, else one; returns the next free row."""
    if sheet.large:
        return sockets(sheet, Area(area.x, area.y, area.width, room), shown, HOST, calls=True)
    doubles = 2 * len(shown) <= room
    beside = doubles and area.width >= _WIDE
    shape = columns(area, shown, () if beside else timers_of(sheet, shown, HOST))
    y = area.y
    for connection in shown:
        socket_row(sheet, y, area, connection, connection.client, shape=shape)
        seen = doubles or sheet.view.pointed
        call = last_call(sheet.world, connection.client, connection.id) if seen else None
        if doubles:
            parts = call_parts(sheet, call, area.width) if call is not None else []
            x = max(area.x, min(shape.state, area.right - size_of(parts)))
            after = sheet.parts(x, y + 1, parts, right=area.right)
            forms = timer_forms(sheet.view, connection, connection.client) if beside else ()
            note = fitting(forms, area.right - after - 2)
            sheet.canvas.put_right(area.right, y + 1, note, sheet.colours.timer)
        point_at_call(sheet, y + 1 if doubles else y, area, call)
        y += 2 if doubles else 1
    return y


def _program(sheet: Sheet, y: int, area: Area, program: Program) -> None:
    call = max(program.calls.values(), key=lambda one: one.entered, default=None)
    name = f"{program.name}  "
    doing = call_parts(sheet, call, area.width - len(name)) if call else []
    sheet.parts(area.x, y, [(name, sheet.colours.dim), *doing], right=area.right)
    point_at_program(sheet, y, area, program)
