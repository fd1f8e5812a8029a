"""A socket for the last row of a lecture hall: connection and state as filled boxes, and little else.

    ▄▄▄▄ ▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄
     ●1   █ ESTABLISHED    fd 4
    ▀▀▀▀ ▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀
     connect(3) = 0

Ports, ages and process numbers are left out: whoever needs them looks into the connection.
"""

from collections.abc import Sequence
from typing import Final

from rich.style import Style

from sockviz.tcp.states import State
from sockviz.tui.render import marks
from sockviz.tui.render.canvas import ConnectionTarget, fit, width_of
from sockviz.tui.render.panel import call_parts, point_at_call, point_at_end
from sockviz.tui.render.sheet import BOX, Area, Part, Sheet
from sockviz.tui.render.timers import fitting, timer_forms
from sockviz.world.beliefs import unmatched
from sockviz.world.model import Connection, Endpoint
from sockviz.world.selectors import disputed, last_call

_HEIGHTS: Final = (BOX + 2, BOX + 1, BOX, 2, 1)
"""Rows of a socket: boxes, what its program does, a blank row before the next; and less and less of that."""
_AIRY: Final = frozenset({BOX + 2, 2})
"""Those of them that end with a blank row, which the last socket can do without."""
_REVERSE: Final = Style(reverse=True)


def sockets(sheet: Sheet, area: Area, connections: Sequence[Connection], host: str, *, calls: bool) -> int:
    """As large as there is room for all of them; `calls`: with a row for what the program does.

    Returns:
        The next free row.
    """
    heights = _HEIGHTS if calls else _HEIGHTS[2:]
    fitting = (rows for rows in heights if len(connections) * rows - (rows in _AIRY) <= area.height)
    rows = next(fitting, heights[-1])
    y = area.y
    for connection in connections:
        end = connection.end(host)
        _socket(sheet, y, area, connection, end, tall=rows >= BOX)
        if rows > BOX:
            call = last_call(sheet.world, end, connection.id)
            doing = call_parts(sheet, call, area.width - 1) if call else []
            sheet.parts(area.x + 1, y + BOX, doing, right=area.right)
            point_at_call(sheet, y + BOX, area, call)
        y += rows
    return min(y, area.bottom)


def _socket(sheet: Sheet, y: int, area: Area, connection: Connection, end: Endpoint, *, tall: bool) -> None:
    """The boxes, and beside them what doesn't fit into a state."""
    colours, target = sheet.colours, ConnectionTarget(connection.id, end.host)
    chosen = sheet.view.selection.connection == connection.id
    name = f" {marks.badge(connection.id)} "
    room = area.width - width_of(name) - 1
    text, ink = _state(sheet, connection, end, room - 2)
    word = fit(f" {text} ", room)
    x = area.x + width_of(name) + 1
    if tall:
        fill, edge = colours.chip(connection.id), colours.tint(connection.id)
        sheet.box(area.x, y, name, fill=fill, edge=edge, target=target)
        sheet.box(x, y, word, fill=ink + _REVERSE, edge=ink, target=target)
    else:
        sheet.canvas.put(area.x, y, name, colours.chip(connection.id), target)
        sheet.canvas.put(x, y, word, ink + _REVERSE, target)
    middle = y + tall
    after = sheet.parts(x + width_of(word), middle, _doubts(sheet, end), right=area.right)
    room = area.right - after - 1
    forms = timer_forms(sheet.view, connection, end)
    fd = _descriptor(end)
    both = fitting(forms, room - width_of(fd) - 2) if end.fd is not None else ""
    aside = f"{both}  {fd}" if both else fitting(forms, room) or fd
    if width_of(aside) <= room:
        sheet.canvas.put_right(area.right, middle, aside, colours.strong)
    if chosen:
        sheet.canvas.put(area.x - 1, middle, "▸", colours.accent)
    point_at_end(sheet, y, area, connection, end, rows=BOX if tall else 1)
    for row in range(y, y + (BOX if tall else 1)):
        sheet.canvas.row_target(row, target, area.x - 1, area.width + 2)


def _state(sheet: Sheet, connection: Connection, end: Endpoint, room: int) -> Part:
    """The text of the larger box, and its ink; a ghost is grey, and where its socket should be is none."""
    colours = sheet.colours
    if not unmatched(connection):
        return marks.state_sign(end), colours.states[end.state]
    if end.state is State.CLOSED:
        return f"{marks.GHOST} {sheet.say('no socket')}", colours.dim
    text = f"{marks.GHOST} {end.state} {sheet.say('ghost')}"
    return text if width_of(text) <= room else f"{marks.GHOST} {end.state}", colours.dim


def _descriptor(end: Endpoint) -> str:
    """Its program's name for it."""
    if end.state is State.CLOSED:
        return ""
    return f"fd {marks.NOBODY if end.fd is None else end.fd}"


def _doubts(sheet: Sheet, end: Endpoint) -> list[Part]:
    """What the kernel's table says if it says something else; that a RST ended it."""
    colours, said = sheet.colours, disputed(sheet.world, end)
    if said is not None:
        return [(" ≠ ", colours.bad), (f" {said} ", colours.states[said] + _REVERSE)]
    return [(" RST", colours.bad)] if end.reset else []
