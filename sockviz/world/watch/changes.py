"""What happens to one connection: it appears, changes its state, is taken by accept(), goes.

Keeps the listener's counts and history in step. Which evidence counts is the callers' business.
"""

from typing import Final

from sockviz.world.watch.history import STATES
from sockviz.world.watch.model import Watch, WatchedConnection, WatchedListener
from sockviz.world.watch.naming import wildcards
from sockviz.world.watch.waits import Wait

_PLACES: Final = {state: place for place, state in enumerate(STATES)}
_COMPLETED: Final = frozenset({"ESTABLISHED", "CLOSE_WAIT"})
"""States in which a connection that accept() has not taken yet waits for it. (After a close() nobody has it
either, but then it is in none of these.)"""


def listener_of(watch: Watch, local: str) -> WatchedListener | None:
    """The chosen listener whose connection has this local address; None: none of the chosen ones."""
    found = watch.listeners.get(local)
    if found is None or not found.chosen:
        # The closest one that listens gets the connection, even if it is not chosen.
        near = (watch.listeners.get(key) for key in wildcards(local))
        if found is None or not found.sockets:
            found = next((one for one in near if one is not None and (one.sockets or one.chosen)), None)
    return found if found is not None and found.chosen else None


def find(watch: Watch, local: str, remote: str) -> WatchedConnection | None:
    """The connection that has these addresses now."""
    number = watch.index.get(local, {}).get(remote)
    return None if number is None else watch.connections.get(number)


def appear(watch: Watch, listener: WatchedListener, local: str, remote: str, state: str) -> WatchedConnection:
    """A connection that was not known; one that was there when watching began has not come since."""
    watch.numbered += 1
    connection = WatchedConnection(
        id=watch.numbered,
        listener=listener.local,
        local=local,
        remote=remote,
        state=state,
        since=watch.t,
        began=watch.t,
        found=not listener.read,
    )
    watch.connections[connection.id] = connection
    watch.index.setdefault(local, {})[remote] = connection.id
    here = listener.history.at(watch.t)
    if listener.read:
        listener.opened += 1
        here.opened += 1
    listener.states[state] = listener.states.get(state, 0) + 1
    _note(listener, watch.t, state, 1)
    return connection


def change(watch: Watch, connection: WatchedConnection, state: str) -> None:
    """It has another state."""
    if state == connection.state:
        return
    listener = watch.listeners[connection.listener]
    listener.states[connection.state] -= 1
    listener.states[state] = listener.states.get(state, 0) + 1
    _note(listener, watch.t, connection.state, -1)
    _note(listener, watch.t, state, 1)
    connection.state, connection.since = state, watch.t


def wait(watch: Watch, connection: WatchedConnection, earliest: int) -> None:
    """If it has completed its handshake, and nobody has taken it, it waits in the accept queue.

    `earliest`: it did not come there before this.
    """
    if connection.accepted or connection.state not in _COMPLETED:
        if connection.ready is not None and not connection.accepted:
            # Its ACK was ignored after all, or it ended without ever being taken.
            watch.listeners[connection.listener].waits.leave(connection.id)
            connection.ready = connection.earliest = None
        return
    if connection.ready is None:
        connection.ready, connection.earliest = watch.t, earliest
    watch.listeners[connection.listener].waits.enter(connection.id, connection.ready)


def take(watch: Watch, connection: WatchedConnection, latest_unseen: int) -> None:
    """accept() has taken it; at `latest_unseen` it had not yet, as far as was seen."""
    if connection.accepted:
        return
    connection.accepted = True
    listener = watch.listeners[connection.listener]
    listener.waits.leave(connection.id)
    if connection.found and connection.ready is None:
        return  # it was accepted before we looked
    listener.accepted += 1
    listener.history.at(watch.t).accepted += 1
    connection.taken = watch.t
    if connection.ready is None:
        connection.ready, connection.earliest = watch.t, latest_unseen
    if not connection.found and connection.earliest is not None:
        least = max(0, latest_unseen - connection.ready)
        listener.waits.record(Wait(watch.t, least, watch.t - connection.earliest))


def go(watch: Watch, connection: WatchedConnection) -> None:
    """It is there no more."""
    listener = watch.listeners[connection.listener]
    listener.states[connection.state] -= 1
    _note(listener, watch.t, connection.state, -1)
    listener.waits.leave(connection.id)
    listener.closed += 1
    listener.history.at(watch.t).closed += 1
    connection.state, connection.since = "CLOSED", watch.t
    watch.left[f"{connection.local} {connection.remote}"] = watch.t
    del watch.connections[connection.id]
    watch.doubtful.pop(connection.id, None)
    remotes = watch.index[connection.local]
    if remotes.get(connection.remote) == connection.id:
        del remotes[connection.remote]


def _note(listener: WatchedListener, t: int, state: str, by: int) -> None:
    """Count in the history; the most that were half open is kept, too."""
    place = _PLACES.get(state)
    if place is None:
        return
    here = listener.history.at(t)
    here.states[place] += by
    if place == 0:
        here.half_open_now += by
        here.half_open = max(here.half_open, here.half_open_now)
