"""What the page shows of a world, as plain JSON values: ready words, so that the page decides nothing.

A row of a host is `[connection, name, word, class, detail, call, tone]`, of the table `[host, connection,
local, remote, recv-q, send-q, state, class, owner, fresh]`, and what does not fit `[words]`. A connection is
its number, 0: none. A class is a state's own (`style.state_class`), never a text of the recording; a tone is
`wait`, `bad` or empty.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from sockviz import harmless
from sockviz.export import words
from sockviz.export.svg.style import state_class
from sockviz.tcp.states import State
from sockviz.world import selectors
from sockviz.world.labels import duration
from sockviz.world.model import (
    Connection,
    Endpoint,
    Listener,
    Narration,
    Program,
    Provenance,
    SystemCall,
    World,
)
from sockviz.world.names import canonical

Value: TypeAlias = str | int | list[int]
Row: TypeAlias = list[Value]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the page shows at one step."""

    values: dict[str, Row]
    """`wire`, `caption`, `listener`: all of a group's values at once."""
    rows: dict[str, list[Row]]
    """`left`, `right`, `table`."""


ROWS: Final = 14
"""Sockets that are shown of a host."""
TABLE: Final = 24
SLOTS: Final = 12
"""Places of a queue that are shown one by one."""
_STATES: Final = frozenset(State)


def snapshot(world: World, since: int, left: str) -> Snapshot:
    """What the page shows.

    Args:
        world: What is true.
        since: When the step began, ns: rows of the table that changed from then on are fresh.
        left: The host on the left; all others are on the right.
    """
    return Snapshot(
        {
            "wire": _wire(world),
            "caption": _caption(world.caption),
            "listener": _listener(selectors.listener(world)) if _listeners_are_seen(world) else ["?"],
        },
        {
            "left": _bounded(list(_host(world, left)), ROWS),
            "right": _bounded([row for host in _others(world, left) for row in _host(world, host)], ROWS),
            "table": _bounded(list(_table(world, since)), TABLE),
        },
    )


def sees(world: World, *capabilities: str) -> bool:
    """Something of this is seen in this run; what is not seen is not to be denied."""
    return world.header is None or any(one in world.header.capabilities for one in capabilities)


def _listeners_are_seen(world: World) -> bool:
    return bool(world.listeners) or sees(world, "table", "calls")


def _others(world: World, left: str) -> list[str]:
    """The hosts on the right, in order of appearance."""
    named = [host.name for host in world.header.hosts] if world.header is not None else []
    found = dict.fromkeys(
        [*named, *(host for host, _ in world.programs), *(host for host, _ in world.listeners)]
    )
    for connection in world.connections.values():
        found.update(dict.fromkeys([connection.client.host, connection.server.host]))
    return [host for host in found if host != left]


def _bounded(rows: list[Row], most: int) -> list[Row]:
    """At most so many rows; a last one says how many more there are."""
    return rows if len(rows) <= most else [*rows[: most - 1], [f"… {len(rows) - most + 1} more"]]


def _wire(world: World) -> Row:
    """`[words, tone]`."""
    wire, header = world.wire, world.header
    if header is not None and header.source != "lab":
        return ["loopback" if header.source == "loopback" else "", ""]
    if wire.mode == "hold":
        count = len(wire.held)
        return ["wire HELD" + (f" · {count} waiting" if count else ""), "wait"]
    if wire.mode == "cut":
        return ["wire CUT", "bad"]
    return [f"wire · {duration(wire.delay)}" if wire.delay else "wire", ""]


def _caption(said: Narration | None) -> Row:
    """`[text, connection, must not be missed]`."""
    if said is None:
        return ["", 0, 0]
    return [harmless.replaced(said.text), said.connection or 0, int(said.weight > 1)]


def _listener(listener: Listener | None) -> Row:
    """`[state, class, about, accept queue, its members, places, full, SYN queue, its members, dropped]`.

    Empty: nobody listens. (`["?"]` is: that is not seen here.)
    """
    if listener is None:
        return []
    waiting = len(listener.accept_queue) if listener.depth is None else listener.depth
    opening = max(len(listener.syn_queue), listener.half_open or 0)
    about = [f"fd {listener.fd}" if listener.fd is not None else ""]
    about.append(f"backlog {listener.backlog}" if listener.backlog is not None else "")
    dropped = max(listener.drops, listener.overflows)
    return [
        listener.state.value,
        state_class(listener.state),
        harmless.replaced(" · ".join(filter(None, about))),
        str(waiting) if listener.capacity is None else f"{waiting}/{listener.capacity}",
        _members(listener.accept_queue, waiting),
        min(listener.capacity or 0, SLOTS),
        int(listener.full and listener.state is State.LISTEN),
        str(opening),
        _members(listener.syn_queue, opening),
        f"{dropped} dropped" if dropped else "",
    ]


def _members(known: Sequence[int], count: int) -> list[int]:
    """The connections in a queue's first places; -1: the kernel counts one that is not known."""
    return [*known, *[-1] * (count - len(known))][:SLOTS]


def _host(world: World, host: str) -> Iterator[Row]:
    """A row for each socket of a host, the open ones first, and for each program that has none yet."""
    programs = selectors.programs_of(world, host)
    ends = [
        (one, one.end(host))
        for one in world.connections.values()
        if host in (one.client.host, one.server.host)
    ]
    ends.sort(key=lambda one: one[1].state is State.CLOSED)
    for program in programs:
        yield from _program(program, {end.pid for _, end in ends})
    for connection, end in ends:
        if end.history or end.state is not State.CLOSED or connection.ghost:
            yield _socket(world, connection, end)


def _program(program: Program, owners: set[int | None]) -> Iterator[Row]:
    """What a program does on no connection: before it has one, or on the listener."""
    calls = [call for call in program.calls.values() if call.connection is None or _accepts(call)]
    last = max(calls, key=lambda call: call.entered, default=None)
    if last is None or not program.running:
        return
    if last.returned is None or program.pid not in owners:
        yield [0, harmless.replaced(program.name), "", "", "", *_call(last)]


def _accepts(call: SystemCall) -> bool:
    return canonical(call.name) == "accept"


def _socket(world: World, connection: Connection, end: Endpoint) -> Row:
    if connection.ghost and end.state is State.CLOSED:
        return [connection.id, "", "no socket", "gone", "a ghost", "", ""]
    said = selectors.disputed(world, end)
    mark = "~" if end.provenance is Provenance.INFERRED and end.state is not State.CLOSED else ""
    word = f"{end.state}{mark}" + (f" ≠ {said}" if said is not None else "") + (" RST" if end.reset else "")
    detail = ""
    if end.state is not State.CLOSED:
        owner = ("no owner" if sees(world, "table", "calls") else "") if end.fd is None else f"fd {end.fd}"
        port = (end.local if end is connection.client else end.remote).rpartition(":")[2]
        detail = " · ".join(filter(None, (owner, f":{port}")))
    call = selectors.last_call(world, end, connection.id)
    told = _call(call) if call is not None else ["", ""]
    return [connection.id, "", word, state_class(end.state), harmless.replaced(detail), *told]


def _call(call: SystemCall) -> list[Value]:
    """`[words, tone]`."""
    text = harmless.replaced(f"{call.name}({'' if call.fd is None else call.fd})")
    if call.returned is None:
        return [f"{text} blocked", "wait"] if call.name in words.BLOCKING else [f"{text} …", ""]
    return [f"{text} {words.outcome(call)}".rstrip(), "bad" if call.error else ""]


def _table(world: World, since: int) -> Iterator[Row]:
    """As netstat prints it: listeners first, then connection by connection."""
    owners = {
        (end.host, end.local, end.remote): one.id
        for one in world.connections.values()
        for end in (one.client, one.server)
    }
    lines = [
        (host, key, row, owners.get((host, *key), 0))
        for host, rows in world.tables.items()
        for key, row in rows.items()
    ]
    lines.sort(key=lambda line: (line[2].state != State.LISTEN, line[3] or 1 << 30, line[0], line[1]))
    for host, (local, remote), row, number in lines:
        owner = "-" if row.pid is None else f"{row.pid}/{'-' if row.fd is None or row.fd < 0 else row.fd}"
        known = State(row.state) if row.state in _STATES else None
        fresh = int(world.row_changed.get((host, local, remote), -1) >= since)
        far = remote[:-1] + "*" if remote.endswith(":0") else remote
        yield [
            harmless.replaced(host), number, harmless.replaced(local), harmless.replaced(far),
            row.recv_queue, row.send_queue, harmless.replaced(row.state),
            state_class(known) if known is not None else "", owner, fresh,
        ]  # fmt: skip
