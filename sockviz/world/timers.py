"""The kernel's timers as countdowns: when each end will do something by itself, and what. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sockviz.tcp.states import State
from sockviz.world.model import Connection, Endpoint, World


@dataclass(frozen=True, slots=True)
class Countdown:
    """A timer of one end that runs, as its row of the socket table last had it."""

    connection: int
    host: str
    timer: str
    """`retransmit`, `keepalive`, `timewait`, `probe`."""
    ends: int
    """ns on the recording's clock, to about 10 ms."""
    left: int
    """ns; 0: it is due, and the table was not read since."""
    does: str
    """What the kernel does then: `sends its SYN again`."""


_AGAIN: Final = {
    State.SYN_SENT: "sends its SYN again",
    State.SYN_RECV: "sends its SYN-ACK again",
    State.FIN_WAIT1: "sends its FIN again",
    State.CLOSING: "sends its FIN again",
    State.LAST_ACK: "sends its FIN again",
}
"""Retransmission, by state; in all others it is data."""
_DATA: Final = "sends again what was not acknowledged"
_DOES: Final = {
    "keepalive": "asks the peer whether it is still there",
    "timewait": "forgets the connection",
    "probe": "asks the peer whether it takes data again",
}
_GIVES_UP: Final = "stops waiting for the other FIN"


def countdown(connection: Connection, end: Endpoint, now: int) -> Countdown | None:
    """The timer of an end at `now`; None: none runs, or the table says nothing of it."""
    row = end.row
    if row is None or row.timer is None or row.expires is None:
        return None
    return Countdown(
        connection.id,
        end.host,
        row.timer,
        row.expires,
        max(row.expires - now, 0),
        _what(row.timer, row.state),
    )


def countdowns(world: World, now: int) -> Iterator[Countdown]:
    """All timers that run, those of the oldest connections first, the client's before the server's."""
    for connection in world.connections.values():
        for end in (connection.client, connection.server):
            found = countdown(connection, end, now)
            if found is not None:
                yield found


def _what(timer: str, state: str) -> str:
    if timer == "retransmit":
        return _AGAIN.get(State(state), _DATA) if state in State.__members__ else _DATA
    # tcp_close() and tcp_rcv_state_process(): without an owner FIN_WAIT2 ends by the keepalive timer, or as a
    # TIME_WAIT that the table shows as FIN_WAIT2.
    if state == State.FIN_WAIT2:
        return _GIVES_UP
    return _DOES.get(timer, "")
