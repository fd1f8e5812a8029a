"""Split truth: what each end of a connection takes for true, where the two differ. Pure.

A connection is two automata that tell each other by segments (`sockviz.tcp.states`). While a segment is on
its way, and for longer if none is, they believe different things; neither is wrong about what it has seen.
"""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from sockviz.tcp.states import State
from sockviz.world.cause import Cause
from sockviz.world.labels import label
from sockviz.world.model import Connection, Endpoint, InFlight, World


class Reason(StrEnum):
    """Why the two ends differ."""

    ON_THE_WIRE = "on-the-wire"
    """What will tell the other one is on its way."""
    GHOST = "ghost"
    """The server kept nothing, and nothing tells the client so."""
    ACK_IGNORED = "ack-ignored"
    """The server's kernel ignored the ACK that ends the handshake."""
    SYN_DROPPED = "syn-dropped"
    """The server's kernel dropped the SYN."""
    DEFERRED = "deferred"
    """TCP_DEFER_ACCEPT: the server waits for data."""
    FORGED = "forged"
    """The SYN came from an address that nobody has."""
    CUT = "cut"
    """The wire is cut."""
    UNTOLD = "untold"
    """The segment that would have told was lost, or there is none for it."""


class Belief(NamedTuple):
    """What one end takes for true."""

    host: str
    state: State
    words: str
    """What its kernel would say: `is connected: it may send and receive`."""

    @property
    def name(self) -> str:
        """The state's name; of no state at all: `no socket`."""
        return _NO_SOCKET if self.state is State.CLOSED else self.state


class Difference(NamedTuple):
    """A connection whose ends differ, and what is on the wire of it; what they believe, `split_of` says."""

    connection: Connection
    under_way: Sequence[InFlight]


class Split(NamedTuple):
    """Two ends that believe different things."""

    connection: int
    client: Belief
    server: Belief
    reason: Reason
    under_way: tuple[InFlight, ...] = ()
    """What is on the wire and will tell; nothing: it stays like this until somebody does something."""

    @property
    def settled_by(self) -> tuple[int, ...]:
        """The segments that are under way."""
        return tuple(flight.id for flight in self.under_way)

    @property
    def why(self) -> str:
        """One sentence."""
        return _on_its_way(self.under_way[0]) if self.under_way else _WHY[self.reason]

    @property
    def brief(self) -> str:
        """The same in two to four words: `final ACK ignored`."""
        return _under_way(self.under_way[0]) if self.under_way else _BRIEF[self.reason]


_BELIEVES: Final = {
    State.CLOSED: "has no socket: there is no such connection",
    State.SYN_SENT: "has asked, and waits for an answer",
    State.SYN_RECV: "has answered, and waits for the ACK",
    State.ESTABLISHED: "is connected: it may send and receive",
    State.FIN_WAIT1: "has sent its FIN, and waits for the ACK of it",
    State.FIN_WAIT2: "sends no more, and waits for the other FIN",
    State.CLOSE_WAIT: "knows that the other side sends no more, and has not closed yet",
    State.CLOSING: "has sent its FIN and got the other one, and waits for the ACK of its own",
    State.LAST_ACK: "has closed as the second, and waits for the last ACK",
    State.TIME_WAIT: "is done, and keeps the addresses for a while",
}
_UNACCEPTED: Final = "is connected, and no program has accepted it"
_NO_SOCKET: Final = "no socket"
_NO_CLIENT: Final = "is nobody: the address is made up"

_AGREE: Final = frozenset(
    frozenset(pair)
    for pair in (
        (State.CLOSED, State.CLOSED),
        (State.SYN_SENT, State.SYN_SENT),
        (State.SYN_SENT, State.SYN_RECV),
        (State.SYN_RECV, State.SYN_RECV),
        (State.ESTABLISHED, State.ESTABLISHED),
        (State.FIN_WAIT1, State.FIN_WAIT1),
        (State.FIN_WAIT2, State.CLOSE_WAIT),
        (State.CLOSING, State.CLOSING),
        (State.TIME_WAIT, State.TIME_WAIT),
        (State.TIME_WAIT, State.CLOSED),
    )
)
"""States in which each end knows of the other what is so."""

_CLOSING: Final = frozenset({State.FIN_WAIT1, State.FIN_WAIT2})

_ACK_IGNORED: Final = frozenset({Cause.FINAL_ACK_IGNORED})
_SYN_DROPPED: Final = frozenset(
    {Cause.ACCEPT_QUEUE_FULL, Cause.SYN_QUEUE_FULL, Cause.SYN_BACKLOG, Cause.NO_ROOM}
)

_WHY: Final = {
    Reason.GHOST: "The server's kernel keeps nothing of it, and nothing on the wire tells the client so.",
    Reason.ACK_IGNORED: "The server's kernel ignored the final ACK, and will send its SYN-ACK again.",
    Reason.SYN_DROPPED: "The server's kernel dropped the SYN without a word; the client will send it again.",
    Reason.DEFERRED: "TCP_DEFER_ACCEPT is set: the server waits for data, and the client does not know.",
    Reason.FORGED: "The SYN was made up: the server waits for the ACK of somebody who is not there.",
    Reason.CUT: "The wire is cut, and neither side is told.",
    Reason.UNTOLD: "What would have told the other side was lost, or was never sent.",
}

_BRIEF: Final = {
    Reason.GHOST: "ghost: nobody tells it",
    Reason.ACK_IGNORED: "final ACK ignored",
    Reason.SYN_DROPPED: "SYN dropped",
    Reason.DEFERRED: "server waits for data",
    Reason.FORGED: "made-up SYN",
    Reason.CUT: "the wire is cut",
    Reason.UNTOLD: "lost, or never sent",
}


def split(world: World, connection: Connection) -> Split | None:
    """What the two ends of a connection believe, if that differs."""
    if _agree(connection):
        return None
    under_way = [one for one in world.wire.in_flight.values() if one.connection == connection.id]
    return split_of(world, Difference(connection, under_way))


def _agree(connection: Connection) -> bool:
    client, server = connection.client.state, connection.server.state
    return client is server is State.CLOSED or (
        connection.closed is not None or frozenset({client, server}) in _AGREE
    )


def split_of(world: World, one: Difference) -> Split:
    """What the two ends believe."""
    connection = one.connection
    client, server = _belief(connection, connection.client), _belief(connection, connection.server)
    return Split(connection.id, client, server, reason_of(world, one), tuple(one.under_way))


def reason_of(world: World, one: Difference) -> Reason:
    """Why the two ends differ."""
    return Reason.ON_THE_WIRE if one.under_way else _reason(world, one.connection)


def splits(world: World) -> Iterator[Split]:
    """Every connection whose ends differ, in order of appearance."""
    return (split_of(world, one) for one in differing(world))


def differing(world: World) -> Iterator[Difference]:
    """The same connections, where it does not matter yet what their ends believe."""
    found = [one for one in world.connections.values() if not _agree(one)]
    if not found:
        return
    under_way: dict[int | None, list[InFlight]] = {}
    for flight in world.wire.in_flight.values():
        under_way.setdefault(flight.connection, []).append(flight)
    for connection in found:
        yield Difference(connection, under_way.get(connection.id, ()))


def ghosts(world: World) -> list[Connection]:
    """ESTABLISHED for the client, and no socket on the server."""
    return [connection for connection in world.connections.values() if connection.ghost]


def unmatched(connection: Connection) -> bool:
    """The server has no socket for what the client takes for a connection: a ghost, perhaps a closing one."""
    known = any(change.after is State.ESTABLISHED for change in connection.server.history)
    gone = connection.server.state is State.CLOSED and not known
    return connection.ghost or (gone and connection.cookie and connection.client.state in _CLOSING)


def _belief(connection: Connection, end: Endpoint) -> Belief:
    words = _BELIEVES.get(end.state, "")
    if connection.spoofed and end is connection.client:
        words = _NO_CLIENT
    elif end is connection.server and end.state is State.ESTABLISHED and not end.accepted:
        words = _UNACCEPTED
    return Belief(end.host, end.state, words)


def _reason(world: World, connection: Connection) -> Reason:
    client, server = connection.client.state, connection.server.state
    listener = world.listeners.get((connection.server.host, connection.listener or ""))
    half_open = (client, server) == (State.ESTABLISHED, State.SYN_RECV)
    rules = (
        (Reason.FORGED, connection.spoofed),
        (Reason.GHOST, connection.ghost),
        (Reason.CUT, world.wire.mode == "cut"),
        (Reason.ACK_IGNORED, half_open and connection.cause in _ACK_IGNORED),
        (Reason.DEFERRED, half_open and listener is not None and listener.defers),
        (Reason.SYN_DROPPED, client is State.SYN_SENT and connection.cause in _SYN_DROPPED),
    )
    return next((reason for reason, holds in rules if holds), Reason.UNTOLD)


def _on_its_way(flight: InFlight) -> str:
    where = "waits on the wire, which holds it" if flight.due is None else "is on its way"
    return (
        f"The {flight.sender}'s {label(flight.segment)} {where}: the {flight.receiver} knows nothing of it."
    )


def _under_way(flight: InFlight) -> str:
    return f"{label(flight.segment)} {'held on the wire' if flight.due is None else 'on its way'}"
