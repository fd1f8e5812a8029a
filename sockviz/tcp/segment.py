"""Reads TCP segments out of frames: bytes in, `events.Segment` out.

Pure: no I/O, no scapy, no sockets; a frame without a whole TCP header is None, never an exception. Formats:
link layers as in `sockviz.tcp.link`, RFC 791 (IPv4), RFC 8200 and RFC 4302 (IPv6 and its extension headers),
RFC 9293 §3.1 (TCP), RFC 7323 and RFC 2018 (options).
"""

from enum import StrEnum
from functools import lru_cache
from ipaddress import IPv6Address
from struct import Struct
from typing import Final, NamedTuple, TypeAlias

from sockviz.events import Options, Segment
from sockviz.tcp.link import CUT, ETHERNET, IPV4, IPV6, network

FRAME_KEPT: Final = 256
"""Bytes of the frame that a `Segment` keeps: every header that can occur, and a bit of payload."""

FIN, SYN, RST, PSH, ACK, URG, ECE, CWR = (1 << bit for bit in range(8))

ETHERNET_HEADER: Final = 14
_TCP: Final = 6
_TCP_HEADER: Final = 20
_IPV4_HEADER: Final = 20
_IPV6_HEADER: Final = 40
_VERSION_4: Final = 4
_IPV4_ADDRESS: Final = 4
_MAPPED: Final = bytes(10) + b"\xff\xff"
_VERSION_6: Final = 6
_FRAGMENT, _AUTHENTICATION = 44, 51
_EXTENSIONS: Final = frozenset({0, 43, _FRAGMENT, _AUTHENTICATION, 60, 135, 139, 140})
"""Hop-by-hop, routing, fragment, authentication, destination, mobility, HIP, shim6 (IANA's list)."""

_END, _NOP, _MSS, _WINDOW_SCALE, _SACK_PERMITTED, _SACK, _TIMESTAMP = 0, 1, 2, 3, 4, 5, 8

_u16 = Struct("!H").unpack_from
_ipv4_header = Struct("!BxH2xHxB2x4s4s").unpack_from
_tcp_header = Struct("!HHIIBBH").unpack_from
_two_u32 = Struct("!II").unpack_from
_no_options = Options()

_NAMES: Final = (
    (SYN, "SYN"),
    (FIN, "FIN"),
    (RST, "RST"),
    (PSH, "PSH"),
    (ACK, "ACK"),
    (URG, "URG"),
    (ECE, "ECE"),
    (CWR, "CWR"),
)
_FLAG_TEXTS: Final = tuple("|".join(name for bit, name in _NAMES if value & bit) for value in range(256))


class Skipped(StrEnum):
    """Why no segment is read out of a frame."""

    OTHER = "not TCP"
    FRAGMENT = "a fragment of an IP packet after the first one"
    CUT = "cut off within its headers"
    MALFORMED = "malformed"


Place: TypeAlias = tuple[bytes, bytes, int, int]
"""Source and destination address, where the TCP header starts, where the segment ends (perhaps after the
frame's end). The fixed part of the TCP header is there."""

Headers: TypeAlias = tuple[bytes, bytes, tuple[int, int, int, int, int, int, int], int, int]
"""Addresses; source port, destination port, seq, ack, data offset, flags, window; where the options begin;
bytes of payload."""


class Identity(NamedTuple):
    """What two copies of one segment have in common; equal if the kernel sent the same thing again.

    What a retransmission may change is left out: PSH, ECE and CWR, timestamps, and (where the segment
    occupies sequence space) the acknowledgement and the window. One that occupies none repeats another only
    if it says the same.
    """

    ends: bytes
    """Source and destination address, as on the wire: the direction."""
    source_port: int
    destination_port: int
    seq: int
    flags: int
    """Of SYN, FIN, RST, ACK."""
    length: int
    """Bytes of payload."""
    says: tuple[int, int]
    """Acknowledgement and window, if the segment occupies no sequence space."""


def flags_text(flags: int) -> str:
    """The set bits of TCP's flags byte, as in `SYN|ACK`; empty if none is set."""
    return _FLAG_TEXTS[flags & 0xFF]


def flags_value(text: str) -> int:
    """TCP's flags byte from `SYN|ACK` and the like; what is no flag is left out."""
    names = text.split("|")
    return sum(bit for bit, name in _NAMES if name in names)


def decode(frame: bytes, link: int = ETHERNET, original: int = 0) -> Segment | None:
    """Read the TCP segment in a frame; None: no segment, or its headers are cut off or malformed.

    The frame may be cut off after the fixed part of the TCP header (a capture's snap length): the payload's
    `length` comes from the IP header. `original` is how long the frame was on the wire (0: as long as it is).
    """
    found = headers(frame, link, original)
    return None if isinstance(found, Skipped) else segment_of(found, frame, link)


def segment_of(found: Headers, frame: bytes, link: int = ETHERNET) -> Segment:
    """The segment whose headers were found in a frame."""
    source, destination, (source_port, destination_port, seq, ack, offset, flags, window), at, length = found
    return Segment(
        source=endpoint(source, source_port),
        destination=endpoint(destination, destination_port),
        flags=_FLAG_TEXTS[flags],
        seq=seq,
        ack=ack,
        window=window,
        length=length,
        options=_options(frame, at, min(at + (offset >> 4) * 4 - _TCP_HEADER, len(frame))),
        frame=frame[:FRAME_KEPT],
        link=link,
    )


def identity(frame: bytes) -> Identity | None:
    """What this segment's retransmission would have in common with it; None: as for `decode`."""
    found = headers(frame)
    if isinstance(found, Skipped):
        return None
    source, destination, (source_port, destination_port, seq, ack, _, flags, window), _, length = found
    occupies = length or flags & (SYN | FIN)
    return Identity(
        source + destination,
        source_port,
        destination_port,
        seq,
        flags & (SYN | FIN | RST | ACK),
        length,
        (0, 0) if occupies else (ack, window),
    )


def headers(frame: bytes, link: int = ETHERNET, original: int = 0) -> Headers | Skipped:
    """Find and check the headers of a segment; arguments as for `decode`."""
    place = locate(frame, link, original)
    if isinstance(place, Skipped):
        return place
    source, destination, start, stop = place
    header = _tcp_header(frame, start)
    data = start + (header[4] >> 4) * 4
    if data < start + _TCP_HEADER or data > stop:
        return Skipped.MALFORMED
    return source, destination, header, start + _TCP_HEADER, stop - data


def payload_at(found: Headers) -> int:
    """Where the payload begins in the frame whose headers were found."""
    header, options = found[2], found[3]
    return options - _TCP_HEADER + (header[4] >> 4) * 4


def locate(frame: bytes, link: int = ETHERNET, original: int = 0) -> Place | Skipped:
    """Find the TCP header; arguments as for `decode`."""
    kind, at = network(frame, link)
    if kind == IPV4:
        return _locate_ipv4(frame, at, original or len(frame))
    if kind == IPV6:
        return _locate_ipv6(frame, at, original or len(frame))
    return Skipped.CUT if kind == CUT else Skipped.OTHER


def _locate_ipv4(frame: bytes, at: int, original: int) -> Place | Skipped:
    size = len(frame)
    if size < at + _IPV4_HEADER:
        return Skipped.CUT
    first, total, fragment, protocol, source, destination = _ipv4_header(frame, at)
    if first >> 4 != _VERSION_4 or protocol != _TCP:
        return Skipped.OTHER
    if fragment & 0x1FFF:
        return Skipped.FRAGMENT
    start = at + (first & 0x0F) * 4
    # Length 0: the kernel hands up more than 64 KiB in one (BIG TCP); the frame's own length is all there is.
    stop = at + total if total else original
    if start < at + _IPV4_HEADER or start + _TCP_HEADER > stop:
        return Skipped.MALFORMED
    if start + _TCP_HEADER > size:
        return Skipped.CUT
    return source, destination, start, stop


def _locate_ipv6(frame: bytes, at: int, original: int) -> Place | Skipped:
    size = len(frame)
    if size < at + _IPV6_HEADER:
        return Skipped.CUT
    if frame[at] >> 4 != _VERSION_6:
        return Skipped.OTHER
    (total,) = _u16(frame, at + 4)
    start = at + _IPV6_HEADER
    stop = start + total if total else original  # 0: a jumbogram (RFC 2675)
    found = _after_extensions(frame, frame[at + 6], start) if frame[at + 6] != _TCP else start
    if isinstance(found, Skipped):
        return found
    if found + _TCP_HEADER > stop:
        return Skipped.MALFORMED
    if found + _TCP_HEADER > size:
        return Skipped.CUT
    return frame[at + 8 : at + 24], frame[at + 24 : at + 40], found, stop


def _after_extensions(frame: bytes, kind: int, at: int) -> int | Skipped:
    """Where the TCP header starts behind IPv6's extension headers, the first of which is a `kind` at `at`."""
    while kind != _TCP:
        if kind not in _EXTENSIONS:
            return Skipped.OTHER
        if at + 8 > len(frame):
            return Skipped.CUT
        if kind == _FRAGMENT:
            if _u16(frame, at + 2)[0] & 0xFFF8:
                return Skipped.FRAGMENT if frame[at] == _TCP else Skipped.OTHER
            length = 8
        elif kind == _AUTHENTICATION:
            length = (frame[at + 1] + 2) * 4
        else:
            length = (frame[at + 1] + 1) * 8
        kind = frame[at]
        at += length
    return at


@lru_cache(maxsize=4096)
def endpoint(address: bytes, port: int) -> str:
    """`10.0.0.1:8001`, `[fd00::1]:8001`."""
    if len(address) == _IPV4_ADDRESS:
        return f"{_dotted(address)}:{port}"
    return f"[{_ipv6(address)}]:{port}"


def _ipv6(address: bytes) -> str:
    """As inet_ntop(3) writes it, and so the socket table: an IPv4 address inside keeps its dots."""
    prefix, inside = address[:-_IPV4_ADDRESS], address[-_IPV4_ADDRESS:]
    if prefix == _MAPPED:
        return f"::ffff:{_dotted(inside)}"
    if not any(prefix) and any(inside[:2]):
        return f"::{_dotted(inside)}"
    return str(IPv6Address(address))


def _dotted(address: bytes) -> str:
    return f"{address[0]}.{address[1]}.{address[2]}.{address[3]}"


def _options(frame: bytes, at: int, stop: int) -> Options:
    """TCP's options; what follows a malformed one is left out."""
    if at == stop:
        return _no_options
    if stop - at == 12 and frame[at : at + 4] == b"\1\1\x08\x0a":  # noqa: PLR2004  what nearly every segment has
        return Options(timestamp=_two_u32(frame, at + 4))
    found: dict[int, bytes] = {}
    while at < stop:
        kind = frame[at]
        if kind == _END:
            break
        if kind == _NOP:
            at += 1
            continue
        length = frame[at + 1] if at + 1 < stop else 0
        if length < 2 or at + length > stop:  # noqa: PLR2004  kind and length
            break
        found[kind] = frame[at + 2 : at + length]
        at += length
    return _read_options(found)


def _read_options(found: dict[int, bytes]) -> Options:
    """Values by kind → the options known here; one of a wrong size is left out."""
    mss, scale, stamp = found.get(_MSS, b""), found.get(_WINDOW_SCALE, b""), found.get(_TIMESTAMP, b"")
    sack = found.get(_SACK, b"")
    return Options(
        mss=_u16(mss)[0] if len(mss) == 2 else None,  # noqa: PLR2004
        window_scale=scale[0] if len(scale) == 1 else None,
        sack_permitted=found.get(_SACK_PERMITTED) == b"",
        timestamp=_two_u32(stamp) if len(stamp) == 8 else None,  # noqa: PLR2004
        sack=tuple(_two_u32(sack, at) for at in range(0, len(sack) - 7, 8)) if len(sack) % 8 == 0 else (),
    )
