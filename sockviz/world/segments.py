"""The wire: what is on it, the arrows that views draw, and which connection a segment belongs to.

What a segment says about the two ends is concluded in `sockviz.world.conclusions`.
"""

from dataclasses import replace
from typing import Final

from sockviz.events import (
    Segment,
    SegmentCaptured,
    SegmentDelivered,
    SegmentDropped,
    SegmentReleased,
    SegmentSent,
    WireChanged,
)
from sockviz.tcp.states import State, Trigger
from sockviz.tcp.stream import Verdict
from sockviz.world import datagrams, numbers, texts, unseen
from sockviz.world.conclusions import conclude_from_arrival, conclude_from_sending
from sockviz.world.draft import Draft
from sockviz.world.labels import duration, label
from sockviz.world.model import Arrow, InFlight
from sockviz.world.narration import say, say_of
from sockviz.world.thawed import ConnectionDraft, EndDraft
from sockviz.world.transitions import fire


def segment_sent(draft: Draft, event: SegmentSent) -> None:
    """A segment entered the wire."""
    _put_on_wire(draft, event, event.due)


def segment_captured(draft: Draft, event: SegmentCaptured) -> None:
    """A segment was seen at one point: sent and arrived, as far as can be told."""
    unseen.before(draft, event)
    _put_on_wire(draft, event, draft.t)
    _take_off_wire(draft, event.id)
    unseen.after(draft, event)


def segment_released(draft: Draft, event: SegmentReleased) -> None:
    """A held segment moves on."""
    flight = draft.in_flight.get(event.id)
    if flight is not None:
        draft.in_flight.put(event.id, replace(flight, due=event.due, released=draft.t))


def segment_delivered(draft: Draft, event: SegmentDelivered) -> None:
    """A segment reached the other kernel."""
    _take_off_wire(draft, event.id)


def segment_dropped(draft: Draft, event: SegmentDropped) -> None:
    """A segment was taken off the wire."""
    flight = draft.in_flight.pop(event.id)
    if flight is None:
        return
    original = draft.in_flight.get(event.original) if event.original is not None else None
    if original is not None:
        draft.in_flight.put(original.id, replace(original, resent=original.resent + 1))
    draft.facts.append(_arrow(flight, dropped=draft.t, cause=event.cause))
    connection = draft.connection(flight.connection)
    if flight.segment.protocol != "tcp":
        datagrams.taken_off(draft)
    if connection is None:
        return
    text = texts.TAKEN_OFF if numbers.occupies(flight.segment) else texts.ACK_TAKEN_OFF
    if event.cause == "resent":
        text = texts.SENT_AGAIN_HELD
    elif event.cause == "nobody":
        text = texts.TO_NOBODY_AGAIN if flight.retransmission else texts.TO_NOBODY
    say_of(draft, text, connection, connection.end(flight.sender), label=label(flight.segment))


def wire_changed(draft: Draft, event: WireChanged) -> None:
    """The operator changed the wire."""
    if event.mode != draft.mode:
        text = {"hold": texts.WIRE_HOLDS, "cut": texts.WIRE_CUT}.get(event.mode, texts.WIRE_FLOWS)
        say(draft, text, delay=f"after {duration(event.delay)}" if event.delay else "at once")
    draft.mode, draft.delay = event.mode, event.delay


_SAID: Final = {
    Verdict.AGAIN: texts.SENT_AGAIN,
    Verdict.LATE: texts.OVERTAKEN,
    Verdict.PROBE: texts.KEEPALIVE,
}
"""What is said of a segment because of its numbers."""


def _put_on_wire(draft: Draft, event: SegmentSent | SegmentCaptured, due: int | None) -> None:
    segment, tcp = event.segment, event.segment.protocol == "tcp"
    connection, end = _whose(draft, event.sender, event.receiver, segment) if tcp else (None, None)
    verdict = Verdict.NEW
    if connection is not None and end is not None:
        end.track.touched = draft.t
        if "RST" not in segment.flags:
            verdict = numbers.sent(end, segment, draft.t)
    flight = InFlight(
        id=event.id,
        sender=event.sender,
        receiver=event.receiver,
        segment=segment,
        sent=draft.t,
        due=due,
        connection=connection.id if connection is not None else None,
        retransmission=verdict is Verdict.AGAIN,
        late=verdict is Verdict.LATE,
    )
    draft.in_flight.put(event.id, flight)
    draft.facts.append(_arrow(flight))
    if not tcp:
        datagrams.sent(draft, flight)
    if connection is None or end is None:
        return
    if verdict in _SAID:
        say_of(draft, _SAID[verdict], connection, end, label=label(segment))
    conclude_from_sending(draft, connection, end, segment)


def _take_off_wire(draft: Draft, number: int) -> None:
    flight = draft.in_flight.pop(number)
    if flight is None:
        return
    arrow = _arrow(flight, arrived=draft.t)
    draft.facts.append(arrow)
    draft.arrived.put(flight.receiver, arrow)
    if flight.segment.protocol != "tcp":
        datagrams.arrived(draft, arrow)
    connection = draft.connection(flight.connection)
    if connection is not None:
        end = connection.peer(connection.end(flight.sender))
        end.track.touched = draft.t
        conclude_from_arrival(draft, connection, end, arrow)


def _arrow(
    flight: InFlight, *, arrived: int | None = None, dropped: int | None = None, cause: str | None = None
) -> Arrow:
    return Arrow(
        id=flight.id,
        connection=flight.connection,
        sender=flight.sender,
        receiver=flight.receiver,
        segment=flight.segment,
        sent=flight.sent,
        arrived=arrived,
        dropped=dropped,
        cause=cause,
        retransmission=flight.retransmission,
        late=flight.late,
    )


def _whose(
    draft: Draft, sender: str, receiver: str, segment: Segment
) -> tuple[ConnectionDraft, EndDraft] | tuple[None, None]:
    """The connection of a segment and the end that sent it; a SYN may begin a new one."""
    found = draft.find(sender, segment.source, segment.destination)
    if "SYN" not in segment.flags:
        return found or (None, None)
    if found is not None and not _begins_anew(*found, segment):
        return found
    if found is not None:
        for old in (found[0].client, found[0].server):
            fire(draft, found[0], old, Trigger.REPLACED)
    end = EndDraft(sender, segment.source, segment.destination)
    peer = EndDraft(receiver, segment.destination, segment.source)
    if "ACK" in segment.flags:
        return draft.open_connection(peer, end), end
    connection = draft.open_connection(end, peer)
    connection.spoofed = draft.foreign(sender, segment.source)
    return connection, end


def _begins_anew(connection: ConnectionDraft, end: EndDraft, segment: Segment) -> bool:
    """A SYN with another number than this connection's, or of one that is over: it begins another one."""
    if "ACK" in segment.flags:
        return False
    if end.isn is not None:
        return end.isn != segment.seq
    peer = connection.peer(end)
    # It sent no SYN so far. If its peer is opening this is a simultaneous open; or only the table told of it.
    return peer.state not in (State.SYN_SENT, State.SYN_RECV) and end.state is not State.SYN_SENT
