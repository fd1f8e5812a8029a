"""Why a kernel did not answer: a counter rose, and a segment that had arrived got no answer."""

from typing import Final

from sockviz.events import CounterRaised
from sockviz.tcp.states import State
from sockviz.world import texts
from sockviz.world.draft import Draft
from sockviz.world.model import Arrow, Drop, Provenance, Suspect
from sockviz.world.narration import say_of
from sockviz.world.queues import listener_for
from sockviz.world.thawed import ConnectionDraft, EndDraft

OVERFLOWS: Final = "ListenOverflows"
DROPS: Final = "ListenDrops"
SYN_QUEUE_FULL: Final = "TCPReqQFullDrop"
COOKIES: Final = "SyncookiesSent"
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
    if event.name not in (OVERFLOWS, SYN_QUEUE_FULL):
        return
    only_syn = event.name == SYN_QUEUE_FULL
    for _ in range(event.by):
        found = next((s for s in draft.suspects if s.host == event.host and (s.syn or not only_syn)), None)
        if found is None:
            return
        _dropped(draft, found, event.name)


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


def _cause(found: Suspect, counter: str) -> str:
    if counter == OVERFLOWS or (not counter and found.full):
        limit = "" if found.limit is None else f", limit {found.limit}"
        return f"the accept queue is full: {found.waiting} waiting{limit}"
    if counter == SYN_QUEUE_FULL:
        return f"the SYN queue is full: {found.half_open} half-open"
    return f"no room for another half-open connection: {found.half_open} half-open"


def _dropped(draft: Draft, found: Suspect, counter: str) -> None:
    draft.suspects.remove(found)
    cause = _cause(found, counter)
    arrow = found.arrow
    draft.facts.append(
        Arrow(
            id=arrow.id,
            connection=arrow.connection,
            sender=arrow.sender,
            receiver=arrow.receiver,
            segment=arrow.segment,
            sent=arrow.sent,
            arrived=arrow.arrived,
            cause=cause,
            ignored=True,
            retransmission=arrow.retransmission,
            late=arrow.late,
        )
    )
    draft.facts.append(Drop(draft.t, arrow.connection, arrow.id, cause, counter))
    connection = draft.connection(arrow.connection)
    if connection is None:
        return
    connection.drops += 1
    listener = draft.listener(found.host, connection.listener) if connection.listener else None
    if listener is not None:
        listener.drops += 1
        listener.overflows += counter == OVERFLOWS
    when = "in about 1 s" if connection.client.track.syns < _LINEAR_RETRIES else "later"
    text = texts.SYN_DROPPED
    if not found.syn:
        text = texts.COOKIE_DROPPED if connection.cookie else texts.ACK_DROPPED
    say_of(draft, text, connection, connection.client, cause=cause, when=when)


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
