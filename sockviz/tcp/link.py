"""Link layers: where in a captured frame the IP packet begins, and which kind of packet it is. Pure.

A link type is a LINKTYPE_ value as pcap and pcapng files carry it (https://www.tcpdump.org/linktypes.html).
Whatever is not listed in `READ` has no IP packet that is found here.
"""

from collections.abc import Callable
from struct import Struct
from typing import Final

ETHERNET: Final = 1
NULL, LOOP = 0, 108
"""Loopback: four bytes of address family, in the order of the machine that captured, or in network order."""
RAW: Final = 101
RAW_IPV4, RAW_IPV6 = 228, 229
LINUX_SLL, LINUX_SLL2 = 113, 276
"""Linux cooked capture, of all interfaces at once (`tcpdump -i any`)."""
_DLT_RAW: Final = (12, 14)
"""What raw IP is called by the systems that write their own DLT_ value into files (BSD, OpenBSD)."""

IPV4: Final = 0x0800
IPV6: Final = 0x86DD
"""EtherTypes."""
OTHER, CUT = 0, -1
"""Instead of an EtherType: no IP packet; cut off before it could be told."""

Network = tuple[int, int]
"""An EtherType, or `OTHER`, or `CUT`; and where the network layer begins."""

_ETHERNET_HEADER: Final = 14
_SLL_HEADER, _SLL2_HEADER = 16, 20
_FAMILY_HEADER: Final = 4
_IPV6_HEADER: Final = 40
_VLAN_TAGS: Final = frozenset({0x8100, 0x88A8, 0x9100})
"""IEEE 802.1Q, 802.1ad (QinQ), and what was used for QinQ before that."""
_FAMILIES: Final = {2: IPV4, 10: IPV6, 23: IPV6, 24: IPV6, 28: IPV6, 30: IPV6}
"""AF_INET everywhere; AF_INET6 of Linux, Windows, NetBSD and OpenBSD, FreeBSD, macOS."""
_VERSIONS: Final = {4: IPV4, 6: IPV6}

_u16 = Struct("!H").unpack_from


def _ethernet(frame: bytes) -> Network:
    if len(frame) < _ETHERNET_HEADER:
        return CUT, 0
    kind = frame[12] << 8 | frame[13]
    return _tagged(frame, kind, _ETHERNET_HEADER) if kind in _VLAN_TAGS else (kind, _ETHERNET_HEADER)


def _tagged(frame: bytes, kind: int, at: int) -> Network:
    """Go over VLAN tags: two bytes of tag, and the EtherType of what follows."""
    while kind in _VLAN_TAGS:
        if len(frame) < at + 4:
            return CUT, at
        (kind,) = _u16(frame, at + 2)
        at += 4
    return kind, at


def _cooked(frame: bytes) -> Network:
    if len(frame) < _SLL_HEADER:
        return CUT, 0
    return _tagged(frame, _u16(frame, 14)[0], _SLL_HEADER)


def _cooked2(frame: bytes) -> Network:
    if len(frame) < _SLL2_HEADER:
        return CUT, 0
    return _tagged(frame, _u16(frame, 0)[0], _SLL2_HEADER)


def _raw(frame: bytes) -> Network:
    return (_VERSIONS.get(frame[0] >> 4, OTHER), 0) if frame else (CUT, 0)


def _family(frame: bytes) -> Network:
    if len(frame) < _FAMILY_HEADER:
        return CUT, 0
    # A family is a small number: one of the halves is zero, which tells the order of the bytes.
    high, low = _u16(frame, 0)[0], _u16(frame, 2)[0]
    family = low if not high else frame[0] | frame[1] << 8 if not low else OTHER
    return _FAMILIES.get(family, OTHER), _FAMILY_HEADER


READ: Final[dict[int, Callable[[bytes], Network]]] = {
    ETHERNET: _ethernet,
    NULL: _family,
    LOOP: _family,
    RAW: _raw,
    RAW_IPV4: _raw,
    RAW_IPV6: _raw,
    LINUX_SLL: _cooked,
    LINUX_SLL2: _cooked2,
    **dict.fromkeys(_DLT_RAW, _raw),
}
"""Link type → what finds the network layer in a frame of it."""


def wire_length(frame: bytes, link: int) -> int:
    """How long a frame was on the wire, of which only the beginning may be left: as the IP header says."""
    kind, at = network(frame, link)
    length = len(frame)
    if kind == IPV4 and length >= at + 4:
        length = max(length, at + _u16(frame, at + 2)[0])
    elif kind == IPV6 and length >= at + 6:
        length = max(length, at + _IPV6_HEADER + _u16(frame, at + 4)[0])
    return length


def network(frame: bytes, link: int) -> Network:
    """The EtherType of what a frame carries, and where that begins."""
    find = READ.get(link)
    return (OTHER, 0) if find is None else find(frame)
