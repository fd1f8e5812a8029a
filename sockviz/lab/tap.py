"""One end of the wire: a packet socket of scapy's on the engine's side of a host's link.

What is read here was sent by that host's kernel; what is written here is received by it. Knows frames, not
what is in them.
"""

import contextlib
import errno
import logging
import socket
import struct
from typing import Final, NamedTuple

from scapy.arch.linux import L2Socket

from sockviz.errors import UserError

_FRAME: Final = 65536
"""Room for any frame; the links' MTU keeps them at 1514 bytes."""

_BUFFER: Final = 16 << 20
_SO_RCVBUFFORCE: Final = 33
_SO_TIMESTAMPNS: Final = 35
_SOL_PACKET: Final = 263
_PACKET_STATISTICS: Final = 6
_PACKET_AUXDATA: Final = 8
_PACKET_IGNORE_OUTGOING: Final = 23

_timespec = struct.Struct("@ll")
_statistics = struct.Struct("@II")
_ANCILLARY: Final = socket.CMSG_SPACE(_timespec.size)

# scapy writes its warnings to standard error, which is what the screen is drawn on.
logging.getLogger("scapy").handlers[:] = [logging.NullHandler()]


class Taken(NamedTuple):
    """A frame that a host sent."""

    realtime: int
    """When it reached this end, ns on CLOCK_REALTIME."""
    frame: bytes


class Tap:
    """Reads and writes whole frames on one interface."""

    def __init__(self, interface: str) -> None:
        """Open it.

        Raises:
            UserError: (kind `no-lab`) the kernel has no packet sockets for us.
        """
        try:
            self._scapy = L2Socket(iface=interface, promisc=False, nofilter=True)
        except OSError as error:
            raise UserError(
                f"the lab's wire could not be opened: {error.strerror}", "use --source loopback", "no-lab"
            ) from error
        self._socket: socket.socket = self._scapy.ins
        self._socket.settimeout(0)
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        self._socket.setsockopt(_SOL_PACKET, _PACKET_AUXDATA, 0)
        self._socket.setsockopt(_SOL_PACKET, _PACKET_IGNORE_OUTGOING, 1)
        # Past net.core.rmem_max only the machine's own root may go.
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        with contextlib.suppress(PermissionError):
            self._socket.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _BUFFER)
        self._dropped = 0

    def fileno(self) -> int:
        """For the event loop: readable when frames wait."""
        return self._socket.fileno()

    def receive(self) -> list[Taken]:
        """All that waits, in the order in which the host sent it; never blocks."""
        found: list[Taken] = []
        while True:
            try:
                frame, ancillary, _, _ = self._socket.recvmsg(_FRAME, _ANCILLARY)
            except BlockingIOError:
                return found
            seconds, nanoseconds = _timespec.unpack_from(ancillary[0][2])
            found.append(Taken(seconds * 1_000_000_000 + nanoseconds, frame))

    def deliver(self, frame: bytes) -> None:
        """Hand a frame to the host's kernel, which has mostly dealt with it when this returns.

        Raises:
            OSError: the link is gone.
        """
        try:
            self._scapy.send(frame)
        except OSError as error:
            if error.errno != errno.ENOBUFS:  # the queue is full: lost, as on any link
                raise

    def dropped(self) -> int:
        """Frames lost since the start because the receive buffer was full (packet(7), PACKET_STATISTICS)."""
        raw = self._socket.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, _statistics.size)
        self._dropped += _statistics.unpack(raw)[1]
        return self._dropped

    def close(self) -> None:
        """Close the socket."""
        self._scapy.close()
