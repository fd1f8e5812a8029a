"""Tells the connections of a capture apart, and follows each of them as far as a list of them needs.

For each segment of millions, so it does little: the states of both ends are the world's to infer, from the
events of the one connection that is looked at.
"""

from typing import Final

from sockviz.tcp.segment import ACK, FIN, RST, SYN, Headers
from sockviz.tcp.sequence import MODULUS, difference
from sockviz.tcp.stream import Gap, Verdict, place, probes

SEEN_SYN, SEEN_SYN_ACK, SEEN_ACK, SEEN_DATA, SEEN_FIN, SEEN_RST = (1 << bit for bit in range(6))
"""What was seen of a connection: the bits of Wireshark's `tcp.completeness` (ACK: one without data)."""

_MASK: Final = MODULUS - 1
_HALF: Final = MODULUS >> 1

Key = tuple[bytes, int, bytes, int]
"""Source address and port, destination address and port."""


class Flow:
    """One direction of a connection: what one end sent."""

    __slots__ = (
        "acked",
        "bytes",
        "connection",
        "expected",
        "fin",
        "first",
        "gaps",
        "key",
        "missing",
        "packets",
        "peer",
        "repeated",
        "syn",
        "unanswered",
    )

    def __init__(self, connection: "Tracked", key: Key) -> None:
        self.connection = connection
        self.peer: Flow = self
        self.key = key
        self.first: int | None = None
        """Its initial sequence number, or the number before the first one seen."""
        self.expected: int | None = None
        """The number after all that it sent; None: it has sent nothing."""
        self.gaps: tuple[Gap, ...] = ()
        self.syn = False
        """It sent a SYN."""
        self.fin: int | None = None
        """The number that acknowledges its FIN."""
        self.acked: int | None = None
        """What it acknowledged of the other direction."""
        self.packets = 0
        self.bytes = 0
        """Payload, each byte once."""
        self.repeated = 0
        """Segments sent again."""
        self.unanswered = 0
        """Segments sent again, and questions whether somebody is there, since the peer last said anything."""
        self.missing = 0
        """Bytes that it must have sent, as what came later shows, and the capture does not have."""

    @property
    def passed(self) -> bool:
        """Its FIN was acknowledged."""
        return self.fin is not None and _reaches(self.peer.acked, self.fin)

    @property
    def opened(self) -> bool:
        """Its SYN was seen, and acknowledged."""
        return self.syn and self.peer.joined

    @property
    def joined(self) -> bool:
        """It acknowledged its peer's SYN (be it in the capture or not)."""
        first = self.peer.first
        return first is not None and _reaches(self.acked, first + 1)


def _reaches(acked: int | None, number: int) -> bool:
    return acked is not None and difference(acked, number) >= 0


class Tracked:
    """A connection of a capture, as far as it has been read."""

    __slots__ = (
        "client",
        "first",
        "first_packet",
        "last",
        "last_packet",
        "number",
        "reset",
        "seen",
        "server",
    )

    def __init__(self, number: int, key: Key, t: int, packet: int) -> None:
        """`key`: from the client to the server."""
        self.number = number
        self.client = Flow(self, key)
        self.server = Flow(self, (*key[2:], *key[:2]))
        self.client.peer, self.server.peer = self.server, self.client
        self.first = self.last = t
        self.first_packet = self.last_packet = packet
        self.seen = 0
        self.reset: Flow | None = None
        """Which end's RST ended it, unless that end went on sending."""


class Tracker:
    """All connections of a capture, in order of appearance."""

    def __init__(self, most: int) -> None:
        """`most`: how many are followed; the segments of those that come later are told by None."""
        self.connections: list[Tracked] = []
        self._most = most
        self._flows: dict[Key, Flow] = {}

    def take(self, packet: int, t: int, found: Headers) -> Flow | None:
        """Put a segment, the `packet`-th of the capture, where it belongs."""
        source, destination, (source_port, destination_port, seq, ack, _, flags, _), _, length = found
        key = (source, source_port, destination, destination_port)
        flow = self._flows.get(key)
        if flow is None or (flags & (SYN | ACK) == SYN and flow.first not in (None, seq)):
            flow = self._begin(key, flags, t, packet)
            if flow is None:
                return None
        connection = flow.connection
        connection.last, connection.last_packet = t, packet
        connection.seen |= SEEN_DATA if length else _SEEN[flags & (SYN | ACK)]
        flow.packets += 1
        flow.peer.unanswered = 0
        if flags & RST:
            _reset(flow, seq, ack if flags & ACK else None)
            return flow
        if flow.expected == seq and not flags & (SYN | FIN):
            if length:
                flow.expected = (seq + length) & _MASK
                flow.bytes += length
                if connection.reset is flow:
                    connection.reset = None
        else:
            _sent(flow, seq, length, flags, t)
        if flags & ACK and flow.acked != ack:
            _acknowledges(flow, ack, t)
        return flow

    def _begin(self, key: Key, flags: int, t: int, packet: int) -> Flow | None:
        """A new connection; it takes the place of another one with the same addresses."""
        if len(self.connections) >= self._most:
            # Else what comes would be taken for a part of the connection before.
            self._flows.pop(key, None)
            self._flows.pop((*key[2:], *key[:2]), None)
            return None
        initiates = key[1] >= key[3] if not flags & SYN else not flags & ACK
        connection = Tracked(len(self.connections) + 1, key if initiates else (*key[2:], *key[:2]), t, packet)
        self.connections.append(connection)
        for flow in (connection.client, connection.server):
            self._flows[flow.key] = flow
        return connection.client if initiates else connection.server


_SEEN: Final = {0: 0, SYN: SEEN_SYN, SYN | ACK: SEEN_SYN_ACK, ACK: SEEN_ACK}


def _reset(flow: Flow, seq: int, ack: int | None) -> None:
    connection, peer = flow.connection, flow.peer
    connection.seen |= SEEN_RST
    if flow.first is None:
        flow.first = (seq - 1) & _MASK
    if peer.first is None and ack is not None:
        peer.first = (ack - 1) & _MASK
    if not (flow.passed and peer.passed):
        connection.reset = flow


def _sent(flow: Flow, seq: int, length: int, flags: int, t: int) -> None:
    """A segment that does not simply go on where the last one ended, or that has a SYN or a FIN."""
    size = length + bool(flags & SYN) + bool(flags & FIN)
    if flags & SYN:
        flow.syn, flow.first = True, seq
        flow.connection.seen |= _SEEN[flags & (SYN | ACK)]
    elif flow.first is None:
        flow.first = (seq - 1) & _MASK
    if flags & FIN:
        flow.fin = (seq + size) & _MASK
        flow.connection.seen |= SEEN_FIN
    if flow.expected is None:
        flow.expected = seq
    if size == length and probes(flow.expected, flow.peer.acked, seq, length):
        flow.unanswered += 1
        return
    before = flow.expected
    flow.expected, flow.gaps, fresh, verdict = place(before, flow.gaps, seq, size, t)
    flow.missing += difference(flow.expected, before) - fresh
    flow.bytes += min(length, fresh)
    if verdict is Verdict.AGAIN:
        flow.repeated += 1
        flow.unanswered += 1
    elif size and flow.connection.reset is flow:
        flow.connection.reset = None


def _acknowledges(flow: Flow, ack: int, t: int) -> None:
    """An end acknowledged what the other one sent, be it in the capture or not."""
    if flow.acked is None or (ack - flow.acked) & _MASK < _HALF:
        flow.acked = ack
    peer = flow.peer
    if peer.first is None:
        peer.first = (ack - 1) & _MASK
    if peer.expected is not None and 0 < (ack - peer.expected) & _MASK < _HALF:
        peer.missing += (ack - peer.expected) & _MASK
        peer.expected, peer.gaps, _, _ = place(peer.expected, peer.gaps, ack, 0, t)
