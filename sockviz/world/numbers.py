"""Follows the sequence numbers of one end: what is new, what is a repetition, what arrived without a gap.

Numbers are those on the wire (mod 2**32). An end that was not followed from its SYN on is followed from the
first segment seen.
"""

from sockviz.events import Segment
from sockviz.tcp.sequence import add, difference
from sockviz.tcp.stream import Verdict, place, probes
from sockviz.world.thawed import EndDraft
from sockviz.world.track import Track


def occupies(segment: Segment) -> int:
    """How many sequence numbers it takes: its bytes, and one each for SYN and FIN (RFC 9293 §3.4)."""
    return segment.length + ("SYN" in segment.flags) + ("FIN" in segment.flags)


def sent(end: EndDraft, segment: Segment, t: int) -> Verdict:
    """Take in what an end sent at `t` (no RST), and say whether it had been sent before."""
    track, size, flags = end.track, occupies(segment), segment.flags
    after = add(segment.seq, size)
    begins = "SYN" in flags and end.isn != segment.seq
    if "SYN" in flags:
        end.isn = segment.seq
    if "FIN" in flags:
        track.fin_sent = after
    if flags == "SYN|ACK" and track.syns:
        return Verdict.NEW  # simultaneous open: it has the SYN's number, and says something else
    if track.sent_next is None or begins:
        track.sent_next, track.gaps = after, ()
        end.bytes_sent += segment.length
        return Verdict.NEW
    if size == segment.length and probes(track.sent_next, track.acked, segment.seq, size):
        return Verdict.PROBE
    placed = place(track.sent_next, track.gaps, segment.seq, size, t)
    track.sent_next, track.gaps = placed.expected, placed.gaps
    end.bytes_sent += min(segment.length, placed.fresh)
    return placed.verdict


def reached(end: EndDraft, ack: int, t: int) -> None:
    """An end has sent everything before `ack`, since its peer acknowledged that."""
    track = end.track
    if track.sent_next is not None and difference(ack, track.sent_next) > 0:
        track.sent_next, track.gaps, _, _ = place(track.sent_next, track.gaps, ack, 0, t)


def acknowledged(end: EndDraft, segment: Segment) -> None:
    """Take in the acknowledgement that a segment brought to an end."""
    track = end.track
    if "ACK" in segment.flags and (track.acked is None or difference(segment.ack, track.acked) > 0):
        track.acked = segment.ack


def fin_acknowledged(end: EndDraft, segment: Segment) -> bool:
    """The segment that arrived acknowledges this end's FIN."""
    fin = end.track.fin_sent
    return fin is not None and "ACK" in segment.flags and difference(segment.ack, fin) >= 0


def syn_acknowledged(end: EndDraft, segment: Segment) -> bool:
    """The segment that arrived acknowledges this end's SYN, and nothing that was not sent."""
    if "ACK" not in segment.flags or end.isn is None or end.track.sent_next is None:
        return False
    return difference(segment.ack, add(end.isn, 1)) >= 0 >= difference(segment.ack, end.track.sent_next)


def in_order(end: EndDraft, segment: Segment) -> bool:
    """The number of an RST is the next one expected, else the kernel does not believe it (RFC 5961 §3.2)."""
    expected = end.track.received_next
    return expected is None or segment.seq == expected


def received(end: EndDraft, segment: Segment) -> tuple[int, bool]:
    """Take in the bytes and the FIN that arrived.

    Returns:
        How many bytes are new and follow without a gap; and whether this brought the end of the peer's
        stream (or repeats it).
    """
    track = end.track
    if track.received_next is None:
        track.received_next = segment.seq
    count = _take_in(track, segment.seq, segment.length)
    end.bytes_received += count
    if "FIN" in segment.flags:
        track.fin_arrived = add(segment.seq, segment.length)
    elif not count:
        return 0, False
    fin = track.fin_arrived
    if fin is None or difference(track.received_next, fin) < 0:
        return count, False
    track.received_next = add(fin, 1)
    return count, True


def _take_in(track: Track, seq: int, length: int) -> int:
    """Advance RCV.NXT over new bytes and what had arrived beyond them; returns by how much."""
    if not length or track.received_next is None:
        return 0
    start = track.received_next
    waiting = sorted((*track.beyond, (seq, length)), key=lambda piece: difference(piece[0], start))
    beyond: list[tuple[int, int]] = []
    for first, size in waiting:
        if difference(first, track.received_next) > 0:
            beyond.append((first, size))
        elif difference(add(first, size), track.received_next) > 0:
            track.received_next = add(first, size)
    track.beyond = tuple(beyond[:_PIECES])
    return difference(track.received_next, start)


_PIECES = 64
"""Pieces beyond a gap that are remembered; a sample corrects what is forgotten."""
