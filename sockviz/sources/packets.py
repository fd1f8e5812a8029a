"""A packet socket of scapy's, with a receive that keeps the kernel's nanoseconds.

Owns the socket, its buffer and its count of drops. Never imports `scapy.all` or scapy's layers, and never
asks for promiscuous mode. It does not look into frames; `sockviz.tcp.segment` does.
"""

import errno
import socket
import struct
from typing import Final, NamedTuple

from sockviz.sources.quiet import importing_scapy

with importing_scapy():
    from scapy.arch.linux import L2ListenSocket, L2Socket

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


class Captured(NamedTuple):
    """A packet as the kernel handed it over."""

    realtime: int
    """When the kernel took it, ns on CLOCK_REALTIME (`Realtime` in sources.clock converts)."""
    outgoing: bool
    """This host sent it. On `lo` each packet comes twice: outgoing, then not."""
    frame: bytes
    """From the link layer on; cut off where the socket keeps less."""


class PacketSocket:
    """All packets of one interface. `fileno()` is readable when some wait. Not for several threads."""

    def __init__(self, interface: str, *, keep: int, listen: bool) -> None:
        """Open it. Of each packet the first `keep` bytes are received; with `listen` nothing can be sent.

        Raises:
            OSError: this process may not capture, or the kernel has no packet sockets.
        """
        kind = L2ListenSocket if listen else L2Socket
        self.scapy = kind(iface=interface, promisc=False, nofilter=True)
        self.socket: socket.socket = self.scapy.ins
        self._keep = keep
        self._dropped = 0
        try:
            self._prepare()
        except OSError:
            self.close()
            raise

    def _prepare(self) -> None:
        """Buffer and time stamps."""
        self.socket.settimeout(0)
        try:
            # Past net.core.rmem_max, where we may (CAP_NET_ADMIN of the machine).
            self.socket.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, BUFFER)
        except PermissionError:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
        self.socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        # VLAN tags that a device took off the frame: neither `lo` nor a veth pair does.
        self.socket.setsockopt(_SOL_PACKET, _PACKET_AUXDATA, 0)

    def fileno(self) -> int:
        """For select, poll and asyncio's add_reader."""
        return self.socket.fileno()

    def receive(self, limit: int = 1024) -> list[Captured]:
        """What waits, in the kernel's order, at most `limit`; never blocks. An empty list: nothing waits."""
        found: list[Captured] = []
        receive = self.socket.recvmsg
        for _ in range(limit):
            try:
                frame, ancillary, _flags, address = receive(self._keep, _ANCILLARY)
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
        """Packets that the kernel threw away since the start (or `forget`) because the buffer was full."""
        # packet(7): reading PACKET_STATISTICS resets it.
        raw = self.socket.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, _statistics.size)
        self._dropped += _statistics.unpack(raw)[1]
        return self._dropped

    def forget(self) -> None:
        """Throw away what waits, and count drops from now on."""
        while self.receive():
            pass
        self.dropped()
        self._dropped = 0

    def close(self) -> None:
        """Close the socket; twice is fine."""
        self.scapy.close()
