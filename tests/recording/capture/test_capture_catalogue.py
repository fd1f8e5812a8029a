"""The list of a capture's connections, and each of them as events."""

from dataclasses import replace
from ipaddress import ip_address
from itertools import pairwise
from pathlib import Path

import pytest
from captures import MAC, MS, START, Ng, ether, ip, life, pcap, timed, written
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import UDP
from scapy.layers.l2 import ARP, CookedLinux, CookedLinuxV2, Dot1AD, Dot1Q, Ether
from scapy.packet import Raw

from sockviz import events
from sockviz.recording.capture import catalogue as catalogue_module
from sockviz.recording.capture.catalogue import CaptureConnection, Catalogue, Ending, summarise
from sockviz.recording.capture.choosing import ORDERS, matching, ordered
from sockviz.recording.capture.events import capture_events
from sockviz.world.fold import advance
from sockviz.world.model import World

C, S = 100, 1100
"""Initial sequence numbers of client and server."""
Step = tuple[bool, str, int, int, int]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "capture"


def c(flags: str, seq: int = C + 1, ack: int = S + 1, length: int = 0) -> Step:
    return False, flags, seq, ack if "A" in flags else 0, length


def s(flags: str, seq: int = S + 1, ack: int = C + 1, length: int = 0) -> Step:
    return True, flags, seq, ack if "A" in flags else 0, length


SYN, SYN_ACK, ACK = c("S", C), s("SA", S), c("A")
SHAKEN = (SYN, SYN_ACK, ACK)


def capture(path: Path, *steps: Step, step: int = 10 * MS, port: int = 40000) -> Path:
    frames = [
        bytes(ip(back=back, flags=flags, seq=seq, ack=ack, length=length, port=port))
        for back, flags, seq, ack, length in steps
    ]
    return written(path, pcap(timed(frames, step=step)))


def only(path: Path) -> CaptureConnection:
    (connection,) = summarise(path).connections
    return connection


def test_a_whole_life(path: Path) -> None:
    catalogue = summarise(written(path, pcap(timed(life()), nano=True)))
    assert catalogue == Catalogue(
        connections=(
            CaptureConnection(
                number=1,
                client="10.0.0.2:40000",
                server="10.0.0.1:80",
                first=0,
                last=9 * MS,
                first_packet=1,
                last_packet=10,
                packets_sent=6,
                packets_received=4,
                bytes_sent=5,
                bytes_received=7,
                handshake="full",
                ending=Ending.CLOSED,
                retransmissions=0,
                missing=0,
                seen=31,
            ),
        ),
        packets=10,
        segments=10,
        wall_clock=START,
        duration=9 * MS,
        skipped={},
        notices=(),
    )
    (connection,) = catalogue.connections
    assert (connection.duration, connection.packets, connection.bytes) == (9 * MS, 10, 12)


FIN, THEIR_FIN = c("FA"), s("FA", S + 1, C + 2)


@pytest.mark.parametrize(
    ("steps", "handshake", "ending"),
    [
        (SHAKEN, "full", Ending.OPEN),
        ((*SHAKEN, FIN, THEIR_FIN, c("A", C + 2, S + 2)), "full", Ending.CLOSED),
        ((*SHAKEN, FIN, s("FA"), c("A", C + 2, S + 2), s("A", S + 2, C + 2)), "full", Ending.CLOSED),
        ((*SHAKEN, FIN, THEIR_FIN), "full", Ending.CLOSING),
        ((*SHAKEN, FIN, s("A", S + 1, C + 2)), "full", Ending.HALF_CLOSED),
        ((*SHAKEN, s("R")), "full", Ending.RESET),
        ((*SHAKEN, FIN, s("R", S + 1)), "full", Ending.RESET),
        ((*SHAKEN, FIN, THEIR_FIN, c("A", C + 2, S + 2), c("R", C + 2)), "full", Ending.CLOSED),
        ((*SHAKEN, s("R", S + 999), s("PA", length=5)), "full", Ending.OPEN),
        ((SYN, s("RA", 0)), "partial", Ending.REFUSED),
        ((SYN, s("RA", 0), SYN, s("RA", 0)), "partial", Ending.REFUSED),
        ((SYN, s("RA", 0), SYN, SYN_ACK, ACK), "full", Ending.OPEN),
        ((SYN, SYN_ACK, c("R")), "partial", Ending.RESET),
        ((SYN,), "partial", Ending.UNANSWERED),
        ((SYN, SYN, SYN), "partial", Ending.UNANSWERED),
        ((SYN, SYN_ACK), "partial", Ending.HALF_OPEN),
        ((SYN_ACK,), "partial", Ending.HALF_OPEN),
        ((SYN_ACK, ACK), "partial", Ending.OPEN),
        ((SYN, ACK), "partial", Ending.OPEN),
        ((SYN, s("A", 7, 7), c("R", 7)), "partial", Ending.RESET),
        ((*SHAKEN, *[c("PA", length=5)] * 4), "full", Ending.UNANSWERED),
        ((*SHAKEN, *[c("PA", length=5)] * 4, s("A", ack=C + 6)), "full", Ending.OPEN),
        ((*SHAKEN, *[c("A", C)] * 3), "full", Ending.UNANSWERED),
        ((c("S", C), s("S", S), c("SA", C, S + 1), s("SA", S, C + 1)), "full", Ending.OPEN),
        ((c("PA", length=5), s("A", ack=C + 6)), "none", Ending.OPEN),
        ((c("PA", length=5), FIN), "none", Ending.HALF_CLOSED),
        ((s("R"),), "none", Ending.RESET),
    ],
)
def test_how_it_began_and_ended(path: Path, steps: tuple[Step, ...], handshake: str, ending: Ending) -> None:
    found = only(capture(path, *steps))
    assert (found.handshake, found.ending) == (handshake, ending)


def test_bytes_are_counted_once_and_what_is_missing_is_said(path: Path) -> None:
    found = only(
        capture(
            path,
            *SHAKEN,
            c("PA", C + 1, length=10),
            c("PA", C + 1, length=10),
            c("PA", C + 21, length=10),
            c("PA", C + 11, length=3),
            s("A", S + 1, C + 31),
            s("A", S + 1, C + 131),
        )
    )
    assert (found.bytes_sent, found.retransmissions, found.missing) == (23, 2, 107)


def test_the_same_addresses_again_are_another_connection(path: Path) -> None:
    frames = [*life(isn=100), *life(isn=5000), *life(isn=90_000)]
    found = summarise(written(path, pcap(timed(frames)))).connections
    assert [(one.first_packet, one.last_packet, one.ending) for one in found] == [
        (1, 10, Ending.CLOSED),
        (11, 20, Ending.CLOSED),
        (21, 30, Ending.CLOSED),
    ]
    for one in found:
        told = list(capture_events(path, one))[1:]
        assert [event.id for event in told] == list(range(one.first_packet, one.last_packet + 1))


@pytest.mark.parametrize(
    ("first", "client"),
    [
        ({"flags": "S"}, "10.0.0.2:9"),
        ({"back": True, "flags": "S"}, "10.0.0.1:80"),
        ({"flags": "SA"}, "10.0.0.1:80"),
        ({"flags": "A"}, "10.0.0.1:80"),
        ({"back": True, "flags": "PA", "length": 1}, "10.0.0.1:80"),
    ],
)
def test_who_is_the_client(path: Path, first: dict, client: str) -> None:
    """Who sent the SYN; if nobody knows, the higher port."""
    written(path, pcap(timed([bytes(ip(port=9, **first))])))
    assert only(path).client == client
    for told in (list(capture_events(path)), list(capture_events(path, only(path)))):
        assert told[1].sender == ("client" if told[1].segment.source == client else "server")
        assert {told[1].sender, told[1].receiver} == {"client", "server"}


LAYERS = {
    1: ether,
    113: lambda packet: bytes(CookedLinux() / packet),
    276: lambda packet: bytes(CookedLinuxV2() / packet),
    101: bytes,
    12: bytes,
    14: bytes,
    0: lambda packet: bytes([2 if packet.version == 4 else 10, 0, 0, 0]) + bytes(packet),
    108: lambda packet: bytes([0, 0, 0, 2 if packet.version == 4 else 30]) + bytes(packet),
}


def without_frames(told: list) -> list:
    return [
        replace_segment(event, frame=b"", link=1) if isinstance(event, events.SegmentCaptured) else event
        for event in told
    ]


def replace_segment(event: events.SegmentCaptured, **changes: object) -> events.SegmentCaptured:
    segment = events.Segment(
        **{**{f: getattr(event.segment, f) for f in event.segment.__struct_fields__}, **changes}
    )
    return events.SegmentCaptured(
        t=event.t, id=event.id, sender=event.sender, receiver=event.receiver, segment=segment
    )


@pytest.mark.parametrize("six", [False, True])
def test_every_link_type_gives_the_same(path: Path, six: bool) -> None:
    from scapy.layers.inet import IP  # noqa: PLC0415
    from scapy.layers.inet6 import IPv6  # noqa: PLC0415

    packets = [(IPv6 if six else IP)(frame) for frame in life(six=six)]
    expected = None
    tagged = lambda packet: bytes(Ether(**MAC) / Dot1AD(vlan=7) / Dot1Q(vlan=8) / packet)  # noqa: E731
    for link, wrap in [*LAYERS.items(), (1, tagged)]:
        frames = timed([wrap(packet) for packet in packets])
        written(path, pcap(frames, link=link))
        connection = only(path)
        told = without_frames(list(capture_events(path)))
        assert [event.segment.link for event in list(capture_events(path))[1:]] == [link] * 10
        if expected is None:
            expected = (connection, told)
        assert (connection, told) == expected
        # In one pcapng with two interfaces of different types, alternating.
        ng = Ng()
        content = ng.section() + ng.interface(link, resolution=9) + ng.interface(101, resolution=9)
        for number, ((t, frame, _), packet) in enumerate(zip(frames, packets, strict=True)):
            content += ng.enhanced(bytes(packet) if number % 2 else frame, t, number=number % 2)
        written(path, content)
        assert (only(path), without_frames(list(capture_events(path)))) == expected


def test_cut_off_packets_are_the_same_but_for_what_is_cut_off(path: Path) -> None:
    expected = [
        only(capture(path, *SHAKEN, c("PA", length=1000))),
        without_frames(list(capture_events(path))),
    ]
    kept = [
        (t, frame[:40], length)
        for t, frame, length in timed(
            [
                bytes(ip(back=back, flags=f, seq=q, ack=a, length=n))
                for back, f, q, a, n in (*SHAKEN, c("PA", length=1000))
            ],
            step=10 * MS,
        )
    ]
    written(path, pcap(kept))
    assert [only(path), without_frames(list(capture_events(path)))] == expected


def test_what_is_no_segment_is_counted_with_the_reason(path: Path) -> None:
    fragment = ip(length=100)
    fragment.frag = 3
    ng = Ng()
    content = (
        ng.section()
        + ng.interface(1, resolution=9)
        + ng.interface(127, resolution=9)
        + b"".join(ng.enhanced(ether(packet), START) for packet in (ip(flags="S"), fragment, fragment))
        + ng.enhanced(bytes(Ether(**MAC) / ARP()), START)
        + ng.enhanced(ether(ip(flags="S"))[:30], START, length=54)
        + ng.enhanced(b"beacon", START, number=1)
    )
    catalogue = summarise(written(path, content))
    assert (catalogue.packets, catalogue.segments) == (6, 1)
    assert catalogue.skipped == {
        "a fragment of an IP packet after the first one": 2,
        "not TCP": 1,
        "cut off within its headers": 1,
        "Wi-Fi with radiotap header": 1,
    }
    assert not catalogue.notices


def test_a_capture_without_tcp_says_what_there_is(path: Path) -> None:
    datagram = bytes(ip())[:20].replace(b"\x06", b"\x11") + bytes(UDP() / Raw(b"hi"))
    catalogue = summarise(written(path, pcap(timed([datagram] * 3))))
    assert catalogue.connections == ()
    assert catalogue.notices == (f"{path} has no TCP that can be read: its packets are 3 not TCP",)
    assert summarise(written(path, pcap([]))).notices == (f"{path} has no TCP that can be read: it is empty",)
    assert [type(event) for event in capture_events(path)] == [events.Header]


def test_the_header(path: Path) -> None:
    written(path, pcap(timed([*life(), *life(40001)]), nano=True))
    header, first, *_ = capture_events(path)
    assert isinstance(header, events.Header)
    assert (header.source, header.wall_clock, header.t, first.t) == ("pcap", START, 0, 0)
    assert [host.name for host in header.hosts] == ["client", "server"]
    assert header.capabilities == ("capture",)
    second = summarise(path).connections[1]
    header, first, *_ = capture_events(path, second)
    assert header.wall_clock == START + 10 * MS
    assert first.t == 0
    assert [host.addresses for host in header.hosts] == [("10.0.0.2",), ("10.0.0.1",)]


def test_events_can_be_written_and_read(path: Path) -> None:
    told = list(capture_events(written(path, pcap(timed(life())))))
    assert [events.decode(events.encode(event)) for event in told] == told


def test_the_world_agrees_with_the_list(path: Path) -> None:
    for number in range(3):
        written(path, pcap(timed(life()[: 10 - number])))
        world, _ = advance(World(), capture_events(path))
        (connection,) = world.connections.values()
        found = only(path)
        assert (connection.client.local, connection.server.local) == (found.client, found.server)
        assert connection.client.bytes_sent == found.bytes_sent
        assert connection.server.bytes_sent == found.bytes_received


def test_more_connections_than_are_listed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue_module, "MOST", 2)
    written(path, pcap(timed([*life(1), *life(2), *life(3), *life(1, isn=7777)])))
    catalogue = summarise(path)
    assert [one.packets for one in catalogue.connections] == [10, 10]
    assert catalogue.segments == 40
    (notice,) = catalogue.notices
    assert "there are more than 2 connections: 20 packets" in notice


# Filtering and sorting

endpoints = st.builds(
    lambda ip_, port: f"[{ip_}]:{port}" if ":" in ip_ else f"{ip_}:{port}",
    st.ip_addresses().map(str),
    st.integers(0, 65535),
)
connections = st.builds(
    CaptureConnection,
    number=st.integers(1, 99),
    client=endpoints,
    server=endpoints,
    first=st.integers(0, 5),
    last=st.integers(5, 9),
    first_packet=st.just(1),
    last_packet=st.just(2),
    packets_sent=st.integers(0, 3),
    packets_received=st.integers(0, 3),
    bytes_sent=st.integers(0, 3),
    bytes_received=st.integers(0, 3),
    handshake=st.sampled_from(["full", "partial", "none"]),
    ending=st.sampled_from(Ending),
    retransmissions=st.integers(0, 2),
    missing=st.just(0),
    seen=st.just(0),
)


@given(st.lists(connections, unique_by=lambda one: one.number), st.sampled_from(ORDERS), st.booleans())
def test_sorting(several: list[CaptureConnection], by, descending: bool) -> None:
    found = ordered(several, by, descending=descending)
    assert sorted(one.number for one in found) == sorted(one.number for one in several)

    def key(one: CaptureConnection):
        value = getattr(one, by)
        if by not in ("client", "server"):
            return value
        ip_, _, port = value.rpartition(":")
        address = ip_address(ip_.strip("[]"))
        return address.version, address.packed, int(port)

    for earlier, later in pairwise(found):
        assert key(earlier) >= key(later) if descending else key(earlier) <= key(later)
        if key(earlier) == key(later):
            assert earlier.number < later.number


def test_sorting_addresses_as_numbers() -> None:
    base = CaptureConnection(1, "", "10.0.0.1:80", 0, 0, 1, 1, 1, 0, 0, 0, "full", Ending.OPEN, 0, 0, 0)
    clients = ["10.0.0.10:5", "10.0.0.9:40000", "[::1]:1", "10.0.0.9:5"]
    several = [replace(base, number=n, client=client) for n, client in enumerate(clients)]
    assert [one.client for one in ordered(several, "client")] == [
        "10.0.0.9:5",
        "10.0.0.9:40000",
        "10.0.0.10:5",
        "[::1]:1",
    ]


def test_filtering() -> None:
    base = CaptureConnection(
        1, "10.0.0.2:40000", "10.0.0.1:443", 0, 0, 1, 1, 1, 0, 0, 0, "full", Ending.RESET, 0, 0, 0
    )
    other = replace(base, number=2, server="[fd00::1]:80", handshake="none", ending=Ending.HALF_OPEN)
    both = [base, other]
    assert matching(both, "") == both
    assert matching(both, ":443") == [base]
    assert matching(both, "10.0.0.2") == both
    assert matching(both, "10.0.0.2 RESET") == [base]
    assert matching(both, "fd00 half-open") == [other]
    assert matching(both, "no handshake") == [other]
    assert matching(both, "full") == [base]
    assert matching(both, "reset open") == []
