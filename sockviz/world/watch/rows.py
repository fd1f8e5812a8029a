"""What the kernel says of the connections: rows of its table, and its tracepoint.

A row counts for a connection that no packet and no tracepoint has told of since the reading began; the others
are looked at again with the next reading.
"""

from typing import Final

from sockviz.events import RowKey, SocketRow, SocketsSampled, StateTraced
from sockviz.world.watch.changes import appear, change, find, go, listener_of, take, wait
from sockviz.world.watch.model import Watch, WatchedConnection
from sockviz.world.watch.naming import plain

_SENT_FIN: Final = frozenset({"FIN_WAIT1", "LAST_ACK"})
_TIME_WAIT_AFTER: Final = frozenset({"FIN_WAIT2", "CLOSING"})
_CLOSED: Final = "CLOSE"


def sockets_sampled(watch: Watch, event: SocketsSampled) -> None:
    """The table was read."""
    before = event.previous or watch.sampled
    watch.interval = watch.t - before
    for row in event.changed:
        _row(watch, row, event.began, before)
    for key in event.gone:
        _gone(watch, key, event.began)
    for number in list(watch.doubtful):
        connection = watch.connections[number]
        if connection.touched < event.began:
            del watch.doubtful[number]
            _settle(watch, connection, before)
    watch.left = {ends: t for ends, t in watch.left.items() if t >= event.began}
    for listener in map(watch.listeners.__getitem__, watch.chosen):
        listener.told = listener.told if listener.read else watch.t
        listener.read = True
    watch.sampled = watch.t


def _row(watch: Watch, row: SocketRow, began: int, before: int) -> None:
    local, remote = plain(row.local), plain(row.remote)
    connection = find(watch, local, remote)
    if connection is not None and connection.cookie not in {0, row.cookie}:
        # It went, and another came, between two readings.
        go(watch, connection)
        del watch.left[f"{local} {remote}"]
        connection = None
    if connection is None:
        listener = listener_of(watch, local)
        if listener is None or watch.left.get(f"{local} {remote}", -1) >= began:
            return
        connection = appear(watch, listener, local, remote, row.state)
    connection.cookie, connection.row_state = row.cookie, row.state
    connection.recv_queue, connection.send_queue = row.recv_queue, row.send_queue
    connection.timer, connection.expires = row.timer, row.expires
    connection.retransmits = row.retransmits
    if row.resent > connection.resent:
        _resent(watch, connection, row.resent)
    if row.inode:
        connection.pid, connection.fd = row.pid, row.fd
        take(watch, connection, before)
    elif connection.pid is not None:
        connection.pid = connection.fd = None
    if connection.touched >= began:
        watch.doubtful[connection.id] = None
    else:
        _settle(watch, connection, before)


def _resent(watch: Watch, connection: WatchedConnection, resent: int) -> None:
    by, connection.resent = resent - connection.resent, resent
    if not connection.found or connection.row_state is None or watch.listeners[connection.listener].read:
        listener = watch.listeners[connection.listener]
        listener.resent += by
        listener.history.at(watch.t).resent += by


def _gone(watch: Watch, key: RowKey, began: int) -> None:
    connection = find(watch, plain(key.local), plain(key.remote))
    if connection is None or connection.cookie not in {0, key.cookie}:
        return
    connection.row_state = None
    if connection.touched < began:
        go(watch, connection)
    else:
        watch.doubtful[connection.id] = None


def _settle(watch: Watch, connection: WatchedConnection, before: int) -> None:
    """The table is right: confirm, or correct, what was concluded."""
    if connection.row_state is None:
        go(watch, connection)
        return
    if connection.row_state in _SENT_FIN:
        take(watch, connection, before)  # only who has a descriptor can close it
    change(watch, connection, connection.row_state)
    connection.provenance = "sampled"
    wait(watch, connection, before)


def state_traced(watch: Watch, event: StateTraced) -> None:
    """The kernel changed a state, and said so."""
    local, remote = plain(event.local), plain(event.remote)
    connection = find(watch, local, remote)
    if event.before == "LISTEN":
        connection = _begin(watch, connection, local, remote)
    if connection is None:
        return
    connection.touched = watch.t
    connection.provenance = "traced"
    watch.doubtful[connection.id] = None
    if event.after in _SENT_FIN:
        take(watch, connection, connection.ready or watch.t)
    if event.after != _CLOSED:
        change(watch, connection, event.after)
        wait(watch, connection, watch.t)
    elif event.before in _TIME_WAIT_AFTER:
        change(watch, connection, "TIME_WAIT")
        wait(watch, connection, watch.t)
        connection.provenance = "inferred"
    else:
        go(watch, connection)


def _begin(
    watch: Watch, connection: WatchedConnection | None, local: str, remote: str
) -> WatchedConnection | None:
    """A socket was made for a connection, which may have been seen in SYN_RECV before."""
    if connection is not None and connection.state == "SYN_RECV":
        return connection
    if connection is not None:
        go(watch, connection)
    listener = listener_of(watch, local)
    return None if listener is None else appear(watch, listener, local, remote, "SYN_RECV")
