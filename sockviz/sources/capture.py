"""Captures packets: scapy's packet socket, with a receive that keeps the kernel's nanoseconds.

Owns the socket, its buffer, its filter and its count of drops. Never imports `scapy.all` or scapy's layers,
never asks for promiscuous mode, needs no libpcap. It does not look into frames; `sockviz.tcp.segment` does.
"""

import errno
import logging
import os
import shlex
import socket
import struct
import sys
from typing import Final, NamedTuple

from scapy.arch.linux import L2ListenSocket

from sockviz.errors import UserError
from sockviz.sources.filter import NOTHING, attach, tcp_port
from sockviz.tcp.segment import FRAME_KEPT

BUFFER: Final = 16 << 20
"""Bytes of receive buffer. The kernel doubles it, and counts its own overhead of a packet against it: room
for about 40,000 small packets."""

_SO_RCVBUFFORCE: Final = 33
_SO_TIMESTAMPNS: Final = 35
_SOL_PACKET: Final = 263
_PACKET_STATISTICS: Final = 6
_PACKET_AUXDATA: Final = 8
_PACKET_OUTGOING: Final = 4

_timespec = struct.Struct("@ll")
_statistics = struct.Struct("@II")
_ANCILLARY: Final = socket.CMSG_SPACE(_timespec.size)

# scapy writes its warnings to standard error, which is what the screen is drawn on.
_scapy_log = logging.getLogger("scapy")
_scapy_log.handlers[:] = [logging.NullHandler()]


class Captured(NamedTuple):
    """A packet as the kernel handed it over."""

    realtime: int
    """When the kernel took it, ns on CLOCK_REALTIME (`Realtime` in sources.clock converts)."""
    outgoing: bool
    """This host sent it. On `lo` each packet comes twice: outgoing, then not."""
    frame: bytes
    """From the link layer on, at most `FRAME_KEPT` bytes."""


class Capture:
    """A packet socket on one interface that sees `tcp port N` and nothing else, from its first packet on.

    `fileno()` is readable when packets wait. Not for several threads.
    """

    def __init__(self, interface: str, port: int) -> None:
        """Open it.

        Raises:
            UserError: kind `no-capture`: this process may not capture, or the kernel has no packet sockets.
        """
        try:
            self._scapy = L2ListenSocket(iface=interface, promisc=False, nofilter=True)
        except OSError as error:
            raise refusal(error, interface) from error
        self._socket: socket.socket = self._scapy.ins
        self._dropped = 0
        try:
            self._prepare(port)
        except OSError as error:
            self.close()
            raise refusal(error, interface) from error

    def _prepare(self, port: int) -> None:
        """Filter, buffer and time stamps; what came before them is thrown away."""
        self._socket.settimeout(0)
        _grow(self._socket)
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        # VLAN tags that a device took off the frame: neither `lo` nor a veth pair does.
        self._socket.setsockopt(_SOL_PACKET, _PACKET_AUXDATA, 0)
        # scapy's socket was open before our filter: let nothing in, take out what is there, then filter.
        attach(self._socket, NOTHING)
        while self.receive():
            pass
        self._statistics()
        attach(self._socket, tcp_port(port, keep=FRAME_KEPT))

    def fileno(self) -> int:
        """For select, poll and asyncio's add_reader."""
        return self._socket.fileno()

    def receive(self, limit: int = 1024) -> list[Captured]:
        """What waits, in the kernel's order, at most `limit`; never blocks. An empty list: nothing waits."""
        found: list[Captured] = []
        receive = self._socket.recvmsg
        for _ in range(limit):
            try:
                frame, ancillary, _flags, address = receive(FRAME_KEPT, _ANCILLARY)
            except BlockingIOError:
                break
            except OSError as error:
                if error.errno != errno.ENETDOWN:
                    raise
                continue
            seconds, nanoseconds = _timespec.unpack_from(ancillary[0][2])
            found.append(
                Captured(seconds * 1_000_000_000 + nanoseconds, address[2] == _PACKET_OUTGOING, frame)
            )
        return found

    def dropped(self) -> int:
        """Packets that the kernel threw away since the start because the buffer was full."""
        self._dropped += self._statistics()
        return self._dropped

    def _statistics(self) -> int:
        """Drops since the last reading (packet(7), PACKET_STATISTICS: reading resets it)."""
        _, drops = _statistics.unpack(
            self._socket.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, _statistics.size)
        )
        return int(drops)

    def close(self) -> None:
        """Close the socket; twice is fine."""
        self._scapy.close()


def _grow(sock: socket.socket) -> None:
    """`BUFFER`, past net.core.rmem_max where we may (CAP_NET_ADMIN), else as much as there is."""
    try:
        sock.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, BUFFER)
    except PermissionError:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)


def refusal(error: OSError, interface: str) -> UserError:
    """Why there is no capture, and what would give it."""
    if error.errno in {errno.EPERM, errno.EACCES}:
        return UserError(
            "this process may not capture packets (CAP_NET_RAW)",
            allowed_command("--source", "loopback"),
            kind="no-capture",
        )
    return UserError(f"no packet capture on {interface}: {error.strerror}", kind="no-capture")


def allowed_command(*arguments: str) -> str:
    """The shell command that runs sockviz with the right to capture: for this one run, as the same user.

    A capability given to the interpreter's file (setcap) would work too, but a virtual environment's `python`
    is a link to the shared interpreter: every script that anybody runs with it could then read the network.
    """
    python = shlex.join([sys.executable, "-m", "sockviz", *arguments])
    if os.geteuid() == 0:
        return python
    return (
        f"sudo setpriv --reuid={os.geteuid()} --regid={os.getegid()} --init-groups"
        f" --inh-caps=+net_raw --ambient-caps=+net_raw -- {python}"
    )
