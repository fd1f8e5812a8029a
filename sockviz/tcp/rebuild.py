"""Makes the headers of a segment again, for one that no bytes were kept of: `Segment` in, an IP packet out.

What a `Segment` does not tell (hop limit, checksum over the payload, identification) is given a plain value.
Pure; the standard library only.
"""

from ipaddress import IPv4Address, IPv6Address, ip_address
from struct import pack
from typing import Final

from sockviz.events import Options, Segment
from sockviz.tcp.forge import checksum
from sockviz.tcp.segment import flags_value

_TCP: Final = 6
_HOPS: Final = 64
_FIXED: Final = 20
_ROOM: Final = 40
"""Bytes of options, at most."""
_LARGEST: Final = 0xFFFF
_MASK: Final = 0xFFFFFFFF


def rebuild(segment: Segment) -> bytes | None:
    """The IP packet up to the end of the TCP header; None: this is no segment that can be on a wire.

    Its length field counts the payload, too; of more than 64 KiB it is 0, as the kernel's own (BIG TCP).
    """
    source, destination = _end(segment.source), _end(segment.destination)
    if source is None or destination is None or segment.length < 0 or segment.protocol != "tcp":
        return None
    (here, source_port), (there, destination_port) = source, destination
    options = _options(segment.options)
    tcp = pack(
        "!HHIIBBHHH",
        source_port,
        destination_port,
        segment.seq & _MASK,
        segment.ack & _MASK,
        (_FIXED + len(options)) // 4 << 4,
        flags_value(segment.flags),
        segment.window & _LARGEST,
        0,
        0,
    )
    size = _FIXED + len(options) + segment.length
    if isinstance(here, IPv4Address) and isinstance(there, IPv4Address):
        return _ipv4(here, there, size) + tcp + options
    if isinstance(here, IPv6Address) and isinstance(there, IPv6Address):
        length = size if size <= _LARGEST else 0
        return pack("!IHBB", 6 << 28, length, _TCP, _HOPS) + here.packed + there.packed + tcp + options
    return None


def _end(text: str) -> tuple[IPv4Address | IPv6Address, int] | None:
    """`10.0.0.1:8001`, `[fd00::1]:8001`."""
    ip, _, port = text.rpartition(":")
    try:
        address, number = ip_address(ip.removeprefix("[").removesuffix("]")), int(port)
    except ValueError:
        return None
    return (address, number) if 0 <= number <= _LARGEST else None


def _ipv4(here: IPv4Address, there: IPv4Address, size: int) -> bytes:
    total = _FIXED + size
    head = pack("!BBHHHBB", 0x45, 0, total if total <= _LARGEST else 0, 0, 0x4000, _HOPS, _TCP)
    ends = here.packed + there.packed
    return head + pack("!H", checksum(head + b"\0\0" + ends)) + ends


def _options(options: Options) -> bytes:
    """As many as there is room for, in the order in which Linux writes them."""
    made: list[bytes] = []
    if options.mss is not None:
        made.append(pack("!BBH", 2, 4, options.mss & _LARGEST))
    if options.sack_permitted:
        made.append(pack("!BB", 4, 2))
    if options.timestamp is not None:
        made.append(pack("!BBII", 8, 10, *(value & _MASK for value in options.timestamp)))
    if options.window_scale is not None:
        made.append(pack("!BBB", 3, 3, options.window_scale & 0xFF))
    room = (_ROOM - sum(map(len, made)) - 2) // 8
    if blocks := options.sack[:room]:
        made.append(pack("!BB", 5, 2 + 8 * len(blocks)))
        made += [pack("!II", left & _MASK, right & _MASK) for left, right in blocks]
    text = b"".join(made)
    return text + b"\1" * (-len(text) % 4)
