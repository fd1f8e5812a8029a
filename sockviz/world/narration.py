"""Says what just happened. Chooses the text; the words themselves are in `sockviz.world.texts`."""

from collections.abc import Callable
from typing import Final, NamedTuple

from sockviz.tcp.states import State, Trigger
from sockviz.world import texts
from sockviz.world.draft import Draft
from sockviz.world.model import Narration, Transition
from sockviz.world.names import canonical
from sockviz.world.owners import unaccepted
from sockviz.world.texts import Text
from sockviz.world.thawed import ConnectionDraft, EndDraft

LINGER: Final = 1_000_000_000
"""How long (ns) a caption is kept against one of less weight."""


def say(draft: Draft, text: Text, connection: ConnectionDraft | None = None, **values: object) -> str:
    """Report a narration, and make it the caption unless a weightier one is still new.

    Returns:
        Its words.
    """
    if connection is not None:
        values["c"] = f"#{connection.id}"
    words = text.template.format(**values)
    say_words(draft, words, text.weight, connection)
    return words


def say_words(draft: Draft, words: str, weight: int, connection: ConnectionDraft | None = None) -> None:
    """As `say`, with words that are ready."""
    narration = Narration(draft.t, words, connection.id if connection else None, weight)
    draft.facts.append(narration)
    caption = draft.caption
    if caption is None or weight >= caption.weight or (weight and draft.t - caption.t > LINGER):
        draft.caption = narration


def say_of(draft: Draft, text: Text, connection: ConnectionDraft, end: EndDraft, **values: object) -> str:
    """`say`, of one end of a connection."""
    peer = connection.peer(end).host
    return say(draft, text, connection, who=end.host, peer=peer, remote=end.remote, **values)


def say_transition(draft: Draft, connection: ConnectionDraft, end: EndDraft, transition: Transition) -> None:
    """Say what a transition means, if it is worth a sentence."""
    choose = _CHOICE.get(transition.after)
    if choose is None:
        return
    case = _Case(
        draft,
        connection,
        end,
        transition,
        passive=connection.passive(end),
        unaccepted=unaccepted(draft, connection, end),
        programs=draft.sees("table", "calls"),
    )
    text = choose(case)
    if text is not None:
        say_of(draft, text, connection, end)


def accept_blocked(draft: Draft, host: str, listener: str | None) -> bool:
    """A program is in accept() on this listener."""
    found = draft.listener(host, listener) if listener is not None else None
    if found is None or found.pid is None or found.fd is None:
        return False
    owners = {(owner.pid, owner.fd) for owner in found.owners} | {(found.pid, found.fd)}
    programs = ((draft.program(host, pid), fd) for pid, fd in owners)
    return any(
        canonical(call.name) == "accept" and call.fd == fd and call.returned is None
        for program, fd in programs
        if program is not None
        for call in program.calls.values()
    )


class _Case(NamedTuple):
    draft: Draft
    connection: ConnectionDraft
    end: EndDraft
    transition: Transition
    passive: bool
    """The end belongs to a listener."""
    unaccepted: bool
    """And nobody has accepted it."""
    programs: bool
    """This run can see who owns what."""


def _syn_sent(case: _Case) -> Text:
    if not case.programs:
        return texts.ASKS
    return texts.SYN_SENT_HELD if case.draft.mode == "hold" else texts.SYN_SENT


def _established(case: _Case) -> Text | None:
    if case.transition.why == Trigger.UNDER_WAY.value:
        return None
    if not case.passive:
        both = case.connection.peer(case.end).state is State.ESTABLISHED
        return texts.CONNECTED_BOTH if both else texts.CONNECTED
    if case.end.accepted:
        return None
    if not case.unaccepted:
        return texts.ANSWERED
    awaited = accept_blocked(case.draft, case.end.host, case.connection.listener)
    return texts.QUEUED_FOR_ACCEPT if awaited else texts.QUEUED


def _fin_wait1(case: _Case) -> Text:
    if case.end.track.half_closing:
        return texts.HALF_CLOSED
    both = case.connection.peer(case.end).state is State.FIN_WAIT1
    return texts.FIN_WAIT1_BOTH if both else texts.FIN_WAIT1


def _closed(case: _Case) -> Text | None:
    why, before = case.transition.why, case.transition.before
    if why == Trigger.RECV_RST.value:
        return _reset_arrived(case)
    if why == Trigger.SEND_RST.value:
        return _reset_sent(case)
    if before is State.SYN_SENT and why in (Trigger.CLOSE.value, Trigger.ABORT.value):
        return texts.ABANDONED
    return _CLOSED.get(why)


def _reset_arrived(case: _Case) -> Text:
    before = case.transition.before
    if before is State.SYN_SENT:
        return texts.REFUSED
    if case.unaccepted and before is not State.SYN_RECV:
        return texts.RESET_WHILE_QUEUED
    if case.end.fd is None:
        return texts.RESET_ARRIVED_UNOWNED
    # tcp_reset() in net/ipv4/tcp_input.c
    closed = case.transition.before is State.CLOSE_WAIT
    return texts.RESET_ARRIVED_CLOSED if closed else texts.RESET_ARRIVED


def _reset_sent(case: _Case) -> Text:
    if case.passive and not case.end.accepted and case.transition.before is State.SYN_RECV:
        return texts.RESET_HALF_OPEN
    if case.unaccepted:
        return texts.RESET_UNACCEPTED
    unread = case.end.row is not None and case.end.row.recv_queue
    return texts.RESET_UNREAD if unread else texts.RESET_SENT


_CLOSED: Final = {
    Trigger.RECV_ACK_OF_FIN.value: texts.LAST_ACK_ARRIVED,
    Trigger.ABORT.value: texts.RESET_SENT,
    Trigger.TIME_WAIT_OVER.value: texts.TIME_WAIT_OVER,
    Trigger.FIN_TIMEOUT.value: texts.FIN_TIMEOUT,
    Trigger.GAVE_UP.value: texts.GAVE_UP,
    Trigger.REPLACED.value: texts.REPLACED,
    Trigger.GONE.value: texts.GONE,
}

_CHOICE: Final[dict[State, Callable[[_Case], Text | None]]] = {
    State.SYN_SENT: _syn_sent,
    State.SYN_RECV: lambda case: texts.SYN_RECV if case.passive else texts.SIMULTANEOUS_OPEN,
    State.ESTABLISHED: _established,
    State.FIN_WAIT1: _fin_wait1,
    State.FIN_WAIT2: lambda case: (
        texts.FIN_WAIT2_ORPHAN if case.programs and case.end.fd is None else texts.FIN_WAIT2
    ),
    State.CLOSE_WAIT: lambda case: texts.CLOSED_WHILE_QUEUED if case.unaccepted else texts.CLOSE_WAIT,
    State.CLOSING: lambda _: texts.CLOSING,
    State.LAST_ACK: lambda _: texts.LAST_ACK,
    State.TIME_WAIT: lambda case: (
        texts.TIME_WAIT_BOTH if case.transition.before is State.CLOSING else texts.TIME_WAIT
    ),
    State.CLOSED: _closed,
}
"""What is said of an end that comes into a state."""
