"""Moves one end along the transition table, and does what follows from a change of state.

Whoever saw something comes here with a trigger, or with the state that a sample shows. Nothing else changes
the state of an end.
"""

from dataclasses import replace
from typing import Final

from sockviz.tcp.states import TABLE, Edge, State, Trigger, path
from sockviz.world import texts
from sockviz.world.draft import Draft
from sockviz.world.model import Provenance, Transition
from sockviz.world.narration import say_of, say_transition
from sockviz.world.thawed import ConnectionDraft, EndDraft, ListenerDraft

_REMEMBERED: Final = 64
"""Transitions in an end's history; only a broken recording has more."""

_OVER: Final = frozenset({State.CLOSED, State.TIME_WAIT})

_CHILD_IS_BORN: Final = (Trigger.SEND_SYN_ACK, Trigger.RECV_COOKIE)


def fire(
    draft: Draft,
    connection: ConnectionDraft,
    end: EndDraft,
    trigger: Trigger,
    provenance: Provenance = Provenance.INFERRED,
) -> bool:
    """Let `trigger` act on an end; False: its state is as it was (nothing new, or impossible there)."""
    # A listener's child comes out of LISTEN, as the kernel reports it; before that it is no socket at all.
    newborn = end.state is State.CLOSED and trigger in _CHILD_IS_BORN
    edge = TABLE.get((State.LISTEN if newborn else end.state, trigger))
    if edge is None or edge.after is edge.before:
        return False
    _take(draft, connection, end, edge, provenance)
    return True


def go(
    draft: Draft, connection: ConnectionDraft, end: EndDraft, state: State, provenance: Provenance
) -> None:
    """Bring an end into a state that it is known to be in; what must have happened before is inferred."""
    newborn = end.state is State.CLOSED and connection.passive(end)
    way = path(State.LISTEN if newborn else end.state, state)
    if way is None:
        way = (Edge(end.state, Trigger.SEEN, state, "what the table shows is so"),)
    for edge in way:
        _take(draft, connection, end, edge, provenance if edge is way[-1] else Provenance.INFERRED)


def confirm(draft: Draft, end: EndDraft | ListenerDraft) -> None:
    """A sample shows the state that an end is thought to be in."""
    if end.provenance is Provenance.SAMPLED or not end.history:
        return
    last = replace(end.history[-1], provenance=Provenance.SAMPLED)
    end.history = (*end.history[:-1], last)
    end.provenance = Provenance.SAMPLED
    draft.facts.append(last)


def take_back(
    draft: Draft, connection: ConnectionDraft, end: EndDraft, state: State, why: Trigger = Trigger.SEEN
) -> bool:
    """Undo what was inferred since `state`, which a sample (or `why`) shows.

    False: more than arrivals spoke for it.
    """
    count = _doubtful_since(end, state)
    if not count:
        return False
    provenance = Provenance.SAMPLED if why is Trigger.SEEN else Provenance.INFERRED
    end.history = end.history[:-count]
    correction = Transition(
        draft.t,
        end.host,
        end.local,
        end.remote,
        end.state,
        state,
        provenance,
        connection.id,
        why.value,
        count,
    )
    _enter(draft, connection, end, correction)
    if end.history:
        end.since, end.provenance = end.history[-1].t, end.history[-1].provenance
    if why is Trigger.SEEN:
        confirm(draft, end)
    return True


def _doubtful_since(end: EndDraft, state: State) -> int:
    """How many of the last transitions would have to be undone to be in `state`; 0: it can't be."""
    for count, transition in enumerate(reversed(end.history), 1):
        edge = TABLE.get((transition.before, Trigger(transition.why)))
        if transition.provenance is not Provenance.INFERRED or edge is None or edge.certain:
            return 0
        # LISTEN is where a child comes from; before that it was no socket.
        before = State.CLOSED if transition.before is State.LISTEN else transition.before
        if before is state:
            return count
    return 0


def _take(
    draft: Draft, connection: ConnectionDraft, end: EndDraft, edge: Edge, provenance: Provenance
) -> None:
    transition = Transition(
        draft.t, end.host, end.local, end.remote, edge.before, edge.after, provenance, connection.id, edge.why
    )
    end.history = (*end.history[-_REMEMBERED:], transition)
    if edge.trigger in (Trigger.RECV_RST, Trigger.SEND_RST, Trigger.ABORT):
        end.reset = True
    _enter(draft, connection, end, transition)
    say_transition(draft, connection, end, transition)


def _enter(draft: Draft, connection: ConnectionDraft, end: EndDraft, transition: Transition) -> None:
    """Report a transition, and do what follows from the new state."""
    draft.facts.append(transition)
    end.state, end.since, end.provenance = transition.after, transition.t, transition.provenance
    draft.dirty.put((end.host, end.local, end.remote), None)
    if end is connection.server:
        _queue(draft, connection, end, transition)
    elif transition.after is State.ESTABLISHED:
        peer = connection.server
        draft.dirty.put((peer.host, peer.local, peer.remote), None)
    gone = end.state is State.CLOSED and connection.peer(end).state is State.CLOSED
    if gone and connection.closed is None:
        draft.mark_closed(connection)
    elif not gone and connection.closed is not None:
        draft.mark_open(connection)
    elif {connection.client.state, connection.server.state} <= _OVER and not draft.sees("table"):
        draft.mark_over(connection)
    if connection.client.state is not State.ESTABLISHED or connection.server.state is not State.CLOSED:
        connection.ghost = False


def _queue(draft: Draft, connection: ConnectionDraft, end: EndDraft, transition: Transition) -> None:
    """Take the connection into its listener's queues, or out of them (a reset one keeps its place)."""
    listener = draft.listener(end.host, connection.listener) if connection.listener is not None else None
    if listener is None:
        return
    if transition.after is State.SYN_RECV:
        listener.syn_queue[connection.id] = None
    else:
        listener.syn_queue.pop(connection.id, None)
    if transition.corrects:
        listener.accept_queue.pop(connection.id, None)
    elif transition.after is State.ESTABLISHED and not end.accepted:
        listener.accept_queue[connection.id] = None
        listener.grew = draft.t
    if transition.before is State.SYN_RECV and draft.suspects:
        others = [s for s in draft.suspects if s.syn or s.aborted or s.arrow.connection != connection.id]
        draft.suspects = others


def look_for_ghost(draft: Draft, connection: ConnectionDraft) -> None:
    """The server's table was read and has no row of this connection."""
    if (
        connection.ghost
        or connection.client.state is not State.ESTABLISHED
        or connection.server.state is not State.CLOSED
        or any(transition.after is State.ESTABLISHED for transition in connection.server.history)
    ):
        return
    connection.ghost = True
    say_of(draft, texts.GHOST, connection, connection.client)
