"""What is found in captures of real traffic agrees with tshark, with the kernel, and with what was done.

One capture, made once, of connections that go well and of such that go wrong in all the ways that loopback
can be made to show.
"""

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import traffic
from captures import pcap, written
from scenarios import SCENARIOS, Stage, rows
from traffic import Capture, close_in_order, pair, talk
from wireshark import Frame, frames, why_no_tshark

from sockviz.events import SegmentCaptured
from sockviz.export.pcapng import blocks
from sockviz.recording.capture.catalogue import CaptureConnection, Catalogue, Ending, summarise
from sockviz.recording.capture.events import capture_events
from sockviz.recording.capture.packets import packets
from sockviz.tcp.segment import flags_value
from sockviz.tcp.states import State
from sockviz.world.fold import advance
from sockviz.world.model import Arrow, Provenance, World

pytestmark = [
    pytest.mark.capture,
    pytest.mark.skipif(bool(reason := traffic.why_no_tcpdump() or why_no_tshark()), reason=reason),
]


@dataclass
class Recorded:
    """The capture, and what is known of it otherwise."""

    path: Path
    clients: dict[str, str]
    """Scenario → the client's address."""
    kernel: dict[tuple[str, str], str]
    """(local, remote) → the state when the capture ended."""
    tshark: list[Frame]
    catalogue: Catalogue

    def of(self, scenario: str) -> list[CaptureConnection]:
        return [one for one in self.catalogue.connections if one.client == self.clients[scenario]]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recorded]:
    path = tmp_path_factory.mktemp("capture") / "lo.pcap"
    with ExitStack() as stack:
        server = stack.enter_context(traffic.listener())
        port = server.getsockname()[1]
        server6 = stack.enter_context(traffic.listener(port, six=True))
        stage = Stage(server, server6, stack.enter_context(ExitStack()))
        stage.before = stage.pair()
        with Capture(path, port):
            clients = {name_: play(stage) for name_, (play, _, _) in SCENARIOS.items()}
            kernel = rows()
        yield Recorded(path, clients, kernel, frames(path), summarise(path))


def captured(path: Path, connection: CaptureConnection | None = None) -> list[SegmentCaptured]:
    return [event for event in capture_events(path, connection) if isinstance(event, SegmentCaptured)]


@pytest.mark.parametrize("scenario_", SCENARIOS)
def test_how_it_began_and_ended(recorded: Recorded, scenario_: str) -> None:
    found = recorded.of(scenario_)[-1]
    _, handshake, ending = SCENARIOS[scenario_]
    assert (found.handshake, found.ending) == (handshake, ending)


def test_tshark_finds_the_same_segments(recorded: Recorded) -> None:
    ours = [
        (
            event.id,
            flags_value(event.segment.flags),
            event.segment.seq,
            event.segment.ack,
            event.segment.window,
        )
        for event in captured(recorded.path)
    ]
    assert ours == [(one.number, one.flags & 0xFF, one.seq, one.ack, one.window) for one in recorded.tshark]
    assert [event.segment.length for event in captured(recorded.path)] == [
        one.length for one in recorded.tshark
    ]


def test_tshark_finds_the_same_connections(recorded: Recorded) -> None:
    streams: dict[int, list[int]] = {}
    for one in recorded.tshark:
        streams.setdefault(one.stream, []).append(one.number)
    ours = [[event.id for event in captured(recorded.path, one)] for one in recorded.catalogue.connections]
    assert ours == list(streams.values())
    assert len(ours) == len(SCENARIOS) + 1  # one scenario has two


def test_tshark_saw_the_same_of_each(recorded: Recorded) -> None:
    theirs = {one.stream: one.completeness for one in recorded.tshark}
    assert {one.number - 1: one.seen for one in recorded.catalogue.connections} == theirs


def test_tshark_finds_the_same_retransmissions(recorded: Recorded) -> None:
    _, facts = advance(World(), capture_events(recorded.path))
    ours = {fact.id for fact in facts if isinstance(fact, Arrow) and fact.retransmission}
    clear = {one.number for one in recorded.tshark if not one.ambiguous}
    theirs = {one.number for one in recorded.tshark if one.again}
    assert theirs
    assert ours & clear == theirs & clear
    assert sum(one.retransmissions for one in recorded.catalogue.connections) == len(ours)


def test_the_kernel_is_in_the_same_states(recorded: Recorded) -> None:
    """Those of the last connection with the same addresses; that a program gave up no segment tells."""
    last = {(one.client, one.server): one for one in recorded.catalogue.connections}
    checked = 0
    for one in last.values():
        world, _ = advance(World(), capture_events(recorded.path, one))
        (connection,) = world.connections.values()
        for end in (connection.client, connection.server):
            state = recorded.kernel.get((end.local, end.remote), "CLOSED")
            if end.local == recorded.clients["unanswered"]:
                assert (end.state, state) == (State.SYN_SENT, "CLOSED")
            else:
                assert end.state.value == state, end
            assert all(transition.provenance is Provenance.INFERRED for transition in end.history)
            checked += 1
    assert checked == 2 * len(SCENARIOS)


def test_the_world_of_all_of_them_is_the_sum_of_each(recorded: Recorded) -> None:
    world, _ = advance(World(), capture_events(recorded.path))
    together = [(c.client.local, [t.after for t in c.client.history]) for c in world.connections.values()]
    each = []
    for one in recorded.catalogue.connections:
        alone, _ = advance(World(), capture_events(recorded.path, one))
        each += [(c.client.local, [t.after for t in c.client.history]) for c in alone.connections.values()]
    # The first one with the same addresses was in TIME_WAIT on the server's side until the second came.
    assert together == each


@pytest.mark.parametrize("format_", ["pcap", "nsecpcap", "pcapng"])
def test_other_formats_by_editcap(recorded: Recorded, tmp_path: Path, format_: str) -> None:
    other = tmp_path / "other"
    subprocess.run(["editcap", "-F", format_, recorded.path, other], check=True)
    assert summarise(other) == recorded.catalogue
    assert list(capture_events(other)) == list(capture_events(recorded.path))


def test_with_little_of_each_packet(recorded: Recorded, tmp_path: Path) -> None:
    short = tmp_path / "short"
    subprocess.run(["editcap", "-s", "80", recorded.path, short], check=True)
    assert summarise(short) == recorded.catalogue
    assert [one.segment.length for one in captured(short)] == [
        one.segment.length for one in captured(recorded.path)
    ]


LINKS = {
    0: lambda ip: (b"\x02\0\0\0" if ip[0] >> 4 == 4 else b"\x1e\0\0\0") + ip,
    101: lambda ip: ip,
    113: lambda ip: bytes(14) + (b"\x08\x00" if ip[0] >> 4 == 4 else b"\x86\xdd") + ip,
    276: lambda ip: (b"\x08\x00" if ip[0] >> 4 == 4 else b"\x86\xdd") + bytes(18) + ip,
}


@pytest.mark.parametrize("link", LINKS)
def test_other_link_types(recorded: Recorded, tmp_path: Path, link: int) -> None:
    """The same packets behind another link layer: tshark and we read the same."""
    made = [(t, LINKS[link](frame[14:]), length) for t, _, frame, length in packets(recorded.path)]
    other = written(tmp_path / "other", pcap([(t, f, max(n, len(f))) for t, f, n in made], link=link))
    assert summarise(other) == recorded.catalogue
    assert [one.flags for one in frames(other)] == [one.flags for one in recorded.tshark]


def test_written_as_pcapng_and_read_back(recorded: Recorded, tmp_path: Path) -> None:
    again = tmp_path / "again.pcapng"
    again.write_bytes(b"".join(blocks(capture_events(recorded.path))))
    assert [(one.t, one.segment) for one in captured(again)] == [
        (o.t, o.segment) for o in captured(recorded.path)
    ]
    theirs = frames(again)
    assert [(one.stream, one.flags, one.size) for one in theirs] == [
        (one.stream, one.flags, one.size) for one in recorded.tshark
    ]
    assert all(one.kept <= 256 for one in theirs)


@pytest.mark.parametrize("type_", ["LINUX_SLL", "LINUX_SLL2"])
def test_a_capture_of_all_interfaces(tmp_path: Path, type_: str) -> None:
    path = tmp_path / "any.pcap"
    with traffic.listener() as server:
        with Capture(path, server.getsockname()[1], "any", "-y", type_):
            client, accepted = pair(server)
            talk(client, accepted)
            close_in_order(client, accepted)
        (found,) = summarise(path).connections
        assert (found.handshake, found.ending, found.bytes_sent) == ("full", Ending.CLOSED, 5)
        assert {one.stream for one in frames(path)} == {0}
        assert {one.segment.link for one in captured(path)} == {113 if type_ == "LINUX_SLL" else 276}
