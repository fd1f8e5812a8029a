"""Real traffic on loopback, captured by tcpdump: lives of connections, made to go wrong in known ways."""

import contextlib
import os
import random
import select
import shutil
import socket
import struct
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

import pytest

from sockviz.recording.capture.packets import packets

BOUND = 15.0
"""Seconds that anything may take before a test fails."""
SENTINEL = b"the capture may end"
_ATTACH, _DETACH = 26, 27
_INFO = struct.Struct("8B24I")
_TOTAL_RETRANS = 8 + 23
_RANDOM = 0xFFFFF000 + 56
"""SKF_AD_OFF + SKF_AD_RANDOM (linux/filter.h)."""


def until(holds: Callable[[], Any], what: str) -> None:
    """Look again and again until `holds`."""
    end = time.monotonic() + BOUND
    while not holds():
        if time.monotonic() > end:
            raise AssertionError(f"never: {what}")
        select.select([], [], [], 0.005)


def why_no_tcpdump() -> str:
    """Why nothing can be captured here; empty: it can."""
    if not shutil.which("tcpdump"):
        return "tcpdump is not installed"
    try:
        socket.socket(socket.AF_PACKET, socket.SOCK_RAW).close()
    except OSError as error:
        return f"this process may not capture: {error.strerror}"
    return ""


_AS_WE_ARE = ["-Z", "root"] if os.geteuid() == 0 else []
"""tcpdump would become a user who can't write into the test's folder."""


class Capture:
    """What tcpdump sees on an interface of one port, while the context lasts."""

    def __init__(self, path: Path, port: int, interface: str = "lo", *options: str) -> None:
        self._path, self._port = path, port
        # Without a limit on the packet's size there is room for a few packets only in tcpdump's buffer.
        limits = ["-s", "512", "-B", "16384"]
        self._command = [
            "tcpdump",
            "-i",
            interface,
            "-w",
            str(path),
            "-U",
            "--immediate-mode",
            *limits,
            *options,
        ]

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [*self._command, *_AS_WE_ARE, f"port {self._port}"], stderr=subprocess.PIPE, text=True
        )
        assert self._process.stderr
        first = self._process.stderr.readline()
        while first and "listening on" not in first:
            first = self._process.stderr.readline()
        assert first, "tcpdump did not start"
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sentinel:
                    sentinel.sendto(SENTINEL, ("127.0.0.1", self._port))
                until(
                    lambda: any(SENTINEL in frame for _, _, frame, _ in packets(self._path)),
                    "the last packet",
                )
        finally:
            self._process.terminate()
            _, said = self._process.communicate(timeout=BOUND)
        assert kind or "0 packets dropped by kernel" in said


def tcp(six: bool = False) -> socket.socket:
    made = socket.socket(socket.AF_INET6 if six else socket.AF_INET)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.settimeout(BOUND)
    return made


def listener(port: int | None = None, *, six: bool = False) -> socket.socket:
    """On a free port below those that the kernel gives to clients, as servers have them."""
    made = tcp(six)
    for number in [port] if port else random.sample(range(20_000, 30_000), 50):
        with contextlib.suppress(OSError):
            made.bind(("::1" if six else "127.0.0.1", number))
            break
    made.listen(64)
    return made


@pytest.fixture
def server() -> Iterator[socket.socket]:
    with listener() as made:
        yield made


def pair(server: socket.socket, source: tuple[str, int] | None = None) -> tuple[socket.socket, socket.socket]:
    """A new connection: the client's socket, and what accept() returned."""
    client = tcp(server.family == socket.AF_INET6)
    if source is not None:
        client.bind(source)
    client.connect(server.getsockname())
    accepted = server.accept()[0]
    accepted.settimeout(BOUND)
    return client, accepted


def exactly(receiver: socket.socket, count: int) -> None:
    """Receive so many bytes."""
    while count:
        data = receiver.recv(min(count, 1 << 16))
        assert data
        count -= len(data)


def end_of_file(receiver: socket.socket) -> None:
    assert receiver.recv(1) == b""


def talk(client: socket.socket, accepted: socket.socket, there: int = 5, back: int = 7) -> None:
    client.sendall(bytes(there))
    exactly(accepted, there)
    accepted.sendall(bytes(back))
    exactly(client, back)


def close_in_order(first: socket.socket, second: socket.socket) -> None:
    """One closes, the other reads that and closes, too; both FINs are acknowledged."""
    first.close()
    end_of_file(second)
    second.close()


def abort(one: socket.socket) -> None:
    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    one.close()


@contextlib.contextmanager
def deaf(one: socket.socket, share: float = 1.0) -> Iterator[None]:
    """The kernel drops what arrives for this socket (a share of it, by chance): after it was captured."""
    if share < 1:
        limit = int(share * 0xFFFFFFFF)
        program = [(0x20, 0, 0, _RANDOM), (0x25, 1, 0, limit), (0x06, 0, 0, 0), (0x06, 0, 0, 0x40000)]
    else:
        program = [(0x06, 0, 0, 0)]
    code = b"".join(struct.pack("HBBI", *line) for line in program)
    buffer = memoryview(bytearray(code))
    import ctypes  # noqa: PLC0415 - only here an address is needed

    place = ctypes.addressof(ctypes.c_char.from_buffer(buffer))
    one.setsockopt(socket.SOL_SOCKET, _ATTACH, struct.pack("HL", len(program), place))
    try:
        yield
    finally:
        if one.fileno() >= 0:
            one.setsockopt(socket.SOL_SOCKET, _DETACH, 0)


def resent(one: socket.socket) -> int:
    """How many segments this end has sent again (`tcpi_total_retrans`)."""
    return _INFO.unpack(one.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _INFO.size))[_TOTAL_RETRANS]
