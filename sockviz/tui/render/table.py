"""The kernel's socket table as psutil gives it and netstat would print it, both hosts.

       Host   Proto Recv-Q Send-Q Local Address  Foreign Address State       Timer  PID/fd
       server tcp        1      2 10.0.0.1:8001  0.0.0.0:*       LISTEN             4711/3
    ●1*server tcp        0      0 10.0.0.1:8001  10.0.0.2:44734  SYN_RECV    on 2 s -

`*`: changed just now. In a narrow table the hosts become headings and the queues' columns get short names.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain, islice
from typing import Final, NamedTuple, TypeAlias

from rich.style import Style

from sockviz.events import SocketRow
from sockviz.tcp.states import State
from sockviz.tui.palettes import Palette
from sockviz.tui.render import marks
from sockviz.tui.render.canvas import Canvas, ConnectionTarget, Picture, clean, fit, width_of
from sockviz.tui.render.sheet import Sheet
from sockviz.tui.view import Spot, StageView
from sockviz.world.model import World

MARKED: Final = 2_000_000_000
"""How long a changed row is marked, ns."""
MOST: Final = 2_000
"""Sockets that are listed."""
_MEASURED: Final = 200
"""Sockets that decide how wide the columns are; what is longer below is cut."""
_HOSTS: Final = ("server", "client")
_NOBODY: Final = 1 << 30
"""The connection of a socket that is no end of one: after all others."""
_FIRST: Final = 2 * _NOBODY
"""How much listeners come before all others."""
_WITH_TIMERS: Final = frozenset(State) - {State.LISTEN, State.CLOSED}
_MINUTES: Final = 100
"""Seconds from which on minutes are told."""


class Line(NamedTuple):
    """A line of the table: a host's name (`row` None) or a socket."""

    host: str
    row: SocketRow | None = None
    connection: int | None = None
    now: int = 0
    """When it is looked at: what its timer says."""


Text: TypeAlias = Callable[[Line, SocketRow], str]
Ink: TypeAlias = Callable[[SocketRow, Palette], Style]


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its head, how a row's cell is written and styled."""

    head: str
    text: Text
    ink: Ink
    right: bool = False
    width: int = 0


@dataclass(frozen=True, slots=True)
class Shape:
    """The columns, after the badge and the mark of change."""

    badge: int
    columns: tuple[Column, ...]
    headings: bool
    """Hosts are headings rather than a column."""

    @property
    def width(self) -> int:
        """Cells of a whole line."""
        return self.badge + 1 + sum(column.width + 1 for column in self.columns) - 1


@dataclass(frozen=True, slots=True)
class Listing:
    """All lines of a table, in its columns."""

    shape: Shape
    lines: tuple[Line, ...]


def listing(world: World, width: int, now: int = 0) -> Listing:
    """What a table `width` cells wide lists: the server's sockets first, listeners before connections."""
    lines = _sockets(world, now)
    shape = shape_of(lines, width, timers=_timers(world, lines))
    return Listing(shape, tuple(_with_headings(lines) if shape.headings else lines))


def timed(world: World) -> bool:
    """A timer runs: what the table says changes with the seconds."""
    return any(row.timer is not None for rows in world.tables.values() for row in rows.values())


def _sockets(world: World, now: int) -> list[Line]:
    """The first `MOST`: the server's before the client's, listeners first, then by connection and address."""
    datagrams: dict[str, list[Line]] = {}
    for one in world.datagrams.values():
        if one.row is not None:
            datagrams.setdefault(one.host, []).append(Line(one.host, one.row))
    hosts = sorted({**world.tables, **datagrams}, key=lambda host: (_rank(host), host))
    lines = (_ordered(world, host, now, datagrams.get(host, ())) for host in hosts)
    return list(islice(chain.from_iterable(lines), MOST))


def _rank(host: str) -> int:
    return _HOSTS.index(host) if host in _HOSTS else len(_HOSTS)


def _ordered(world: World, host: str, now: int, datagrams: Sequence[Line]) -> Iterator[Line]:
    """A host's sockets. There may be ten thousand of them: lines are made of those only that are taken."""
    ends = ((one.id, end) for one in world.connections.values() for end in (one.client, one.server))
    owner = {(end.local, end.remote): number for number, end in ends if end.host == host}
    table = world.tables.get(host, {})
    rows = [*table.values(), *(line.row for line in datagrams if line.row is not None)]
    owners = [*map(owner.get, table), *(None for _ in datagrams)] if owner else [None] * len(rows)
    # Sorting twice by one plain key is several times as fast as once by a tuple of both.
    listening: str = State.LISTEN
    remotes = [row.remote for row in rows]
    ranks = [number or _NOBODY for number in owners]
    for at in [at for at, row in enumerate(rows) if row.state == listening]:
        ranks[at] -= _FIRST
    order = sorted(range(len(rows)), key=remotes.__getitem__)
    order.sort(key=ranks.__getitem__)
    for at in order:
        yield Line(host, rows[at], owners[at], now) if at < len(table) else datagrams[at - len(table)]


def _with_headings(lines: Sequence[Line]) -> Iterator[Line]:
    """The lines, each host's name above its own."""
    before = None
    for line in lines:
        if line.host != before:
            yield Line(line.host)
        before = line.host
        yield line


def _timers(world: World, lines: Sequence[Line]) -> bool:
    """A timer runs; or may, in a table that tells of it: columns are not to jump with every segment."""
    rows = [line.row for line in lines if line.row is not None]
    told = world.header is not None and "table" in world.header.capabilities
    return any(timer(row, lines[0].now) or (told and row.state in _WITH_TIMERS) for row in rows)


def shape_of(lines: Sequence[Line], width: int, *, timers: bool = False) -> Shape:
    """The widest choice of columns that fits; the narrowest if none does."""
    badge = max([2, *(width_of(marks.badge(number)) for number in {line.connection for line in lines})])
    sized = cache(lambda name: _sized(_COLUMNS[name], lines[:_MEASURED]))
    shapes = (
        Shape(badge, tuple(map(sized, names)), headings="Host" not in names)
        for names in (_TIMED if timers else _CHOICES)
    )
    shape = next(shapes)
    while shape.width > width and (narrower := next(shapes, None)):
        shape = narrower
    return shape


def _sized(column: Column, lines: Sequence[Line]) -> Column:
    """As wide as its widest cell, and the first word of its head."""
    texts = {column.text(line, line.row) for line in lines if line.row is not None}
    return replace(column, width=max([column.width, len(column.head.split()[0]), *map(width_of, texts)]))


def address(text: str) -> str:
    """As netstat prints it: the unspecified port is `*`."""
    return clean(text[:-1] + "*" if text.endswith(":0") else text)


def owner(row: SocketRow) -> str:
    """`4711/3`; `-`: nobody holds it."""
    if row.pid is None:
        return "-"
    return f"{row.pid}/{'-' if row.fd is None or row.fd < 0 else row.fd}"


def timer(row: SocketRow, now: int, *, short: bool = False) -> str:
    """As netstat -o names it, and when it ends: `on 2 s` (retransmission), `timewait 57 s`; short: `2 s`."""
    if row.timer is None or row.expires is None or row.expires <= now:
        return ""
    seconds = -(-(row.expires - now) // 1_000_000_000)
    left = f"{seconds} s" if seconds < _MINUTES else f"{seconds // 60} min"
    name = {"retransmit": "on"}.get(row.timer, row.timer)
    return left if short else f"{name} {left}"


def _plain(_: SocketRow, colours: Palette) -> Style:
    return colours.text


def _dim(_: SocketRow, colours: Palette) -> Style:
    return colours.dim


def _received(row: SocketRow, colours: Palette) -> Style:
    return colours.strong if row.recv_queue else colours.dim


def _unsent(row: SocketRow, colours: Palette) -> Style:
    return colours.strong if row.send_queue else colours.dim


def _state(row: SocketRow, colours: Palette) -> Style:
    return colours.states[State(row.state)] if row.state in State.__members__ else colours.text


def _timer(_: SocketRow, colours: Palette) -> Style:
    return colours.timer


def _owner(row: SocketRow, colours: Palette) -> Style:
    return colours.dim if row.pid is None else colours.text


_COLUMNS: Final[dict[str, Column]] = {
    "Host": Column("Host", lambda line, _: line.host, _dim),
    "Proto": Column("Proto", lambda _, row: row.protocol + "6" * row.local.startswith("["), _dim),
    "Recv-Q": Column("Recv-Q", lambda _, row: str(row.recv_queue), _received, right=True),
    "Send-Q": Column("Send-Q", lambda _, row: str(row.send_queue), _unsent, right=True),
    "RQ": Column("RQ", lambda _, row: str(row.recv_queue), _received, right=True),
    "SQ": Column("SQ", lambda _, row: str(row.send_queue), _unsent, right=True),
    "Local": Column("Local Address", lambda _, row: address(row.local), _plain),
    "Foreign": Column("Foreign Address", lambda _, row: address(row.remote), _plain),
    ":from": Column("Local", lambda _, row: marks.port(address(row.local)), _plain),
    ":to": Column("Foreign", lambda _, row: marks.port(address(row.remote)), _plain),
    "State": Column("State", lambda _, row: clean(row.state), _state, width=11),
    "PID/fd": Column("PID/fd", lambda _, row: owner(row), _owner),
    "Timer": Column("Timer", lambda line, row: timer(row, line.now), _timer, width=len("timewait 60 s")),
    "Tmr": Column("Timer", lambda line, row: timer(row, line.now, short=True), _timer, width=len("Timer")),
}
_TIMED: Final = tuple(
    choice.split()
    for choice in (
        "Host Proto Recv-Q Send-Q Local Foreign State Timer PID/fd",
        "Host Recv-Q Send-Q Local Foreign State Timer PID/fd",
        "Recv-Q Send-Q Local Foreign State Timer PID/fd",
        "RQ SQ Local Foreign State Timer PID/fd",
        "RQ SQ Local Foreign State Tmr PID/fd",
        "RQ SQ :from Foreign State Tmr PID/fd",
        "RQ SQ :from :to State Timer PID/fd",
        "RQ SQ :from :to State Tmr PID/fd",
        ":from :to State Tmr PID/fd",
        "State Tmr PID/fd",
        "State Tmr",
    )
)
"""Where a timer may run: from the widest to the narrowest."""
_CHOICES: Final = tuple(
    choice.split()
    for choice in (
        "Host Proto Recv-Q Send-Q Local Foreign State PID/fd",
        "Host Recv-Q Send-Q Local Foreign State PID/fd",
        "Recv-Q Send-Q Local Foreign State PID/fd",
        "RQ SQ Local Foreign State PID/fd",
        "Local Foreign State PID/fd",
        "RQ SQ :from :to State PID/fd",
        ":from :to State PID/fd",
        "State PID/fd",
        "State",
    )
)
"""From the widest to the narrowest."""


def draw_table(
    view: StageView, listed: Listing, *, width: int, height: int, colours: Palette, top: int = 0
) -> Picture:
    """The table in `width` by `height` cells: its head, then the lines from `top` on."""
    sheet = Sheet(Canvas(width, height), view, colours)
    shape, lines = listed.shape, listed.lines
    x = shape.badge + 1
    for column in shape.columns:
        words = column.head if len(column.head) <= column.width else column.head.split()[0]
        sheet.canvas.put(x, 0, words.rjust(column.width) if column.right else words, colours.dim)
        x += column.width + 1
    for y, line in enumerate(lines[top : top + max(0, height - 1)], start=1):
        if line.row is None:
            _heading(sheet, y, line.host)
        else:
            _socket(sheet, y, line, line.row, shape)
    below = len(lines) - top - (height - 1)
    sheet.canvas.put(0, 0, f"▼{below}" if below > 0 else "▲" if top else "", colours.accent)
    return sheet.picture()


def fresh(view: StageView, host: str, row: SocketRow) -> bool:
    """The row has just changed."""
    if row.protocol != "tcp":
        return False
    changed = view.world.row_changed.get((host, row.local, row.remote))
    return changed is not None and 0 <= view.now - changed < MARKED


def _pointed(view: StageView, line: Line, row: SocketRow) -> bool:
    """A lesson speaks of it."""
    if line.connection is not None:
        spot = Spot("row", line.host, line.connection)
    elif row.state == State.LISTEN:
        spot = Spot("listener-row", line.host)
    else:
        spot = Spot("program-row", line.host, row.pid or 0)
    return spot in view.pointed


def _heading(sheet: Sheet, y: int, host: str) -> None:
    x = sheet.canvas.put(0, y, f"{sheet.say(clean(host))} ", sheet.colours.accent)
    sheet.canvas.put(x, y, "─" * (sheet.canvas.width - x), sheet.colours.border)


def _socket(sheet: Sheet, y: int, line: Line, row: SocketRow, shape: Shape) -> None:
    canvas, colours = sheet.canvas, sheet.colours
    x = shape.badge + 1
    for column in shape.columns:
        cell = column.text(line, row)
        text = fit(sheet.say(cell) if cell == line.host else cell, column.width)
        start = x + (column.width - width_of(text) if column.right else 0)
        canvas.put(start, y, text, column.ink(row, colours))
        x += column.width + 1
    if line.connection is not None:
        sheet.badge(0, y, line.connection)
        canvas.row_target(y, ConnectionTarget(line.connection, line.host))
    if fresh(sheet.view, line.host, row):
        canvas.put(shape.badge, y, "*", colours.warn)
        canvas.underlay(y, colours.changed)
    if _pointed(sheet.view, line, row):
        canvas.put(shape.badge, y, "▶", colours.pointer)
        canvas.underlay(y, colours.selected)
    if line.connection is not None and line.connection == sheet.view.selection.connection:
        canvas.underlay(y, colours.selected)
