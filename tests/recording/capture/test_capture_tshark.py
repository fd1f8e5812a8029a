"""What is found in captures of real traffic agrees with tshark, with the kernel, and with what was done.

One capture, made once, of connections that go well and of such that go wrong in all the ways that loopback
can be made to show.
"""

import contextlib
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
import traffic
from captures import pcap, written
from traffic import Capture, abort, close_in_order, deaf, end_of_file, exactly, pair, resent, talk, tcp, until
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
class Stage:
    """What the scenarios play on, and what they leave open."""

    server: socket.socket
    server6: socket.socket
    open: ExitStack
    before: tuple[socket.socket, ...] = ()
    """A connection from before the capture."""

    def pair(
        self, *, six: bool = False, source: tuple[str, int] | None = None
    ) -> tuple[socket.socket, socket.socket]:
        """A new connection; what its scenario does not close stays open until all is over."""
        client, accepted = pair(self.server6 if six else self.server, source)
        return self.keep(client), self.keep(accepted)

    def keep(self, one: socket.socket) -> socket.socket:
        return self.open.enter_context(contextlib.closing(one))


Scenario = Callable[[Stage], "socket.socket | str"]
SCENARIOS: dict[str, tuple[Scenario, str, Ending]] = {}
"""Name → what happens, and the handshake and the ending that are to be found."""


def scenario(handshake: str, ending: Ending) -> Callable[[Scenario], Scenario]:
    """Each returns the client's address."""

    def keep(function: Scenario) -> Scenario:
        SCENARIOS[function.__name__] = (function, handshake, ending)
        return function

    return keep


def name(one: socket.socket) -> str:
    ip, port, *_ = one.getsockname()
    return f"[{ip}]:{port}" if ":" in ip else f"{ip}:{port}"


@scenario("full", Ending.CLOSED)
def the_client_closes_first(stage: Stage) -> str:
    client, accepted = stage.pair()
    talk(client, accepted)
    address = name(client)
    close_in_order(client, accepted)
    return address


@scenario("full", Ending.CLOSED)
def the_server_closes_first(stage: Stage) -> str:
    client, accepted = stage.pair()
    address = name(client)
    close_in_order(accepted, client)
    return address


@scenario("full", Ending.CLOSED)
def ipv6(stage: Stage) -> str:
    client, accepted = stage.pair(six=True)
    talk(client, accepted, 100_000, 10)
    address = name(client)
    close_in_order(client, accepted)
    return address


@scenario("full", Ending.OPEN)
def still_open(stage: Stage) -> str:
    client, accepted = stage.pair()
    talk(client, accepted)
    return name(client)


@scenario("full", Ending.CLOSED)
def half_close(stage: Stage) -> str:
    client, accepted = stage.pair()
    client.shutdown(socket.SHUT_WR)
    end_of_file(accepted)
    accepted.sendall(bytes(300_000))
    exactly(client, 300_000)
    address = name(client)
    close_in_order(accepted, client)
    return address


@scenario("full", Ending.HALF_CLOSED)
def half_closed_for_good(stage: Stage) -> str:
    client, accepted = stage.pair()
    accepted.shutdown(socket.SHUT_WR)
    end_of_file(client)
    talk_back = client.send(b"still here")
    exactly(accepted, talk_back)
    return name(client)


@scenario("full", Ending.RESET)
def the_client_resets(stage: Stage) -> str:
    client, accepted = stage.pair()
    talk(client, accepted)
    address = name(client)
    abort(client)
    return address


@scenario("full", Ending.RESET)
def the_server_closes_with_unread_data(stage: Stage) -> str:
    client, accepted = stage.pair()
    client.sendall(b"unread")
    until(lambda: accepted.recv(6, socket.MSG_PEEK) == b"unread", "arrived")
    address = name(client)
    accepted.close()
    with contextlib.suppress(ConnectionResetError):
        client.recv(1)
    client.close()
    return address


@scenario("partial", Ending.REFUSED)
def refused(stage: Stage) -> str:
    client = stage.keep(tcp())
    client.bind(("127.0.0.1", 0))
    address = name(client)
    with pytest.raises(ConnectionRefusedError):
        client.connect(("127.0.0.2", stage.server.getsockname()[1]))
    client.close()
    return address


@scenario("full", Ending.CLOSED)
def data_lost_and_sent_again(stage: Stage) -> str:
    client, accepted = stage.pair()
    with deaf(accepted):
        client.sendall(bytes(100))
        until(lambda: resent(client) >= 2, "sent again")
    exactly(accepted, 100)
    address = name(client)
    close_in_order(client, accepted)
    return address


@scenario("full", Ending.CLOSED)
def much_lost_by_chance(stage: Stage) -> str:
    client, accepted = stage.pair()
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with deaf(accepted, 0.2), deaf(client, 0.1):
        for _ in range(60):
            client.sendall(bytes(1500))
        exactly(accepted, 60 * 1500)
    until(lambda: resent(client) > 0 and not unacknowledged(client), "all acknowledged")
    address = name(client)
    close_in_order(client, accepted)
    return address


@scenario("full", Ending.CLOSED)
def the_syn_is_lost_at_first(stage: Stage) -> str:
    client = stage.keep(tcp())
    client.setblocking(False)
    with deaf(stage.server):
        client.connect_ex(stage.server.getsockname())
        until(lambda: resent(client) >= 1, "the SYN sent again")
    client.settimeout(traffic.BOUND)
    accepted = stage.keep(stage.server.accept()[0])
    accepted.settimeout(traffic.BOUND)
    address = name(client)
    close_in_order(client, accepted)
    return address


@scenario("partial", Ending.UNANSWERED)
def unanswered(stage: Stage) -> str:
    client = stage.keep(tcp())
    client.setblocking(False)
    with deaf(stage.server):
        client.connect_ex(stage.server.getsockname())
        address = name(client)
        until(lambda: resent(client) >= 1, "the SYN sent again")
        client.close()
    return address


@scenario("full", Ending.UNANSWERED)
def the_peer_vanishes(stage: Stage) -> str:
    client, accepted = stage.pair()
    stage.open.enter_context(deaf(accepted))
    client.sendall(b"anybody?")
    until(lambda: resent(client) >= 3, "sent again")
    return name(client)


@scenario("full", Ending.CLOSED)
def both_close_at_once(stage: Stage) -> str:
    client, accepted = stage.pair()
    with deaf(client), deaf(accepted):
        client.shutdown(socket.SHUT_WR)
        accepted.shutdown(socket.SHUT_WR)
        until(
            lambda: (
                psutil_state(name(client)) == "FIN_WAIT1" == psutil_state(name(accepted), back=name(client))
            ),
            "both",
        )
    end_of_file(client)
    end_of_file(accepted)
    address = name(client)
    until(lambda: psutil_state(address) == "TIME_WAIT", "closed")
    client.close()
    accepted.close()
    return address


@scenario("full", Ending.CLOSED)
def the_same_addresses_again(stage: Stage) -> str:
    """The server closes first and is in TIME_WAIT, out of which a new SYN takes it."""
    client, accepted = stage.pair()
    address = name(client)
    source = client.getsockname()
    close_in_order(accepted, client)
    client, accepted = stage.pair(source=source)
    talk(client, accepted)
    close_in_order(client, accepted)
    return address


@scenario("none", Ending.CLOSED)
def begun_before_the_capture(stage: Stage) -> str:
    client, accepted = stage.before
    talk(client, accepted)
    address = name(client)
    close_in_order(client, accepted)
    return address


@scenario("full", Ending.OPEN)
def kept_alive(stage: Stage) -> str:
    client, accepted = stage.pair()
    for option in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL):
        client.setsockopt(socket.IPPROTO_TCP, option, 1)
    talk(client, accepted)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    before = received(client)
    until(lambda: received(client) > before, "the answer to a keepalive")
    client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 0)
    return name(client)


@scenario("full", Ending.OPEN)
def never_accepted(stage: Stage) -> str:
    """The last one, else accept() would give it to somebody else."""
    other = stage.keep(tcp())
    other.connect(stage.server.getsockname())
    other.sendall(b"nobody reads this")
    until(lambda: psutil_state(name(other)) == "ESTABLISHED", "connected")
    return name(other)


def unacknowledged(one: socket.socket) -> int:
    """`tcpi_unacked`."""
    return _info(one)[8 + 4]


def received(one: socket.socket) -> int:
    """Segments (`tcpi_segs_in`)."""
    raw = one.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
    return int.from_bytes(raw[140:144], "little")


def _info(one: socket.socket) -> tuple[int, ...]:
    layout = traffic._INFO
    return layout.unpack(one.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, layout.size))


def rows() -> dict[tuple[str, str], str]:
    """The kernel's table."""

    def text(address: tuple) -> str:
        return f"[{address[0]}]:{address[1]}" if ":" in address[0] else f"{address[0]}:{address[1]}"

    return {
        (text(row.laddr), text(row.raddr)): row.status
        for row in psutil.net_connections("tcp")
        if row.raddr and row.status != "LISTEN"
    }


def psutil_state(local: str, back: str = "") -> str | None:
    return next((state for ends, state in rows().items() if ends[0] == local and back in ("", ends[1])), None)


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
