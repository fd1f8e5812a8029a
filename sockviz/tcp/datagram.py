"""What is on the lab's wire besides TCP: UDP datagrams, and the ICMP messages that report their fate.

Pure; the standard library and the events only. Both are told as `events.Segment`, with their `protocol`.
"""

from struct import Struct
from typing import Final, Literal, NamedTuple, TypeAlias

from sockviz.events import Segment
from sockviz.tcp.link import ETHERNET, IPV4, IPV6, network
from sockviz.tcp.segment import FRAME_KEPT, endpoint

_UDP: Final = 17
_UDP_HEADER: Final = 8
_ICMP: Final = {IPV4: 1, IPV6: 58}
_ICMP_HEADER: Final = 8
_IPV4_HEADER: Final = 20
_IPV6_HEADER: Final = 40
_FRAGMENT: Final = 44
"""IPv6's fragment header (RFC 8200 §4.5)."""
_FRAGMENT_HEADER: Final = 8
_WITH_PORTS: Final = frozenset({6, _UDP})

_ERRORS: Final = {
    (IPV4, 3, 0): "network unreachable",
    (IPV4, 3, 1): "host unreachable",
    (IPV4, 3, 2): "protocol unreachable",
    (IPV4, 3, 3): "port unreachable",
    (IPV4, 3, 4): "fragmentation needed",
    (IPV4, 3, 13): "prohibited",
    (IPV4, 11, 0): "time to live exceeded",
    (IPV4, 11, 1): "reassembly time exceeded",
    (IPV6, 1, 0): "no route",
    (IPV6, 1, 1): "prohibited",
    (IPV6, 1, 3): "address unreachable",
    (IPV6, 1, 4): "port unreachable",
    (IPV6, 2, 0): "packet too big",
    (IPV6, 3, 0): "hop limit exceeded",
    (IPV6, 3, 1): "reassembly time exceeded",
}
"""(family, type, code) → what is reported: RFC 792, RFC 1812 §5.2.7, RFC 4443."""

_ports = Struct("!HH").unpack_from
_u16 = Struct("!H").unpack_from

Protocol: TypeAlias = Literal["udp", "icmp"]


class _Packet(NamedTuple):
    """An IP packet's header."""

    family: int
    """`IPV4` or `IPV6`."""
    source: bytes
    target: bytes
    protocol: int
    start: int
    """Where its payload begins."""
    stop: int
    """Where it ends (perhaps after the frame's end)."""
    offset: int
    """Of a fragment, in units of 8 bytes."""
    more: bool
    """Another fragment follows."""


def decode(frame: bytes, link: int = ETHERNET) -> Segment | None:
    """Read a UDP datagram, or an ICMP message that reports an error; None: it is neither, or cut off.

    A datagram too long for the link comes in fragments: the first has the ports, those of the others are 0.
    """
    family, at = network(frame, link)
    packet = _packet(frame, family, at)
    if packet is None:
        return None
    if packet.protocol == _UDP:
        return _datagram(frame, packet, link)
    return _report(frame, packet, link) if packet.protocol == _ICMP[family] else None


def _datagram(frame: bytes, packet: _Packet, link: int) -> Segment | None:
    if packet.offset:
        source = destination = 0
        length = packet.stop - packet.start
    else:
        if packet.start + _UDP_HEADER > min(packet.stop, len(frame)):
            return None
        source, destination = _ports(frame, packet.start)
        length = packet.stop - packet.start - _UDP_HEADER
    return _segment(
        "udp",
        endpoint(packet.source, source),
        endpoint(packet.target, destination),
        length=length,
        says="fragment" if packet.offset or packet.more else "",
        frame=frame,
        link=link,
    )


def _report(frame: bytes, packet: _Packet, link: int) -> Segment | None:
    """An error, told with the ports of the packet that it quotes."""
    if packet.start + _ICMP_HEADER > len(frame):
        return None
    says = _ERRORS.get((packet.family, frame[packet.start], frame[packet.start + 1]))
    quoted = _packet(frame, packet.family, packet.start + _ICMP_HEADER)
    if says is None or quoted is None or quoted.protocol not in _WITH_PORTS:
        return None
    if quoted.start + 4 > len(frame):
        return None
    source, destination = _ports(frame, quoted.start)
    return _segment(
        "icmp",
        endpoint(packet.source, destination),
        endpoint(packet.target, source),
        length=packet.stop - packet.start - _ICMP_HEADER,
        says=says,
        frame=frame,
        link=link,
    )


def _segment(
    protocol: Protocol, source: str, destination: str, *, length: int, says: str, frame: bytes, link: int
) -> Segment:
    return Segment(
        source=source,
        destination=destination,
        flags="",
        seq=0,
        ack=0,
        window=0,
        length=max(length, 0),
        frame=frame[:FRAME_KEPT],
        link=link,
        protocol=protocol,
        says=says,
    )


def _packet(frame: bytes, family: int, at: int) -> _Packet | None:
    """The IP header at `at`; None: there is none, or it is cut off."""
    if family == IPV4 and len(frame) >= at + _IPV4_HEADER and frame[at] >> 4 == 4:  # noqa: PLR2004 - its version
        (total,), (fragment,) = _u16(frame, at + 2), _u16(frame, at + 6)
        start = at + (frame[at] & 0x0F) * 4
        if start < at + _IPV4_HEADER:
            return None
        source, target = frame[at + 12 : at + 16], frame[at + 16 : at + 20]
        offset, more = fragment & 0x1FFF, bool(fragment & 0x2000)
        return _Packet(family, source, target, frame[at + 9], start, at + total, offset, more)
    if family == IPV6 and len(frame) >= at + _IPV6_HEADER and frame[at] >> 4 == 6:  # noqa: PLR2004 - its version
        return _packet6(frame, at)
    return None


def _packet6(frame: bytes, at: int) -> _Packet | None:
    source, target = frame[at + 8 : at + 24], frame[at + 24 : at + 40]
    start = at + _IPV6_HEADER
    stop = start + _u16(frame, at + 4)[0]
    kind, offset, more = frame[at + 6], 0, False
    if kind == _FRAGMENT:
        if start + _FRAGMENT_HEADER > len(frame):
            return None
        (place,) = _u16(frame, start + 2)
        kind, offset, more = frame[start], place >> 3, bool(place & 1)
        start += _FRAGMENT_HEADER
    return _Packet(IPV6, source, target, kind, start, stop, offset, more)
