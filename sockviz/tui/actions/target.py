"""Which connection, end and listener an action is about when the operator didn't say. Pure."""

from sockviz.tcp.states import State
from sockviz.tui.actions.action import Situation
from sockviz.world.model import Connection, Endpoint, SystemCall
from sockviz.world.selectors import accept_call, blocked_in, listener, next_held

__all__ = ["QUIET", "accept_call", "blocked_in", "connection", "end", "end_call", "listener", "next_held"]

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


def end_call(situation: Situation) -> SystemCall | None:
    """The call that the chosen end is blocked in."""
    chosen = end(situation)
    return blocked_in(situation.world, chosen.host, chosen.pid, chosen.fd) if chosen else None
