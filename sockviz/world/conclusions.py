"""What the sending and the arrival of a segment say about the two ends.

Sending is proof, arrival is a hint (`sockviz.tcp.states`).
"""

from sockviz.events import Segment
from sockviz.tcp.sequence import add, difference
from sockviz.tcp.states import RECEIVES, State, Trigger
from sockviz.world import numbers, texts
from sockviz.world.causes import refused, suspect, unexplained, unsuspect
from sockviz.world.draft import Draft
from sockviz.world.labels import count_bytes
from sockviz.world.model import Arrow
from sockviz.world.narration import say_of
from sockviz.world.owners import adopt_caller, unaccepted
from sockviz.world.queues import closed_since, listener_for
from sockviz.world.thawed import ConnectionDraft, EndDraft
from sockviz.world.transitions import fire


def conclude_from_sending(draft: Draft, connection: ConnectionDraft, end: EndDraft, segment: Segment) -> None:
    """An end sent a segment: it has come to where it says this."""
    flags, peer = segment.flags, connection.peer(end)
    if connection.spoofed and end is connection.client:
        _forged(draft, connection, end)
    elif "RST" in flags:
        refused(draft, connection, end)
        fire(draft, connection, end, Trigger.SEND_RST)
    elif "SYN" not in flags:
        _ack_sent(draft, connection, end, peer, segment)
        if "FIN" in flags:
            fire(draft, connection, end, Trigger.SEND_FIN)
    elif "ACK" not in flags:
        _syn_sent(draft, connection, end)
    elif end.state is State.SYN_SENT:
        fire(draft, connection, end, Trigger.RECV_SYN)
    else:
        unsuspect(draft, connection)
        listener = listener_for(draft, end.host, end.local)
        connection.listener = listener.local if listener is not None else connection.listener
        fire(draft, connection, end, Trigger.SEND_SYN_ACK)


def _forged(draft: Draft, connection: ConnectionDraft, end: EndDraft) -> None:
    """A raw socket made this up: no socket stands behind it, and no state changes."""
    end.track.syns += 1
    if end.track.syns > 1:
        unexplained(draft, connection)
    else:
        say_of(draft, texts.FORGED, connection, end, local=end.local)


def _syn_sent(draft: Draft, connection: ConnectionDraft, end: EndDraft) -> None:
    end.track.syns += 1
    if end.track.syns > 1:
        unexplained(draft, connection)
    fire(draft, connection, end, Trigger.SEND_SYN)
    adopt_caller(draft, connection, end)


def _ack_sent(
    draft: Draft, connection: ConnectionDraft, end: EndDraft, peer: EndDraft, segment: Segment
) -> None:
    """What an end acknowledges has arrived there, and was not ignored."""
    if "ACK" not in segment.flags:
        return
    if end.state is State.SYN_SENT and peer.isn is not None and segment.ack == add(peer.isn, 1):
        fire(draft, connection, end, Trigger.RECV_SYN_ACK)
    elif end.state is State.SYN_RECV and (segment.length or "FIN" in segment.flags):
        fire(draft, connection, end, Trigger.RECV_ACK_OF_SYN)
    fin = peer.track.fin_sent
    if fin is not None and end.state in RECEIVES and difference(segment.ack, fin) >= 0:
        fire(draft, connection, end, Trigger.RECV_FIN)


def conclude_from_arrival(draft: Draft, connection: ConnectionDraft, end: EndDraft, arrow: Arrow) -> None:
    """RFC 9293 §3.10.7, in its order: RST, SYN, ACK, data and FIN."""
    segment = arrow.segment
    if "RST" in segment.flags:
        _reset_arrived(draft, connection, end, segment)
    elif "SYN" in segment.flags:
        _syn_arrived(draft, connection, end, arrow)
    else:
        _ack_arrived(draft, connection, end, arrow)
        if end.state in RECEIVES:
            _data_arrived(draft, connection, end, segment)


def _reset_arrived(draft: Draft, connection: ConnectionDraft, end: EndDraft, segment: Segment) -> None:
    if end.state is State.SYN_SENT:
        believed = numbers.syn_acknowledged(end, segment)
    else:
        believed = numbers.in_order(end, segment)
    if believed:
        fire(draft, connection, end, Trigger.RECV_RST)


def _syn_arrived(draft: Draft, connection: ConnectionDraft, end: EndDraft, arrow: Arrow) -> None:
    segment = arrow.segment
    if "ACK" in segment.flags:
        if numbers.syn_acknowledged(end, segment):
            numbers.acknowledged(end, segment)
            if end.state is State.SYN_SENT:
                end.track.received_next = add(segment.seq, 1)
            trigger = Trigger.RECV_ACK_OF_SYN if end.state is State.SYN_RECV else Trigger.RECV_SYN_ACK
            fire(draft, connection, end, trigger)
        return
    if end.state in (State.CLOSED, State.SYN_SENT):
        end.track.received_next = add(segment.seq, 1)
    if end.state is State.CLOSED:
        suspect(draft, connection, end, arrow, syn=True)
    fire(draft, connection, end, Trigger.RECV_SYN)


def _ack_arrived(draft: Draft, connection: ConnectionDraft, end: EndDraft, arrow: Arrow) -> None:
    segment = arrow.segment
    numbers.acknowledged(end, segment)
    if end.state in (State.SYN_RECV, State.CLOSED):
        if numbers.syn_acknowledged(end, segment):
            _handshake_ends(draft, connection, end, arrow)
    elif numbers.fin_acknowledged(end, segment):
        fire(draft, connection, end, Trigger.RECV_ACK_OF_FIN)


def _handshake_ends(draft: Draft, connection: ConnectionDraft, end: EndDraft, arrow: Arrow) -> None:
    """The final ACK came to a half-open connection, or to a listener that had sent a cookie."""
    if end.state is State.CLOSED and not (connection.cookie and connection.passive(end) and not end.history):
        return
    end.track.final_ack = draft.t
    draft.dirty.put((end.host, end.local, end.remote), None)
    if connection.passive(end) and not _listener_takes(draft, connection, end, arrow):
        return
    if end.state is State.CLOSED:
        fire(draft, connection, end, Trigger.RECV_COOKIE)
    fire(draft, connection, end, Trigger.RECV_ACK_OF_SYN)


def _listener_takes(draft: Draft, connection: ConnectionDraft, end: EndDraft, arrow: Arrow) -> bool:
    """The listener lets the handshake end with this ACK."""
    listener = listener_for(draft, end.host, end.local)
    if listener is None:
        return not draft.sees("table", "calls")  # there is one, but such a run can't see it
    if end.state is State.SYN_RECV and closed_since(listener, end.since):
        return False  # it had come to an earlier socket there; the kernel answers RST
    if listener.full:
        suspect(draft, connection, end, arrow, syn=False)
        return False
    if listener.defers and not arrow.segment.length:
        say_of(draft, texts.DEFERRED, connection, end)
        return False
    return True


def _data_arrived(draft: Draft, connection: ConnectionDraft, end: EndDraft, segment: Segment) -> None:
    count, finished = numbers.received(end, segment)
    if count:
        text = texts.DATA_UNACCEPTED if unaccepted(draft, connection, end) else texts.DATA
        say_of(draft, text, connection, end, bytes=count_bytes(count))
    if finished:
        fire(draft, connection, end, Trigger.RECV_FIN)
