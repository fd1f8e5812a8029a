"""Captures the packets of one TCP port on one interface, without libpcap.

Owns the filter, and says what is missing where capture is not allowed. It does not look into frames;
`sockviz.tcp.segment` does.
"""

from sockviz.sources.filter import NOTHING, attach, tcp_port
from sockviz.sources.packets import Captured, PacketSocket
from sockviz.sources.rights import allowed_command, refusal
from sockviz.sources.stamps import wait_until_stamped
from sockviz.tcp.segment import FRAME_KEPT

__all__ = ["Capture", "Captured", "allowed_command", "refusal"]


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
            self._packets = PacketSocket(interface, keep=FRAME_KEPT, listen=True)
        except OSError as error:
            raise refusal(error, interface) from error
        try:
            # The socket was open before our filter: let nothing in, take out what is there, then filter.
            attach(self._packets.socket, NOTHING)
            self._packets.forget()
            wait_until_stamped()
            attach(self._packets.socket, tcp_port(port, keep=FRAME_KEPT))
        except OSError as error:
            self.close()
            raise refusal(error, interface) from error

    def fileno(self) -> int:
        """For select, poll and asyncio's add_reader."""
        return self._packets.fileno()

    def receive(self, limit: int = 1024) -> list[Captured]:
        """What waits, in the kernel's order, at most `limit`; never blocks. An empty list: nothing waits."""
        return self._packets.receive(limit)

    def dropped(self) -> int:
        """Packets that the kernel threw away since the start because the buffer was full."""
        return self._packets.dropped()

    def close(self) -> None:
        """Close the socket; twice is fine."""
        self._packets.close()
