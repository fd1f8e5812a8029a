"""Makes a SYN: the IP packet that a raw socket sends (raw(7)). Pure; the standard library only.

The addresses are whoever's one likes, which is the point: an answer to an address that nobody has brings
none back.
"""

import random
import struct
from ipaddress import IPv4Address, IPv6Address, ip_address

_TCP = 6
_SYN = 0x02
_MSS = struct.pack("!BBH", 2, 4, 1460)
_WINDOW = 64240
_HOPS = 64


def syn(source: str, source_port: int, destination: str, destination_port: int) -> bytes:
    """An IPv4 or IPv6 packet with a SYN, as a client's first segment (RFC 9293 §3.5).

    `source` and `destination` are addresses of one family, without ports.
    """
    there, here = ip_address(destination), ip_address(source)
    offset = (20 + len(_MSS)) // 4 << 4
    seq = random.getrandbits(32)
    header = struct.pack("!HHIIBBHHH", source_port, destination_port, seq, 0, offset, _SYN, _WINDOW, 0, 0)
    segment = header + _MSS
    pseudo = here.packed + there.packed + struct.pack("!II", len(segment), _TCP)
    check = checksum(pseudo + segment)
    return _ip(here, there, len(segment)) + segment[:16] + struct.pack("!H", check) + segment[18:]


def syns(source: str, first_port: int, destination: str, destination_port: int, count: int) -> list[bytes]:
    """`count` of them, from `first_port` and those that follow, as far as there are ports; quickly.

    They differ in the port and the number; what these change of the checksum is known (RFC 1624).
    """
    last = min(first_port + count, 1 << 16)
    template = syn(source, 0, destination, destination_port)
    tcp = len(template) - 20 - len(_MSS)
    blank = bytearray(template)
    blank[tcp + 4 : tcp + 8] = bytes(4)
    blank[tcp + 16 : tcp + 18] = bytes(2)
    here, there = ip_address(source).packed, ip_address(destination).packed
    base = checksum(here + there + struct.pack("!II", len(blank) - tcp, _TCP) + blank[tcp:]) ^ 0xFFFF
    packets = []
    for port in range(first_port, last):
        seq = random.getrandbits(32)
        total = base + port + (seq >> 16) + (seq & 0xFFFF)
        total = (total & 0xFFFF) + (total >> 16)
        total = (total & 0xFFFF) + (total >> 16)
        blank[tcp : tcp + 2] = port.to_bytes(2, "big")
        blank[tcp + 4 : tcp + 8] = seq.to_bytes(4, "big")
        blank[tcp + 16 : tcp + 18] = (total ^ 0xFFFF).to_bytes(2, "big")
        packets.append(bytes(blank))
    return packets


def _ip(here: IPv4Address | IPv6Address, there: IPv4Address | IPv6Address, length: int) -> bytes:
    """The IP header; of IPv4 the kernel fills in the identification and the checksum."""
    if isinstance(here, IPv6Address):
        return struct.pack("!IHBB", 6 << 28, length, _TCP, _HOPS) + here.packed + there.packed
    return struct.pack("!BBHHHBBH", 0x45, 0, 20 + length, 0, 0, _HOPS, _TCP, 0) + here.packed + there.packed


def checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071)."""
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF
