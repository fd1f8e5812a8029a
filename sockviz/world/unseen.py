"""What must have happened, though no segment of it was captured: before the capture began, or past it.

A capture begins when it likes and may miss segments. What is seen still proves something: who acknowledges a
number has received everything before it; who sends data has finished its handshake. And it is seen at one
point of the way: two segments that cross each other have one order there and another one at each end.
"""

from sockviz.events import Segment, SegmentCaptured
from sockviz.tcp.sequence import add, difference
from sockviz.tcp.states import State, Trigger
from sockviz.tcp.stream import missing
from sockviz.world import numbers, texts
from sockviz.world.draft import Draft
from sockviz.world.labels import count_bytes
from sockviz.world.model import Provenance
from sockviz.world.narration import say_of
from sockviz.world.thawed import ConnectionDraft, EndDraft
from sockviz.world.transitions import fire, go, take_back


def before(draft: Draft, event: SegmentCaptured) -> None:
    """Conclude what must have happened before this segment was sent."""
    segment = event.segment
    found = draft.find(event.sender, segment.source, segment.destination)
    if "SYN" in segment.flags:
        if found is None and "ACK" in segment.flags:
            _syn_missed(draft, event)
        elif found is None:
            _replace_swapped(draft, event)
        return
    if found is None:
        _begin(draft, event)
        return
    connection, end = found
    if "RST" in segment.flags:
        return
    peer = connection.peer(end)
    _handshake_missed(draft, connection, end, segment)
    _still_there(draft, connection, end, segment)
    _data_missed(draft, connection, end, peer, segment)
    if "FIN" in segment.flags:
        _fins_cross(draft, connection, end, peer, segment)


def after(draft: Draft, event: SegmentCaptured) -> None:
    """Conclude what must have happened just after it was sent: two SYNs cross, and each arrives."""
    segment = event.segment
    found = draft.find(event.sender, segment.source, segment.destination)
    if found is None or "SYN" not in segment.flags or "ACK" in segment.flags:
        return
    connection, end = found
    if connection.peer(end).track.syns and end.state is State.SYN_SENT:
        fire(draft, connection, end, Trigger.RECV_SYN)


def _begin(draft: Draft, event: SegmentCaptured) -> None:
    """A connection that began before the capture; an RST alone says that there is none any more."""
    segment = event.segment
    end = EndDraft(event.sender, segment.source, segment.destination)
    peer = EndDraft(event.receiver, segment.destination, segment.source)
    client, server = (end, peer) if event.sender == "client" else (peer, end)
    connection = draft.open_connection(client, server)
    end.isn = add(segment.seq, -1)
    if "ACK" in segment.flags:
        peer.isn, end.track.received_next = add(segment.ack, -1), segment.ack
    if "RST" in segment.flags:
        draft.mark_closed(connection)
        return
    for one in (client, server):
        fire(draft, connection, one, Trigger.UNDER_WAY)
    say_of(draft, texts.UNDER_WAY, connection, client)


def _syn_missed(draft: Draft, event: SegmentCaptured) -> None:
    """A SYN-ACK answers a SYN."""
    segment = event.segment
    server = EndDraft(event.sender, segment.source, segment.destination)
    client = EndDraft(event.receiver, segment.destination, segment.source)
    connection = draft.open_connection(client, server)
    client.isn, client.track.sent_next = add(segment.ack, -1), segment.ack
    fire(draft, connection, client, Trigger.SEND_SYN)


def _replace_swapped(draft: Draft, event: SegmentCaptured) -> None:
    """The addresses were used before, by a connection that began at the other end."""
    old = draft.find(event.sender, event.segment.destination, event.segment.source)
    if old is not None:
        for end in (old[0].client, old[0].server):
            fire(draft, old[0], end, Trigger.REPLACED)


def _handshake_missed(draft: Draft, connection: ConnectionDraft, end: EndDraft, segment: Segment) -> None:
    """Whoever sends anything but a SYN has got what it needs for that."""
    peer = connection.peer(end)
    if "ACK" not in segment.flags or not _unopened(end):
        return
    if peer.isn is not None and not numbers.syn_acknowledged(peer, segment):
        return  # it answers something from before (RFC 5961 §4)
    if end.isn is None:
        end.isn, end.track.sent_next = add(segment.seq, -1), segment.seq
    if peer.isn is None:
        peer.isn, peer.track.sent_next = add(segment.ack, -1), segment.ack
    # A client that acknowledges has got a SYN-ACK; a server that says more has got the ACK of its own.
    if _unopened(peer):
        least = State.ESTABLISHED if end is connection.server else State.SYN_RECV
        go(draft, connection, peer, least, Provenance.INFERRED)
    go(draft, connection, end, State.ESTABLISHED, Provenance.INFERRED)
    for one in (end, peer):
        if one.track.received_next is None:
            one.track.received_next = connection.peer(one).track.sent_next


def _unopened(end: EndDraft) -> bool:
    return end.state is State.SYN_SENT or (end.state is State.CLOSED and not end.history)


def _still_there(draft: Draft, connection: ConnectionDraft, end: EndDraft, segment: Segment) -> None:
    """Whoever goes on sending after an RST did not send that RST: somebody forged it."""
    if (
        end.state is State.CLOSED
        and end.history
        and end.history[-1].why == Trigger.SEND_RST.value
        and numbers.occupies(segment)
    ):
        end.reset = False
        fire(draft, connection, end, Trigger.UNDER_WAY)


def _data_missed(
    draft: Draft, connection: ConnectionDraft, end: EndDraft, peer: EndDraft, segment: Segment
) -> None:
    """Who acknowledges a number has received everything before it, be it in the capture or not."""
    track = end.track
    if "ACK" not in segment.flags or track.received_next is None:
        return
    before_it = track.received_next
    received = difference(segment.ack, before_it)
    if received <= 0:
        return
    fin = peer.track.fin_sent
    finished = fin is not None and difference(segment.ack, fin) >= 0
    track.received_next = segment.ack
    track.beyond = tuple(p for p in track.beyond if difference(add(*p), segment.ack) > 0)
    end.bytes_received += received - finished
    numbers.reached(peer, segment.ack, draft.t)
    if lost := missing(peer.track.gaps, before_it, received):
        say_of(draft, texts.NOT_CAPTURED, connection, peer, bytes=count_bytes(lost))


def _fins_cross(
    draft: Draft, connection: ConnectionDraft, end: EndDraft, peer: EndDraft, segment: Segment
) -> None:
    """A FIN that does not acknowledge the other one was sent before that one arrived."""
    fin = peer.track.fin_sent
    if fin is None or end.state is not State.CLOSE_WAIT or difference(segment.ack, fin) >= 0:
        return
    if take_back(draft, connection, end, State.ESTABLISHED, Trigger.SEND_FIN):
        fire(draft, connection, end, Trigger.SEND_FIN)
        fire(draft, connection, end, Trigger.RECV_FIN)
