"""The filter as the kernel runs it, and real packets on `lo`."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sockviz.errors import UserError
from sockviz.sources import packets
from sockviz.sources.capture import Capture, Captured
from sockviz.sources.clock import Clock, Realtime
from sockviz.sources.filter import attach, tcp_port
from sockviz.tcp.segment import decode

PORT = 8001


def may_capture() -> bool:
    try:
        Capture("lo", PORT).close()
    except UserError:
        return False
    return True


needs_capture = pytest.mark.skipif(not may_capture(), reason="this process may not capture packets")


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def one_life(server: socket.socket) -> None:
    """SYN, SYN|ACK, ACK; data; both ends close: at least nine segments."""
    with socket.create_connection(server.getsockname()) as client:
        accepted, _ = server.accept()
        with accepted:
            client.sendall(b"hello")
            assert accepted.recv(16) == b"hello"


def until_fin_is_acknowledged(capture: Capture) -> list[Captured]:
    """All packets until both FINs were delivered and answered."""
    seen: list[Captured] = []
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        seen += capture.receive()
        flags = [
            segment.flags for packet in seen if (segment := decode(packet.frame)) and not packet.outgoing
        ]
        if len([f for f in flags if "FIN" in f]) == 2 and flags[-1] == "ACK":
            return seen
    raise AssertionError(f"no whole life in {seen}")


class TestFilter:
    """The kernel runs the same filter on any socket; a pair of datagram sockets needs no rights."""

    @staticmethod
    def passes(frame: bytes, port: int = PORT, keep: int = 256) -> bytes | None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        with ours, theirs:
            attach(ours, tcp_port(port, keep))
            ours.setblocking(False)
            theirs.setblocking(False)
            theirs.send(frame)
            try:
                return ours.recv(2048)
            except BlockingIOError:
                return None

    @staticmethod
    def frame(
        *, version: int, ports: tuple[int, int], protocol: int = 6, options: int = 0, fragment: int = 0
    ) -> bytes:
        tcp = ports[0].to_bytes(2) + ports[1].to_bytes(2) + bytes(8) + b"\x50\x02" + bytes(6)
        if version == 6:
            return (
                bytes(12)
                + b"\x86\xdd\x60"
                + bytes(3)
                + len(tcp).to_bytes(2)
                + bytes((protocol, 64))
                + bytes(32)
                + tcp
            )
        words = 5 + options
        head = bytes((0x40 + words, 0)) + (words * 4 + 20).to_bytes(2) + bytes(2) + fragment.to_bytes(2)
        return bytes(12) + b"\x08\x00" + head + bytes((64, protocol)) + bytes(10 + options * 4) + tcp

    @pytest.mark.parametrize("version", [4, 6])
    @pytest.mark.parametrize(
        ("ports", "inside"),
        [((PORT, 9), True), ((9, PORT), True), ((9, 10), False), ((PORT + 256, 1), False)],
    )
    def test_ports(self, version: int, ports: tuple[int, int], *, inside: bool) -> None:
        assert (self.passes(self.frame(version=version, ports=ports)) is not None) is inside

    @pytest.mark.parametrize("version", [4, 6])
    def test_udp_to_the_port_stays_out(self, version: int) -> None:
        assert self.passes(self.frame(version=version, ports=(PORT, PORT), protocol=17)) is None

    def test_later_fragments_stay_out_and_first_ones_come_in(self) -> None:
        assert self.passes(self.frame(version=4, ports=(PORT, 9), fragment=3)) is None
        assert self.passes(self.frame(version=4, ports=(PORT, 9), fragment=0x2000)) is not None

    def test_only_the_first_bytes_are_kept(self) -> None:
        assert self.passes(self.frame(version=4, ports=(PORT, 9)) + bytes(500), keep=100) == self.frame(
            version=4, ports=(PORT, 9)
        ) + bytes(46)

    @settings(max_examples=200)
    @given(
        version=st.sampled_from([4, 6]),
        ports=st.tuples(st.sampled_from([PORT, 9, 31]), st.sampled_from([PORT, 10])),
        protocol=st.sampled_from([6, 17]),
        options=st.integers(0, 10),
        fragment=st.sampled_from([0, 0x4000, 7]),
    )
    def test_agrees_with_the_decoder(self, **fields: object) -> None:
        frame = self.frame(**fields)  # type: ignore[arg-type]
        segment = decode(frame)
        ours = segment is not None and f":{PORT}" in segment.source + segment.destination
        assert (self.passes(frame) is not None) == ours

    @settings(max_examples=200)
    @given(st.binary(min_size=1, max_size=80))
    def test_any_bytes_are_safe(self, raw: bytes) -> None:
        assert self.passes(raw) is None or raw[12:14] in {b"\x08\x00", b"\x86\xdd"}


@pytest.mark.capture
@needs_capture
class TestOnLoopback:
    def test_each_packet_is_seen_leaving_and_arriving(self, listener: socket.socket) -> None:
        with closing(Capture("lo", listener.getsockname()[1])) as capture:
            one_life(listener)
            seen = until_fin_is_acknowledged(capture)
            assert capture.dropped() == 0
        left = [packet.frame for packet in seen if packet.outgoing]
        arrived = [packet.frame for packet in seen if not packet.outgoing]
        assert left == arrived
        first = [segment.flags for frame in left[:3] if (segment := decode(frame))]
        assert first == ["SYN", "SYN|ACK", "ACK"]

    def test_the_kernels_times_lie_between_our_own_from_the_first_packet_on(
        self, listener: socket.socket
    ) -> None:
        clock = Clock()
        realtime = Realtime(clock)
        for _ in range(10):  # each time the kernel has to begin to stamp packets
            with closing(Capture("lo", listener.getsockname()[1])) as capture:
                before = clock.now()
                one_life(listener)
                after = clock.now()
                times = [packet.realtime - realtime.offset() for packet in capture.receive()]
            assert times == sorted(times)
            assert before < times[0]
            assert times[5] < after  # the handshake's six copies: before connect() returned

    def test_nothing_else_comes_in_not_even_from_before(self, listener: socket.socket) -> None:
        stop = threading.Event()

        def noise() -> None:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
                while not stop.is_set():
                    other.sendto(b"noise", ("127.0.0.1", 9))

        thread = threading.Thread(target=noise)
        thread.start()
        try:
            for _ in range(20):
                with closing(Capture("lo", listener.getsockname()[1])) as capture:
                    assert capture.receive() == []
        finally:
            stop.set()
            thread.join()

    def test_what_the_buffer_did_not_hold_is_counted(
        self, listener: socket.socket, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(packets, "BUFFER", 4096)
        with closing(Capture("lo", listener.getsockname()[1])) as capture:
            for _ in range(20):
                one_life(listener)
            dropped = capture.dropped()
            assert dropped > 0
            assert capture.dropped() == dropped
            assert 0 < len(capture.receive()) < 20 * 18


def test_without_the_right_to_capture_one_line_says_what_to_run() -> None:
    script = (
        "from sockviz.sources.capture import Capture\n"
        "from sockviz.errors import UserError\n"
        "try: Capture('lo', 1)\n"
        "except UserError as e: print(e.kind, e.line())\n"
    )
    drop = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []
    done = subprocess.run(
        [*drop, sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env={"HOME": "/nonexistent"},
    )
    assert done.stderr == ""
    assert done.stdout.count("\n") == 1
    assert done.stdout.startswith("no-capture sockviz: this process may not capture packets")
    assert "--ambient-caps=+net_raw" in done.stdout


@pytest.mark.capture
@needs_capture
@pytest.mark.skipif(os.geteuid() != 0, reason="gives the capability to an ordinary user, which only root can")
def test_the_command_it_gives_really_works() -> None:
    """The same words, with a probe in the place of the application."""
    script = "import os; from sockviz.sources.capture import Capture; Capture('lo', 1); print(os.geteuid())"
    user = ["--reuid=65534", "--regid=65534", "--clear-groups"]
    words = ["setpriv", *user, "--inh-caps=+net_raw", "--ambient-caps=+net_raw", "--"]
    done = subprocess.run([*words, sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("65534\n", "")


def test_scapy_is_loaded_small_and_stays_silent() -> None:
    script = (
        "import sys, sockviz.sources.capture\n"
        "from scapy.error import warning\n"
        "warning('not on the screen')\n"
        "assert 'scapy.all' not in sys.modules and 'scapy.layers.all' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")
