"""Listeners: how they begin and end, and which of them an address belongs to."""

from collections.abc import Mapping
from typing import Final

from sockviz.events import ListenerGone, ListenerSampled
from sockviz.tcp.states import State, Trigger
from sockviz.world import limits, texts
from sockviz.world.draft import Draft
from sockviz.world.model import Provenance, Transition
from sockviz.world.narration import say
from sockviz.world.thawed import ListenerDraft
from sockviz.world.transitions import fire

UNSPECIFIED: Final = frozenset({"0.0.0.0:0", "[::]:0"})
"""The peer of a listener."""


def unspecified(local: str) -> str:
    """The peer that a listener at `local` is told with."""
    return "[::]:0" if local.startswith("[") else "0.0.0.0:0"


def listener_for(draft: Draft, host: str, local: str) -> ListenerDraft | None:
    """The listener that answers at an address: its own one, or one for all addresses."""
    port = local.rpartition(":")[2]
    for address in (local, f"0.0.0.0:{port}", f"[::]:{port}"):
        found = draft.listener(host, address)
        if found is not None and found.state is State.LISTEN:
            return found
    return None


def closed_since(listener: ListenerDraft, t: int) -> bool:
    """What listens there now is another socket than at `t`."""
    return any(change.after is State.CLOSED and change.t >= t for change in listener.history)


def open_listener(draft: Draft, host: str, local: str, provenance: Provenance) -> ListenerDraft:
    """A socket listens at `local`; what an earlier listener there left behind is forgotten."""
    listener = draft.add_listener(host, local)
    if listener.state is not State.LISTEN:
        listener.syn_queue.clear()
        listener.accept_queue.clear()
        listener.backlog = listener.depth = listener.limit = listener.half_open = None
        listener.sockets, listener.owners = {}, ()
        listener.defers = False
        listener.syn_capacity = listener.accept_capacity = None
        _change(draft, listener, State.LISTEN, provenance, Trigger.LISTEN)
    return listener


def measure(draft: Draft, listener: ListenerDraft) -> None:
    """Its limit or a setting changed: how much its queues hold."""
    listener.accept_capacity = limits.capacity(draft.header, "accept", listener.bound)
    room = limits.capacity(draft.header, "syn", listener.bound)
    most = limits.strangers(draft.sysctls_of(listener.host))
    listener.syn_capacity = room if room is None or most is None else min(room, most)


def close_listener(draft: Draft, listener: ListenerDraft, trigger: Trigger, provenance: Provenance) -> None:
    """It does not listen any more; the connections in its accept queue are being reset."""
    if listener.state is not State.LISTEN:
        return
    waiting = len(listener.accept_queue)
    for connection in map(draft.connection, tuple(listener.accept_queue)):
        if connection is not None and connection.server.isn is None:  # no RST will be seen
            fire(draft, connection, connection.server, Trigger.ABORT)
    listener.pid = listener.fd = None
    listener.sockets, listener.owners = {}, ()
    listener.depth = listener.half_open = None
    listener.accept_queue.clear()
    _change(draft, listener, State.CLOSED, provenance, trigger)
    text = texts.LISTENER_CLOSED_QUEUED if waiting else texts.LISTENER_CLOSED
    say(draft, text, local=listener.local, count=waiting)


def _change(
    draft: Draft, listener: ListenerDraft, after: State, provenance: Provenance, trigger: Trigger
) -> None:
    transition = Transition(
        draft.t,
        listener.host,
        listener.local,
        unspecified(listener.local),
        listener.state,
        after,
        provenance,
        None,
        trigger.value,
    )
    listener.state, listener.since, listener.provenance = after, draft.t, provenance
    listener.history = (*listener.history[-64:], transition)
    draft.facts.append(transition)
    draft.dirty.put((listener.host, listener.local, transition.remote), None)


def listener_gone(draft: Draft, event: ListenerGone) -> None:
    """A socket listens no more: one of several with its address, or the only one."""
    listener = draft.listener(event.host, event.local)
    if listener is None:
        return
    left = {cookie: socket for cookie, socket in listener.sockets.items() if cookie != event.cookie}
    if left:
        _of_all(listener, left)
        measure(draft, listener)
    elif event.cookie in listener.sockets:
        close_listener(draft, listener, Trigger.GONE, Provenance.SAMPLED)


def _of_all(listener: ListenerDraft, sockets: Mapping[int, ListenerSampled]) -> None:
    """What all sockets with its address come to: each has queues of its own."""
    known = sockets.values()
    listener.sockets = sockets
    listener.depth = sum(socket.depth for socket in known)
    listener.limit = sum(socket.limit for socket in known)
    listener.half_open = sum(socket.half_open for socket in known)
    listener.owners = tuple(owner for socket in known for owner in socket.owners)


def listener_sampled(draft: Draft, event: ListenerSampled) -> None:
    """The kernel's own count of what waits."""
    listener = draft.listener(event.host, event.local)
    if listener is None:
        listener = open_listener(draft, event.host, event.local, Provenance.SAMPLED)
    _of_all(listener, {**listener.sockets, event.cookie: event})
    measure(draft, listener)
    if len(listener.accept_queue) <= (listener.depth or 0) or listener.grew >= event.t:
        return
    for number in tuple(listener.accept_queue):
        # One that was reset keeps its place until accept() takes it out, which only this count can show.
        connection = draft.connection(number)
        if connection is None or connection.server.state is State.CLOSED:
            del listener.accept_queue[number]
