"""Frames made by scapy and by hypothesis, read by us and by scapy."""

import socket

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scapy.layers.inet import IP, TCP
from scapy.layers.inet6 import (
    IPv6,
    IPv6ExtHdrDestOpt,
    IPv6ExtHdrFragment,
    IPv6ExtHdrHopByHop,
    IPv6ExtHdrRouting,
)
from scapy.layers.l2 import ARP, Dot1AD, Dot1Q, Ether
from scapy.packet import Packet, Raw
from scapy.utils import mac2str  # noqa: F401  makes scapy's layers load in one order

from sockviz.events import Options, Segment
from sockviz.tcp import segment

MAC = {"src": "02:00:00:00:00:01", "dst": "02:00:00:00:00:02"}
SYN_OPTIONS = [("MSS", 1460), ("SAckOK", b""), ("Timestamp", (7, 0)), ("NOP", None), ("WScale", 7)]


def frame(*layers: Packet) -> bytes:
    packet: Packet = Ether(**MAC)
    for layer in layers:
        packet /= layer
    return bytes(packet)


def tcp(**fields: object) -> Packet:
    return TCP(**{"sport": 40000, "dport": 8001, "flags": "S", "seq": 1, **fields})


def v4(**fields: object) -> Packet:
    return IP(**{"src": "10.0.0.2", "dst": "10.0.0.1", **fields})


def v6(**fields: object) -> Packet:
    return IPv6(**{"src": "fd00::2", "dst": "fd00::1", **fields})


def test_a_syn_with_all_the_options_linux_sends() -> None:
    raw = frame(v4(), tcp(seq=3_000_000_000, window=64240, options=SYN_OPTIONS))
    assert segment.decode(raw) == Segment(
        source="10.0.0.2:40000",
        destination="10.0.0.1:8001",
        flags="SYN",
        seq=3_000_000_000,
        ack=0,
        window=64240,
        length=0,
        options=Options(mss=1460, window_scale=7, sack_permitted=True, timestamp=(7, 0)),
        frame=raw,
    )


@pytest.mark.parametrize(
    ("layers", "source"),
    [
        ((v4(), tcp()), "10.0.0.2:40000"),
        ((v4(options=[b"\x07\x07\x04\0\0\0\0\0"]), tcp()), "10.0.0.2:40000"),
        ((Dot1Q(vlan=5), v4(), tcp()), "10.0.0.2:40000"),
        ((Dot1AD(vlan=5), Dot1Q(vlan=6), v4(), tcp()), "10.0.0.2:40000"),
        ((v6(), tcp()), "[fd00::2]:40000"),
        ((v6(src="::1"), tcp()), "[::1]:40000"),
        ((v6(), IPv6ExtHdrHopByHop(), IPv6ExtHdrDestOpt(), tcp()), "[fd00::2]:40000"),
        ((v6(), IPv6ExtHdrRouting(addresses=["fd00::9"]), tcp()), "[fd00::2]:40000"),
        ((v6(), IPv6ExtHdrFragment(offset=0, m=1), tcp()), "[fd00::2]:40000"),
    ],
)
def test_the_ways_tcp_is_wrapped(layers: tuple[Packet, ...], source: str) -> None:
    found = segment.decode(frame(*layers, Raw(b"hello")))
    assert found is not None
    assert (found.source, found.length, found.flags) == (source, 5, "SYN")


@pytest.mark.parametrize(
    "layers",
    [
        (ARP(),),
        (v4(proto=17), Raw(bytes(40))),
        (v4(frag=3), tcp()),
        (v6(nh=59), Raw(bytes(40))),
        (v6(), IPv6ExtHdrFragment(offset=2), tcp()),
        (v4(len=30), tcp()),
        (v4(), tcp(dataofs=4)),
        (v4(), tcp(dataofs=15)),
    ],
)
def test_what_is_no_whole_segment_is_none(layers: tuple[Packet, ...]) -> None:
    assert segment.decode(frame(*layers)) is None
    assert segment.identity(frame(*layers)) is None


def test_padding_is_no_payload_and_a_cut_off_payload_still_counts() -> None:
    whole = frame(v4(), tcp(), Raw(b"x" * 1000))
    for raw, length in ((frame(v4(), tcp()) + bytes(6), 0), (whole, 1000), (whole[:60], 1000)):
        found = segment.decode(raw)
        assert found is not None
        assert found.length == length
    assert len(segment.decode(whole).frame) == segment.FRAME_KEPT  # type: ignore[union-attr]


def test_selective_acknowledgements_and_a_malformed_option() -> None:
    found = segment.decode(frame(v4(), tcp(flags="A", options=[("SAck", (1, 2, 5, 9))])))
    assert found is not None
    assert found.options == Options(sack=((1, 2), (5, 9)))
    raw = bytearray(frame(v4(), tcp(options=[("MSS", 1400), ("Timestamp", (1, 2))])))
    raw[14 + 20 + 20 + 4 + 1] = 60  # the second option's length: past the header's end
    found = segment.decode(bytes(raw))
    assert found is not None
    assert found.options == Options(mss=1400)


def test_flags_in_the_order_of_the_format() -> None:
    assert segment.flags_text(segment.SYN | segment.ACK) == "SYN|ACK"
    assert segment.flags_text(segment.FIN | segment.PSH | segment.ACK) == "FIN|PSH|ACK"
    assert segment.flags_text(0xFF) == "SYN|FIN|RST|PSH|ACK|URG|ECE|CWR"
    assert segment.flags_text(0) == ""


def test_a_retransmission_has_the_same_identity() -> None:
    first = frame(v4(id=1), tcp(flags="PA", ack=5, window=10, options=[("Timestamp", (1, 2))]), Raw(b"hi"))
    again = frame(v4(id=2), tcp(flags="A", ack=6, window=20, options=[("Timestamp", (9, 2))]), Raw(b"hi"))
    assert segment.identity(first) == segment.identity(again)


@pytest.mark.parametrize(
    "other",
    [
        (v4(), tcp(flags="S", seq=2)),
        (v4(), tcp(flags="SA")),
        (v4(), tcp(sport=40001)),
        (v4(src="10.0.0.1", dst="10.0.0.2"), tcp()),
        (v4(), tcp(), Raw(b"x")),
    ],
)
def test_another_segment_has_another_identity(other: tuple[Packet, ...]) -> None:
    assert segment.identity(frame(v4(), tcp())) != segment.identity(frame(*other))


def test_a_pure_acknowledgement_repeats_another_only_if_it_says_the_same() -> None:
    ack = frame(v4(), tcp(flags="A", ack=5, window=9))
    assert segment.identity(ack) == segment.identity(frame(v4(id=9), tcp(flags="A", ack=5, window=9)))
    assert segment.identity(ack) != segment.identity(frame(v4(), tcp(flags="A", ack=6, window=9)))
    assert segment.identity(ack) != segment.identity(frame(v4(), tcp(flags="A", ack=5, window=8)))


u16 = st.integers(0, 0xFFFF)
u32 = st.integers(0, 0xFFFFFFFF)
options = st.lists(
    st.one_of(
        st.tuples(st.just("MSS"), u16),
        st.tuples(st.just("WScale"), st.integers(0, 255)),
        st.tuples(st.just("Timestamp"), st.tuples(u32, u32)),
        st.just(("SAckOK", b"")),
        st.just(("NOP", None)),
        st.tuples(st.just("SAck"), st.tuples(u32, u32)),
    ),
    max_size=4,
    unique_by=lambda option: option[0],
).filter(
    lambda chosen: (
        sum({"MSS": 4, "WScale": 3, "Timestamp": 10, "SAckOK": 2, "NOP": 1, "SAck": 10}[o[0]] for o in chosen)
        <= 40
    )
)


@st.composite
def frames(draw: st.DrawFn) -> bytes:
    """Any TCP segment that scapy can make, on IPv4 or IPv6."""
    network = (
        v4(src=draw(st.ip_addresses(v=4).map(str)), options=draw(st.sampled_from([[], [b"\x01" * 4]])))
        if draw(st.booleans())
        else v6(src=draw(st.ip_addresses(v=6).map(str)))
    )
    extra = (IPv6ExtHdrHopByHop(),) if network.version == 6 and draw(st.booleans()) else ()
    tags = tuple(Dot1Q(vlan=1) for _ in range(draw(st.integers(0, 2))))
    body = tcp(
        sport=draw(u16),
        seq=draw(u32),
        ack=draw(u32),
        window=draw(u16),
        flags=draw(st.integers(0, 255)),
        options=draw(options),
    )
    return frame(*tags, network, *extra, body, Raw(draw(st.binary(max_size=40))))


@given(frames())
def test_agrees_with_scapy(raw: bytes) -> None:
    found = segment.decode(raw)
    theirs = Ether(raw)
    network = theirs.getlayer(IP) or theirs.getlayer(IPv6)
    layer = theirs[TCP]
    said = dict(layer.options)
    assert found is not None
    address, _, port = found.source.rpartition(":")
    assert (address.strip("[]"), int(port)) == (network.src, layer.sport)
    assert (found.seq, found.ack, found.window) == (layer.seq, layer.ack, layer.window)
    assert found.flags == segment.flags_text(int(layer.flags))
    assert found.length == len(bytes(layer.payload))
    assert found.options == Options(
        mss=said.get("MSS"),
        window_scale=said.get("WScale"),
        sack_permitted="SAckOK" in said,
        timestamp=said.get("Timestamp"),
        sack=(said["SAck"],) if "SAck" in said else (),
    )


@given(
    st.one_of(
        st.binary(min_size=16, max_size=16),
        st.binary(min_size=4, max_size=4).map(lambda last: bytes(12) + last),
        st.binary(min_size=4, max_size=4).map(lambda last: bytes(10) + b"\xff\xff" + last),
        st.lists(st.sampled_from([b"\0\0", b"\0\1"]), min_size=8, max_size=8).map(b"".join),
    )
)
def test_addresses_are_written_as_the_socket_table_writes_them(address: bytes) -> None:
    raw = bytearray(frame(v6(), tcp()))
    raw[14 + 8 : 14 + 24] = address
    found = segment.decode(bytes(raw))
    assert found is not None
    assert found.source == f"[{socket.inet_ntop(socket.AF_INET6, address)}]:40000"


@settings(max_examples=1000)
@given(st.binary(max_size=120))
def test_any_bytes_at_all(raw: bytes) -> None:
    assert segment.decode(raw) is None or len(raw) >= 54
    segment.identity(raw)


@settings(max_examples=1000)
@given(frames(), st.data())
def test_any_mutation_of_a_segment(raw: bytes, data: st.DataObject) -> None:
    mutated = bytearray(raw[: data.draw(st.integers(0, len(raw)))])
    for _ in range(data.draw(st.integers(0, 4)) if mutated else 0):
        mutated[data.draw(st.integers(0, len(mutated) - 1))] = data.draw(st.integers(0, 255))
    found = segment.decode(bytes(mutated))
    assert (found is None) == (segment.identity(bytes(mutated)) is None)
    if found is not None:
        assert found.length >= 0
