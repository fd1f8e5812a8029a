"""The kernel's socket table as psutil gives it and netstat would print it, both hosts.

       Proto Recv-Q Send-Q Local Address   Foreign Address  State        PID/fd
    server
       tcp        1      2 10.0.0.1:8001   0.0.0.0:*        LISTEN       4711/3
    ●1 tcp        0      0 10.0.0.1:8001   10.0.0.2:44734   ESTABLISHED  -

Pure: rows in, strips out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rich.style import Style

from sockviz.events import SocketRow
from sockviz.tcp.states import State
from sockviz.tui.render import marks
from sockviz.tui.render.canvas import Canvas, ConnectionTarget, Picture, clean, fit, width_of
from sockviz.tui.themes import Palette
from sockviz.tui.view import StageView
from sockviz.world.model import World

MARKED: Final = 2_000_000_000
"""How long a changed row is marked, ns."""

_HOSTS: Final = ("server", "client")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table: a host's name (`row` None) or a socket."""

    host: str
    row: SocketRow | None = None
    connection: int | None = None
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """A column that is `width` cells wide."""

    name: str
    width: int
    right: bool = False


def lines_of(world: World, now: int) -> list[Line]:
    """Every line of the table, the server's sockets first, listeners before connections."""
    owners = {
        (end.host, end.local, end.remote): c.id
        for c in world.connections.values()
        for end in (c.client, c.server)
    }
    lines = []
    for host in sorted(world.tables, key=lambda name: _HOSTS.index(name) if name in _HOSTS else len(_HOSTS)):
        rows = world.tables[host]
        lines.append(Line(host))
        for key, row in sorted(rows.items(), key=lambda item: _order(item[1], owners.get((host, *item[0])))):
            changed = world.row_changed.get((host, *key))
            fresh = changed is not None and 0 <= now - changed < MARKED
            lines.append(Line(host, row, owners.get((host, *key)), fresh))
    return lines


def _order(row: SocketRow, connection: int | None) -> tuple[bool, int, str, str]:
    return (row.state != State.LISTEN, connection or 1 << 30, row.local, row.remote)


def columns(lines: Sequence[Line], width: int) -> list[Column]:
    """The columns that fit into `width` cells: `Proto`, then the queues' long names, then the queues go first."""
    rows = [line.row for line in lines if line.row is not None]
    badge = max([1, *(width_of(marks.badge(line.connection)) for line in lines)])
    local = max([13, *(width_of(address(row.local)) for row in rows)])
    remote = max([15, *(width_of(address(row.remote)) for row in rows)])
    owner = max([6, *(width_of(owner_text(row)) for row in rows)])
    tail = [
        Column("Local Address", local),
        Column("Foreign Address", remote),
        Column("State", 11),
        Column("PID/fd", owner),
    ]
    queues = [Column("Recv-Q", 6, right=True), Column("Send-Q", 6, right=True)]
    short = [Column("R-Q", 3, right=True), Column("S-Q", 3, right=True)]
    mark = Column("", badge + 2)
    ports = [Column("Local", 6), Column("Foreign", 7), *tail[2:]]
    options = (
        [mark, Column("Proto", 5), *queues, *tail],
        [mark, *queues, *tail],
        [mark, *short, *tail],
        [mark, *tail],
        [mark, *short, *ports],
        [mark, *ports],
        [mark, *ports[2:]],
    )
    return next((option for option in options if _width(option) <= width), options[-1])


def _width(option: Sequence[Column]) -> int:
    return sum(column.width + 1 for column in option) - 1


def address(text: str) -> str:
    """As netstat prints it: the unspecified port is `*`."""
    return clean(text[:-1] + "*" if text.endswith(":0") else text)


def owner_text(row: SocketRow) -> str:
    """`4711/3`; `-` for a socket that nobody holds."""
    if row.pid is None:
        return "-"
    return f"{row.pid}/{'-' if row.fd is None or row.fd < 0 else row.fd}"


def draw_table(view: StageView, width: int, height: int, palette: Palette, top: int = 0) -> Picture:
    """The table in `width` by `height` cells, its head always at the top, `top` lines scrolled off below it."""
    canvas = Canvas(width, height)
    lines = lines_of(view.world, view.now)
    shape = columns(lines, width)
    x = 0
    for column in shape:
        text = column.name.rjust(column.width) if column.right else column.name
        canvas.put(x, 0, text, palette.dim)
        x += column.width + 1
    for y, line in enumerate(lines[top : top + max(0, height - 1)], start=1):
        _line(canvas, y, line, shape, view, palette)
    return canvas.picture()


def _line(
    canvas: Canvas, y: int, line: Line, shape: Sequence[Column], view: StageView, palette: Palette
) -> None:
    if line.row is None:
        x = canvas.put(0, y, line.host + " ", palette.accent)
        canvas.put(x, y, "─" * (canvas.width - x), palette.border)
        return
    x = 0
    for column in shape:
        text, style = _cell(line, line.row, column, palette)
        text = fit(text, column.width)
        at = x + (column.width - width_of(text) if column.right else 0)
        canvas.put(at, y, text, style)
        x += column.width + 1
    badge_width = shape[0].width - 2
    if line.changed:
        canvas.underlay(y, palette.changed)
        canvas.put(badge_width + 1, y, "*", palette.warn + palette.changed)
    if line.connection is not None:
        canvas.put(0, y, marks.badge(line.connection), palette.chip(line.connection))
        canvas.row_target(y, ConnectionTarget(line.connection, line.host))
        if line.connection == view.selection.connection:
            canvas.underlay(y, palette.selected, badge_width)


def _cell(line: Line, row: SocketRow, column: Column, palette: Palette) -> tuple[str, Style]:
    """A cell's text and style."""
    state = State(row.state) if row.state in State.__members__ else None
    match column.name:
        case "Proto":
            return ("tcp6" if row.local.startswith("[") else "tcp"), palette.dim
        case "Recv-Q" | "R-Q":
            return str(row.recv_queue), palette.strong if row.recv_queue else palette.dim
        case "Send-Q" | "S-Q":
            return str(row.send_queue), palette.strong if row.send_queue else palette.dim
        case "Local Address":
            return address(row.local), palette.text
        case "Foreign Address":
            return address(row.remote), palette.text
        case "Local":
            return marks.port(address(row.local)), palette.text
        case "Foreign":
            return marks.port(address(row.remote)), palette.text
        case "State":
            return clean(row.state), palette.states[state] if state else palette.text
        case "PID/fd":
            return owner_text(row), palette.dim if row.pid is None else palette.text
        case _:
            return "", palette.text
