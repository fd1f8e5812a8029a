"""One end of the wire: a packet socket on the engine's side of a host's link.

What is read here was sent by that host's kernel; what is written here is received by it. Knows frames, not
what is in them.
"""

import errno
from typing import Final

from sockviz.errors import UserError, exhausted
from sockviz.sources.packets import Captured, PacketSocket

_FRAME: Final = 65536
"""Room for any frame; the links' MTU keeps them at 1514 bytes."""

_SOL_PACKET: Final = 263
_PACKET_IGNORE_OUTGOING: Final = 23


class Tap:
    """Reads and writes whole frames on one interface."""

    def __init__(self, interface: str) -> None:
        """Open it.

        Raises:
            UserError: (kind `no-lab`) the kernel has no packet sockets for us; (`exhausted`) no more of them.
        """
        try:
            self._packets = PacketSocket(interface, keep=_FRAME, listen=False)
            self._packets.socket.setsockopt(_SOL_PACKET, _PACKET_IGNORE_OUTGOING, 1)
        except OSError as error:
            if shortage := exhausted(error):
                raise shortage from error
            reason = f"the lab's wire could not be opened: {error.strerror}"
            raise UserError(reason, "use --source loopback", "no-lab") from error

    def fileno(self) -> int:
        """For the event loop: readable when frames wait."""
        return self._packets.fileno()

    def receive(self, limit: int) -> list[Captured]:
        """What waits, at most `limit`, in the order in which the host sent it; never blocks."""
        return self._packets.receive(limit)

    def deliver(self, frame: bytes) -> None:
        """Hand a frame to the host's kernel, which has mostly dealt with it when this returns.

        Raises:
            OSError: the link is gone.
        """
        try:
            self._packets.scapy.send(frame)
        except OSError as error:
            if error.errno != errno.ENOBUFS:  # the queue is full: lost, as on any link
                raise

    def dropped(self) -> int:
        """Frames lost since the start because nobody read them in time."""
        return self._packets.dropped()

    def close(self) -> None:
        """Close the socket."""
        self._packets.close()
