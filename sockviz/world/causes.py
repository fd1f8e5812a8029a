"""Why a kernel did not answer: a counter rose, and a segment that had arrived got no answer."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from sockviz.events import CounterRaised
from sockviz.tcp.states import State
from sockviz.world import datagrams, texts
from sockviz.world.cause import Cause
from sockviz.world.connections import other_host
from sockviz.world.draft import Draft
from sockviz.world.labels import label
from sockviz.world.limits import MAX_SYN_BACKLOG, strangers
from sockviz.world.model import Arrow, Drop, Provenance, Suspect
from sockviz.world.narration import say, say_of
from sockviz.world.queues import listener_for
from sockviz.world.thawed import ConnectionDraft, EndDraft

OVERFLOWS: Final = "ListenOverflows"
DROPS: Final = "ListenDrops"
SYN_QUEUE_FULL: Final = "TCPReqQFullDrop"
COOKIES: Final = "SyncookiesSent"
_FULL: Final = "the socket's receive buffer is full"
_BUSY: Final = "a program was in a call on the socket, and the queue for what comes meanwhile is full"
_BUFFERS: Final = {
    "TCPRcvQDrop": (Cause.RECEIVE_BUFFER, _FULL),
    "TCPZeroWindowDrop": (Cause.RECEIVE_BUFFER, _FULL),
    "UdpRcvbufErrors": (Cause.RECEIVE_BUFFER, _FULL),
    "TCPBacklogDrop": (Cause.SOCKET_BACKLOG, _BUSY),
}
"""Counters of what a socket that exists did not take."""
UNSEEN: Final = 0
"""In place of the id of a segment that was not seen."""
_REMEMBERED: Final = 4096
_LINEAR_RETRIES: Final = 5
"""The first SYN and `net.ipv4.tcp_syn_linear_timeouts` (4) repetitions are a second apart (tcp(7), Linux ≥
6.5)."""


def suspect(draft: Draft, connection: ConnectionDraft, end: EndDraft, arrow: Arrow, *, syn: bool) -> None:
    """A segment arrived at a listening kernel, which has not answered it yet."""
    listener = listener_for(draft, end.host, end.local)
    if listener is None:
        return
    connection.listener = listener.local
    waiting, half_open = len(listener.accept_queue), len(listener.syn_queue)
    draft.suspects.append(
        Suspect(end.host, arrow, syn, waiting, listener.bound, half_open, full=listener.full)
    )
    if len(draft.suspects) > _REMEMBERED:
        del draft.suspects[0]


def unsuspect(draft: Draft, connection: ConnectionDraft) -> None:
    """The kernel answered the SYN of this connection that came last."""
    for index in range(len(draft.suspects) - 1, -1, -1):
        candidate = draft.suspects[index]
        if candidate.syn and candidate.arrow.connection == connection.id:
            del draft.suspects[index]
            return


def counter_raised(draft: Draft, event: CounterRaised) -> None:
    """A counter rose: if it counts what was dropped, the oldest unanswered segments are what it counted."""
    draft.counters.put((event.host, event.name), event.total)
    if event.name == COOKIES:
        _cookies(draft, event.host, event.by)
    if event.name in _BUFFERS:
        _buffer_full(draft, event)
    counted = _COUNTED.get(event.name)
    if counted is None:
        return
    if event.name == OVERFLOWS and not draft.sees("capture"):
        _unseen(draft, event)
        return
    for _ in range(event.by):
        found = next((s for s in draft.suspects if s.host == event.host and counted(draft, s)), None)
        if found is None:
            return
        _dropped(draft, found, event.name)


def _unseen(draft: Draft, event: CounterRaised) -> None:
    """SYNs were dropped that nobody saw: those of clients that wait for a full queue of ours.

    Each of them repeats its SYN once a second at most, so a rise by more counts somebody else's, too.
    """
    client = other_host(draft, event.host)
    for listener in draft.listeners():
        if listener.host != event.host or not listener.full:
            continue
        table = draft.table(client)
        waiting = [key for key in table if key[1] == listener.local and table[key].state == State.SYN_SENT]
        count = min(event.by, len(waiting))
        if not count:
            continue
        found = draft.find(client, *waiting[0]) if len(waiting) == 1 else None
        connection = found[0] if found is not None else None
        listener.drops += count
        listener.overflows += count
        cause = f"the accept queue is full: {len(listener.accept_queue)} waiting, limit {listener.bound}"
        what = "A SYN was" if count == 1 else f"{count} SYNs were"
        said = say(draft, texts.UNSEEN_DROPPED, connection, what=what, cause=cause)
        number = connection.id if connection is not None else None
        draft.facts += [
            Drop(draft.t, number, UNSEEN, cause, OVERFLOWS, Cause.ACCEPT_QUEUE_FULL, said)
            for _ in range(count)
        ]
        return


def _past_the_maximum(draft: Draft, one: Suspect) -> bool:
    """Its listener had room, and tcp_max_syn_backlog had none: only the sum of all drops counts it."""
    most = strangers(draft.sysctls_of(one.host))
    return one.syn and not one.full and most is not None and one.half_open >= most


_COUNTED: Final[dict[str, Callable[[Draft, Suspect], bool]]] = {
    OVERFLOWS: lambda _, one: one.syn or one.full or one.aborted,
    SYN_QUEUE_FULL: lambda _, one: one.syn,
    DROPS: _past_the_maximum,
}
"""Which suspects a counter may have counted."""


def unexplained(draft: Draft, connection: ConnectionDraft) -> None:
    """A client sends its SYN again: the one before it was dropped, whatever the counters say or can't say."""
    host = connection.server.host
    found = next((s for s in draft.suspects if s.syn and s.arrow.connection == connection.id), None)
    if found is None:
        return
    explained = sum(listener.drops for listener in draft.listeners() if listener.host == host)
    if (draft.counters.get((host, DROPS)) or 0) > explained:
        _dropped(draft, found, DROPS)
    elif draft.header is not None and "counters" not in draft.header.capabilities and found.full:
        _dropped(draft, found, "")


def refused(draft: Draft, connection: ConnectionDraft, end: EndDraft) -> None:
    """An end answers with RST: nobody listens there, or the listener can't take the connection."""
    if end is not connection.server or end.track.syns:
        return
    for index, one in enumerate(draft.suspects):
        if not one.syn and one.arrow.connection == connection.id and end.state is State.SYN_RECV:
            draft.suspects[index] = replace(one, aborted=True)
            connection.cause = Cause.ABORT_ON_OVERFLOW
            return
    nobody = listener_for(draft, end.host, end.local) is None and draft.sees("table", "calls")
    if nobody and not end.history and connection.client.state is State.SYN_SENT:
        connection.cause = Cause.NO_LISTENER


def _why(draft: Draft, found: Suspect, connection: ConnectionDraft | None, counter: str) -> Cause:
    if found.aborted:
        return Cause.ABORT_ON_OVERFLOW
    if not found.syn:
        cookie = connection is not None and connection.cookie
        return Cause.COOKIE_IGNORED if cookie else Cause.FINAL_ACK_IGNORED
    if counter == OVERFLOWS or (not counter and found.full):
        return Cause.ACCEPT_QUEUE_FULL
    if counter == SYN_QUEUE_FULL:
        return Cause.SYN_QUEUE_FULL
    return Cause.SYN_BACKLOG if _past_the_maximum(draft, found) else Cause.NO_ROOM


def _clause(draft: Draft, found: Suspect, why: Cause) -> str:
    if why is Cause.SYN_QUEUE_FULL:
        return f"the SYN queue is full: {found.half_open} half-open"
    if why is Cause.SYN_BACKLOG:
        most = draft.sysctls.get((found.host, MAX_SYN_BACKLOG))
        return (
            f"tcp_max_syn_backlog is {most}, its last quarter not for strangers: {found.half_open} half-open"
        )
    if why is Cause.NO_ROOM:
        return f"no room for another half-open connection: {found.half_open} half-open"
    limit = "" if found.limit is None else f", limit {found.limit}"
    return f"the accept queue is full: {found.waiting} waiting{limit}"


_TEXTS: Final = {
    Cause.FINAL_ACK_IGNORED: texts.ACK_DROPPED,
    Cause.COOKIE_IGNORED: texts.COOKIE_DROPPED,
    Cause.ABORT_ON_OVERFLOW: texts.ACK_ABORTED,
}
"""What is said; of all others: `SYN_DROPPED`."""


def _dropped(draft: Draft, found: Suspect, counter: str) -> None:
    draft.suspects.remove(found)
    arrow = found.arrow
    connection = draft.connection(arrow.connection)
    why = _why(draft, found, connection, counter)
    cause = _clause(draft, found, why)
    draft.facts.append(replace(arrow, cause=cause, ignored=True))
    if connection is None:
        draft.facts.append(Drop(draft.t, arrow.connection, arrow.id, cause, counter, why))
        return
    connection.drops += 1
    connection.cause = why
    listener = draft.listener(found.host, connection.listener) if connection.listener else None
    if listener is not None:
        listener.drops += 1
        listener.overflows += counter == OVERFLOWS
    when = "in about 1 s" if connection.client.track.syns < _LINEAR_RETRIES else "later"
    text = _TEXTS.get(why, texts.FORGED_DROPPED if connection.spoofed else texts.SYN_DROPPED)
    said = say_of(draft, text, connection, connection.client, cause=cause, when=when)
    draft.facts.append(Drop(draft.t, arrow.connection, arrow.id, cause, counter, why, said))
    if connection.spoofed and connection.server.state is State.CLOSED:
        draft.mark_closed(connection)


def _buffer_full(draft: Draft, event: CounterRaised) -> None:
    """The kernel threw away what was delivered last: the lab delivers one by one, and looks in between."""
    arrow = draft.arrived.get(event.host)
    if arrow is None or draft.header is None or draft.header.source != "lab":
        return
    if event.name.startswith("Udp") is not (arrow.segment.protocol == "udp"):
        return
    why, cause = _BUFFERS[event.name]
    draft.facts.append(replace(arrow, cause=cause, ignored=True))
    connection = draft.connection(arrow.connection)
    if arrow.segment.protocol != "tcp":
        datagrams.buffer_full(draft, arrow)
    if connection is not None:
        connection.drops += 1
        connection.cause = why
    said = say(draft, texts.BUFFER_FULL, connection, who=event.host, what=label(arrow.segment), cause=cause)
    draft.facts.append(Drop(draft.t, arrow.connection, arrow.id, cause, event.name, why, said))


def _cookies(draft: Draft, host: str, count: int) -> None:
    """The last SYN-ACKs that no SYN_RECV row was seen for were cookies."""
    for listener in draft.listeners():
        if listener.host != host:
            continue
        for number in reversed(tuple(listener.syn_queue)):
            connection = draft.connection(number)
            if count and connection is not None and is_cookie(connection):
                count -= 1
                _mark_cookie(draft, connection)


def is_cookie(connection: ConnectionDraft) -> bool:
    """Its SYN was answered, and no table showed it half-open."""
    server = connection.server
    inferred = server.state is State.SYN_RECV and server.provenance is Provenance.INFERRED
    return inferred and not connection.cookie


def _mark_cookie(draft: Draft, connection: ConnectionDraft) -> None:
    connection.cookie = True
    say_of(draft, texts.COOKIE, connection, connection.server)
    # Of a forged SYN nothing is left at either end.
    if connection.spoofed:
        draft.mark_closed(connection)
