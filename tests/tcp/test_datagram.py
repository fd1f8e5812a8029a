"""UDP and ICMP as read from frames, and forged SYNs, against scapy's own making and reading of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import ICMPv6DestUnreach, IPv6, IPv6ExtHdrFragment
from scapy.layers.l2 import Ether
from scapy.packet import Packet, Raw

from sockviz.events import Segment
from sockviz.tcp import segment
from sockviz.tcp.datagram import decode
from sockviz.tcp.forge import checksum, syn, syns

ETHER = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
V4 = IP(src="10.0.0.2", dst="10.0.0.1")
V6 = IPv6(src="fd00::2", dst="fd00::1")


def read(packet: Packet) -> Segment:
    found = decode(bytes(packet))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("ip", "source", "destination"),
    [(V4, "10.0.0.2:5000", "10.0.0.1:9000"), (V6, "[fd00::2]:5000", "[fd00::1]:9000")],
    ids=["IPv4", "IPv6"],
)
def test_a_datagram(ip: Packet, source: str, destination: str) -> None:
    found = read(ETHER / ip / UDP(sport=5000, dport=9000) / Raw(b"hello"))
    assert (found.protocol, found.source, found.destination) == ("udp", source, destination)
    assert (found.length, found.says, found.flags) == (5, "", "")


def test_padding_of_a_short_frame_is_no_payload() -> None:
    frame = bytes(ETHER / V4 / UDP(sport=1, dport=2)).ljust(60, b"\0")
    found = decode(frame)
    assert found is not None
    assert found.length == 0


QUOTED = IP(src="10.0.0.1", dst="10.0.0.2") / UDP(sport=9000, dport=5000) / Raw(b"?")
QUOTED6 = IPv6(src="fd00::1", dst="fd00::2") / UDP(sport=9000, dport=5000) / Raw(b"?")


@pytest.mark.parametrize(
    ("packet", "says"),
    [
        (V4 / ICMP(type=3, code=3) / QUOTED, "port unreachable"),
        (V4 / ICMP(type=3, code=1) / QUOTED, "host unreachable"),
        (V4 / ICMP(type=11, code=0) / QUOTED, "time to live exceeded"),
        (V6 / ICMPv6DestUnreach(code=4) / QUOTED6, "port unreachable"),
    ],
)
def test_an_error_has_the_ports_of_what_it_is_about(packet: Packet, says: str) -> None:
    found = read(ETHER / packet)
    assert (found.protocol, found.says) == ("icmp", says)
    assert [text.rpartition(":")[2] for text in (found.source, found.destination)] == ["5000", "9000"]


def test_fragments_after_the_first_have_no_ports() -> None:
    first = read(
        ETHER / IP(src="10.0.0.2", dst="10.0.0.1", flags="MF") / UDP(sport=5, dport=9) / Raw(b"x" * 8)
    )
    assert (first.source, first.says) == ("10.0.0.2:5", "fragment")
    rest = IP(src="10.0.0.2", dst="10.0.0.1", frag=2, proto=17) / Raw(b"x" * 8)
    assert (read(ETHER / rest).source, read(ETHER / rest).length) == ("10.0.0.2:0", 8)
    six = V6 / IPv6ExtHdrFragment(offset=2, nh=17) / Raw(b"x" * 8)
    assert (read(ETHER / six).source, read(ETHER / six).says) == ("[fd00::2]:0", "fragment")


@pytest.mark.parametrize(
    "packet",
    [
        ETHER / V4 / TCP(),
        ETHER / V4 / ICMP(type=8),
        ETHER / V4 / ICMP(type=3, code=3) / IP(proto=1) / Raw(b"x" * 8),
        ETHER,
    ],
    ids=["TCP", "echo request", "about ICMP", "nothing"],
)
def test_what_is_neither(packet: Packet) -> None:
    assert decode(bytes(packet)) is None


@given(st.binary(max_size=90), st.sampled_from([b"\x08\x00\x45", b"\x86\xdd\x60", b""]))
def test_any_bytes_are_read_or_not(tail: bytes, kind: bytes) -> None:
    found = decode(bytes(12) + kind + tail)
    assert found is None or found.protocol in {"udp", "icmp"}


@given(st.integers(0, 80))
def test_a_frame_cut_off_anywhere(length: int) -> None:
    whole = bytes(ETHER / V6 / ICMPv6DestUnreach(code=4) / QUOTED6)
    decode(whole[:length])


@pytest.mark.parametrize(
    ("source", "destination", "kind"),
    [("10.0.0.66", "10.0.0.1", IP), ("fd00::66", "fd00::1", IPv6)],
    ids=["IPv4", "IPv6"],
)
def test_a_forged_syn_is_what_a_kernel_would_send(source: str, destination: str, kind: type[Packet]) -> None:
    made = syn(source, 1234, destination, 8001)
    packet = kind(made)
    assert (packet.src, packet.dst) == (source, destination)
    assert (packet[TCP].sport, packet[TCP].dport, str(packet[TCP].flags)) == (1234, 8001, "S")
    assert packet[TCP].options == [("MSS", 1460)]
    rebuilt = kind(made)
    del rebuilt[TCP].chksum
    assert kind(bytes(rebuilt))[TCP].chksum == packet[TCP].chksum, "the checksum is right"
    frame = bytes(Ether(type=0x0800 if kind is IP else 0x86DD)) + made
    read_back = segment.decode(frame)
    assert read_back is not None
    assert (read_back.flags, read_back.options.mss) == ("SYN", 1460)


@pytest.mark.parametrize(
    ("source", "destination", "kind"),
    [("10.0.0.66", "10.0.0.1", IP), ("fd00::66", "fd00::1", IPv6)],
    ids=["IPv4", "IPv6"],
)
def test_many_forged_syns_are_like_one(source: str, destination: str, kind: type[Packet]) -> None:
    made = syns(source, 65_000, destination, 8001, 600)
    assert [kind(packet)[TCP].sport for packet in made] == list(range(65_000, 65_536)), (
        "as far as there are ports"
    )
    one = syn(source, 65_001, destination, 8001)
    for packet in made:
        rebuilt = kind(packet)
        del rebuilt[TCP].chksum
        assert kind(bytes(rebuilt))[TCP].chksum == kind(packet)[TCP].chksum, "the checksum is right"
        assert len(packet) == len(one)
    assert len({kind(packet)[TCP].seq for packet in made}) > 500


def test_two_forged_syns_differ() -> None:
    made = {syn("10.0.0.66", 1234, "10.0.0.1", 8001) for _ in range(4)}
    assert len(made) > 1


def test_the_checksum_of_what_has_one_is_zero() -> None:
    header = bytes(IP(src="10.0.0.2", dst="10.0.0.1") / UDP())[:20]
    assert checksum(header) == 0
