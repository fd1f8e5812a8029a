"""The socket table: what a reading of it confirms, corrects, or brings to light.

A row is evidence for a moment between `began` and `t` of its reading, so it counts only for an end that no
segment and no call has concerned since `began`; the others are looked at again with the next reading.
"""

from typing import Final

from sockviz.events import SocketRow, SocketsSampled
from sockviz.tcp.states import State, Trigger
from sockviz.world import datagrams, texts
from sockviz.world.connections import connection_of, inside
from sockviz.world.draft import Draft
from sockviz.world.model import Provenance
from sockviz.world.narration import say_of
from sockviz.world.owners import disown, own
from sockviz.world.queues import UNSPECIFIED, close_listener, listener_for, open_listener
from sockviz.world.thawed import ConnectionDraft, EndDraft, ListenerDraft
from sockviz.world.transitions import confirm, fire, go, look_for_ghost, take_back

_BEGINNINGS: Final = frozenset({State.SYN_SENT, State.SYN_RECV, State.ESTABLISHED, State.CLOSE_WAIT})
"""States in which a row of an unknown connection is taken in; what is closing already is a leftover."""


def sockets_sampled(draft: Draft, event: SocketsSampled) -> None:
    """A host's table was read."""
    table = draft.table(event.host)
    draft.sampled.put(event.host, draft.t)
    for row in event.changed:
        if row.protocol != "tcp":
            datagrams.row_changed(draft, event.host, row)
            continue
        table.put((row.local, row.remote), row)
        draft.row_changed.put((event.host, row.local, row.remote), draft.t)
        _note_row(draft, event.host, row, event.began)
    for key in event.gone:
        if key.protocol != "tcp":
            datagrams.row_gone(draft, event.host, key)
            continue
        table.pop((key.local, key.remote))
        draft.row_changed.pop((event.host, key.local, key.remote))
        draft.dirty.put((event.host, key.local, key.remote), None)
        found = draft.find(event.host, key.local, key.remote)
        if found is not None:
            found[1].row = None
    for key3 in [key for key in draft.dirty if key[0] == event.host]:
        if _look(draft, event, *key3):
            draft.dirty.pop(key3)
    draft.tidy()


def _note_row(draft: Draft, host: str, row: SocketRow, began: int) -> None:
    """Remember a row with its end; a row of an unknown connection begins one."""
    if inside(draft, host, row.remote):
        return
    draft.dirty.put((host, row.local, row.remote), None)
    found = draft.find(host, row.local, row.remote)
    if found is None or (found[0].closed is not None and found[1].track.touched < began):
        if _state(row) not in _BEGINNINGS or row.remote in UNSPECIFIED:
            return
        if found is not None and found[1].history and found[1].history[-1].t >= began:
            return
        passive = listener_for(draft, host, row.local) is not None or row.state == State.SYN_RECV
        found = connection_of(draft, host, row.local, row.remote, passive=passive)
    found[1].row = row


def _state(row: SocketRow | None) -> State:
    """What the row of a connection says; no row, or one that is no connection's: CLOSED."""
    known = row is not None and row.state in State.__members__ and row.state != State.LISTEN
    return State(row.state) if row is not None and known else State.CLOSED


def _look(draft: Draft, event: SocketsSampled, host: str, local: str, remote: str) -> bool:
    """Compare one end with the table; False: the reading says nothing about it, look again."""
    row = draft.table(host).get((local, remote))
    if remote in UNSPECIFIED:
        return _look_at_listener(draft, event, host, local, row)
    found = draft.find(host, local, remote)
    if found is None:
        return True
    if found[1].track.touched >= event.began:
        return False
    _reconcile(draft, *found, row)
    return True


def _look_at_listener(
    draft: Draft, event: SocketsSampled, host: str, local: str, row: SocketRow | None
) -> bool:
    listener: ListenerDraft | None = draft.listener(host, local)
    if listener is not None and listener.touched >= event.began:
        return False
    if row is not None and row.state == State.LISTEN:
        listener = open_listener(draft, host, local, Provenance.SAMPLED)
        confirm(draft, listener)
        if row.pid is not None:
            listener.pid, listener.fd = row.pid, row.fd
    elif draft.header is not None and draft.header.source == "watch":
        return True  # there listeners have events of their own, and no rows
    elif listener is not None and listener.state is State.LISTEN:
        close_listener(draft, listener, Trigger.GONE, Provenance.SAMPLED)
    elif listener is not None:
        confirm(draft, listener)
    return True


def _reconcile(draft: Draft, connection: ConnectionDraft, end: EndDraft, row: SocketRow | None) -> None:
    """The table counts: confirm the inference, take it back, or follow."""
    seen = _state(row)
    if connection.passive(end) and connection.listener is None:
        listener = listener_for(draft, end.host, end.local)
        connection.listener = listener.local if listener is not None else None
    if seen is end.state:
        confirm(draft, end)
    elif take_back(draft, connection, end, seen):
        _explain(draft, connection, end, seen)
    elif seen is State.CLOSED:
        fire(draft, connection, end, _GONE.get(end.state, Trigger.GONE), Provenance.SAMPLED)
    elif end.history or seen in _BEGINNINGS:
        if seen is State.SYN_SENT:
            end.track.syns = end.track.syns or 1
        go(draft, connection, end, seen, Provenance.SAMPLED)
    if row is not None:
        _owner(draft, connection, end, row)
    if end is connection.server and row is None and _should_have_one(connection):
        look_for_ghost(draft, connection)


_GONE: Final = {
    State.TIME_WAIT: Trigger.TIME_WAIT_OVER,
    State.FIN_WAIT2: Trigger.FIN_TIMEOUT,
    State.SYN_RECV: Trigger.GAVE_UP,
}
"""What it means that a row is gone, where that is sure."""


def _explain(draft: Draft, connection: ConnectionDraft, end: EndDraft, seen: State) -> None:
    """Say why the inference was wrong."""
    if seen is State.CLOSED and connection.passive(end):
        # A SYN-ACK was sent, and no row was made.
        if not connection.cookie:
            connection.cookie = True
            say_of(draft, texts.COOKIE, connection, end)
        return
    say_of(draft, texts.CORRECTED, connection, end, state=seen.value)


def _should_have_one(connection: ConnectionDraft) -> bool:
    """The ACK that ends the handshake has arrived, or, where no segment is seen, connect() has returned."""
    return connection.server.track.final_ack >= 0 or connection.client.isn is None


def _owner(draft: Draft, connection: ConnectionDraft, end: EndDraft, row: SocketRow) -> None:
    """The owner as the table has it; an inode without a pid is somebody's whom psutil may not look at."""
    if row.pid is not None and row.fd is not None and row.fd >= 0:
        if (end.pid, end.fd) != (row.pid, row.fd):
            own(draft, connection, end, row.pid, row.fd)
    elif not row.inode and end.pid is not None:
        disown(draft, end)
