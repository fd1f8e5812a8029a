"""Which connection, end and listener an action is about when the operator didn't say. Pure."""

from sockviz.tcp.states import State
from sockviz.tui.actions.action import Situation
from sockviz.world.model import Connection, Endpoint, InFlight, Listener, SystemCall, World

QUIET = frozenset({State.CLOSED, State.TIME_WAIT})
"""States in which nothing can be done with a connection any more."""


def connection(situation: Situation) -> Connection | None:
    """The selected connection; else the newest one that something can still be done with; else the newest."""
    known = situation.world.connections
    selected = situation.selection.connection
    if selected is not None and selected in known:
        return known[selected]
    newest_first = tuple(known.values())[::-1]
    live = (c for c in newest_first if c.client.state not in QUIET or c.server.state not in QUIET)
    return next(live, newest_first[0] if newest_first else None)


def end(situation: Situation) -> Endpoint | None:
    """The chosen side's end of the chosen connection."""
    chosen = connection(situation)
    return chosen.end(situation.selection.side) if chosen else None


def listener(world: World) -> Listener | None:
    """The listener that is open; else the last one there was."""
    newest_first = tuple(world.listeners.values())[::-1]
    listening = (one for one in newest_first if one.state is State.LISTEN)
    return next(listening, newest_first[0] if newest_first else None)


def next_held(world: World) -> InFlight | None:
    """The held segment that goes next: the oldest, but one that repeats another after all others.

    So a handshake goes the same way however long the operator thinks between two steps.
    """
    return min(world.wire.held, key=lambda flight: flight.retransmission, default=None)


def blocked_in(world: World, host: str, pid: int | None, fd: int | None) -> SystemCall | None:
    """The call on descriptor `fd` that has not returned."""
    program = world.programs.get((host, pid)) if pid is not None else None
    calls = program.blocked if program else ()
    return next((call for call in calls if call.fd == fd), None)


def end_call(situation: Situation) -> SystemCall | None:
    """The call that the chosen end is blocked in."""
    chosen = end(situation)
    return blocked_in(situation.world, chosen.host, chosen.pid, chosen.fd) if chosen else None


def accept_call(world: World) -> SystemCall | None:
    """The accept() that the server is blocked in."""
    chosen = listener(world)
    return blocked_in(world, chosen.host, chosen.pid, chosen.fd) if chosen else None
