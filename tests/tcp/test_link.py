"""One segment behind every link layer, as scapy makes them, and cut off anywhere."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import IP, TCP
from scapy.layers.inet6 import IPv6, IPv6ExtHdrFragment, IPv6ExtHdrHopByHop
from scapy.layers.l2 import CookedLinux, CookedLinuxV2, Dot1AD, Dot1Q, Ether, Loopback
from scapy.packet import Packet, Raw

from sockviz.tcp import link
from sockviz.tcp.segment import Skipped, decode, headers

MAC = {"src": "02:00:00:00:00:01", "dst": "02:00:00:00:00:02"}
TCP_FIELDS = {"sport": 40000, "dport": 8001, "flags": "PA", "seq": 7, "ack": 9, "window": 64}
OPTIONS = [("NOP", None), ("NOP", None), ("Timestamp", (1, 2))]
SEGMENT = TCP(**TCP_FIELDS, options=OPTIONS) / Raw(b"hello")
IPV4 = IP(src="10.0.0.2", dst="10.0.0.1") / SEGMENT
IPV6 = IPv6(src="fd00::2", dst="fd00::1") / SEGMENT
TAGS = bytes.fromhex("0005 8100 0006")
BY_VERSION = {4: IPV4, 6: IPV6}


def family(order: str, number: int, packet: Packet) -> bytes:
    return struct.pack(order + "I", number) + bytes(packet)


def cases() -> list[tuple[str, int, int, bytes]]:
    """(what, link type, version of IP, frame)."""
    found = []
    for version, packet in BY_VERSION.items():
        ip = bytes(packet)
        kind = struct.pack("!H", {4: 0x0800, 6: 0x86DD}[version])
        found += [
            ("Ethernet", link.ETHERNET, version, bytes(Ether(**MAC) / packet)),
            ("VLAN", link.ETHERNET, version, bytes(Ether(**MAC) / Dot1Q(vlan=5) / packet)),
            ("QinQ", link.ETHERNET, version, bytes(Ether(**MAC) / Dot1AD(vlan=5) / Dot1Q(vlan=6) / packet)),
            ("cooked", link.LINUX_SLL, version, bytes(CookedLinux() / packet)),
            ("cooked, VLANs", link.LINUX_SLL, version, bytes(14) + b"\x88\xa8" + TAGS + kind + ip),
            ("cooked v2", link.LINUX_SLL2, version, bytes(CookedLinuxV2() / packet)),
            ("cooked v2, VLANs", link.LINUX_SLL2, version, b"\x88\xa8" + bytes(18) + TAGS + kind + ip),
            *(("raw", number, version, ip) for number in (link.RAW, 12, 14)),
            ("raw", {4: link.RAW_IPV4, 6: link.RAW_IPV6}[version], version, ip),
            *(
                (f"family {number} {order}", kind_, version, family(order, number, packet))
                for number in {4: (2,), 6: (10, 23, 24, 28, 30)}[version]
                for order in "<>"
                for kind_ in (link.NULL, link.LOOP)
            ),
        ]
    return found


CASES = cases()


@pytest.mark.parametrize(("what", "kind", "version", "frame"), CASES)
def test_the_same_segment_behind_every_link_layer(what: str, kind: int, version: int, frame: bytes) -> None:
    found = decode(frame, kind)
    assert found is not None
    expected = decode(bytes(Ether(**MAC) / BY_VERSION[version]))
    assert expected is not None
    assert (found.source, found.destination) == (expected.source, expected.destination)
    assert (found.flags, found.seq, found.ack, found.window) == ("PSH|ACK", 7, 9, 64)
    assert (found.length, found.options) == (5, expected.options)
    assert (found.frame, found.link) == (frame, kind)


def test_scapy_finds_them_too() -> None:
    """So that the frames above are not only what we think they are."""
    layers = {
        link.ETHERNET: Ether,
        link.LINUX_SLL: CookedLinux,
        link.LINUX_SLL2: CookedLinuxV2,
        link.RAW_IPV4: IP,
        link.RAW_IPV6: IPv6,
        link.LOOP: Loopback,
    }
    for what, kind, _, frame in CASES:
        if kind in layers and not what.startswith("family") and "VLAN" not in what:
            assert layers[kind](frame)[TCP].seq == 7, what


@pytest.mark.parametrize(("what", "kind", "version", "frame"), CASES)
def test_the_header_counts_however_much_is_cut_off_after_it(
    what: str, kind: int, version: int, frame: bytes
) -> None:
    fixed = len(frame) - 5 - 12
    for size in range(len(frame) + 1):
        found = headers(frame[:size], kind, len(frame))
        if size < fixed:
            assert found is Skipped.CUT
        else:
            assert not isinstance(found, Skipped)
            assert found[2][:4] == (40000, 8001, 7, 9)
            assert found[4] == 5


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (bytes(IP(frag=1) / Raw(bytes(30))), Skipped.OTHER),
        (bytes(IP(proto=6, frag=1) / Raw(bytes(30))), Skipped.FRAGMENT),
        (bytes(IPv6() / IPv6ExtHdrFragment(offset=1, nh=6) / Raw(bytes(30))), Skipped.FRAGMENT),
        (bytes(IPv6() / IPv6ExtHdrHopByHop(nh=17) / Raw(bytes(30))), Skipped.OTHER),
        (bytes(IP(proto=17) / Raw(bytes(30))), Skipped.OTHER),
        (bytes(IP(len=30) / SEGMENT), Skipped.MALFORMED),
        (bytes(IP() / TCP(dataofs=4)), Skipped.MALFORMED),
        (b"\x00" * 60, Skipped.OTHER),
        (b"", Skipped.CUT),
    ],
)
def test_why_there_is_no_segment(frame: bytes, reason: Skipped) -> None:
    assert headers(frame, link.RAW) is reason
    assert decode(frame, link.RAW) is None


def test_a_first_fragment_has_the_segments_header() -> None:
    found = decode(bytes(IP(flags="MF") / SEGMENT), link.RAW)
    assert found is not None
    assert found.length == 5


def test_a_length_that_the_ip_header_leaves_out_is_the_frames() -> None:
    """Segmentation offload: the header of a packet that the device cuts up may have no length yet."""
    frame = bytes(IP(len=0) / SEGMENT)
    assert decode(frame, link.RAW, 2000).length == 2000 - 20 - 32  # type: ignore[union-attr]
    assert decode(frame, link.RAW).length == 5  # type: ignore[union-attr]


def test_an_unknown_link_type_has_no_segment() -> None:
    assert headers(bytes(Ether(**MAC) / IPV4), 105) is Skipped.OTHER


@given(st.binary(max_size=100), st.sampled_from([*link.READ, 105]), st.integers(0, 200))
def test_any_bytes_at_all(frame: bytes, kind: int, original: int) -> None:
    found = headers(frame, kind, original)
    assert isinstance(found, Skipped) or found[4] >= 0
    assert (decode(frame, kind, original) is None) == isinstance(found, Skipped)
