"""Sockets that are no end of a connection: UDP. Data only; part of what a `World` has."""

from dataclasses import dataclass

from sockviz.events import SocketRow


@dataclass(frozen=True, slots=True)
class DatagramSocket:
    """A UDP socket of a program: an address, and a queue of what arrived. There is no state to be in.

    Counts are of whole datagrams; one that was cut into fragments is not counted as arrived.
    """

    host: str
    pid: int
    fd: int
    local: str = ""
    """Empty until bind(), connect() or the first sendto() gave it one; then it is in the socket table."""
    remote: str = ""
    """The peer that connect() named: then only what comes from there is taken. Empty: anybody."""
    row: SocketRow | None = None
    """Its row when last sampled; None: no row."""
    sent: int = 0
    arrived: int = 0
    """Delivered to this host for this socket."""
    read: int = 0
    """Returned by recvfrom() or recv()."""
    lost: int = 0
    """Of those that arrived: dropped by the kernel, since the receive buffer was full."""
    refused: int = 0
    """ICMP `port unreachable` that arrived for it; of a connected socket the next call fails."""

    @property
    def waiting(self) -> int:
        """Datagrams in its queue, as far as that can be counted."""
        return max(self.arrived - self.lost - self.read, 0)
