"""What the fold has to remember of an end besides what views draw.

It travels inside a frozen world (`Endpoint.track`). Nobody but the fold reads it, and the fold changes copies
only.
"""

from dataclasses import dataclass, fields
from operator import attrgetter

from sockviz.tcp.stream import Gap


@dataclass(slots=True)
class Track:
    """The sequence numbers of one end, as on the wire (mod 2**32), and what is known about its table row."""

    touched: int = -1
    """When a segment or a call last concerned this end, ns: a sample that began earlier proves nothing."""
    sent_next: int | None = None
    """SND.NXT: the number after everything that was sent."""
    gaps: tuple[Gap, ...] = ()
    """What it must have sent before `sent_next`, and was not seen."""
    fin_sent: int | None = None
    """The number that acknowledges its FIN."""
    acked: int | None = None
    """SND.UNA as this end knows it: the highest acknowledgement that arrived."""
    received_next: int | None = None
    """RCV.NXT: the number after everything that arrived without a gap."""
    beyond: tuple[tuple[int, int], ...] = ()
    """What arrived beyond a gap: (number, bytes)."""
    fin_arrived: int | None = None
    """The number of the peer's FIN, once it arrived; it counts when `received_next` gets there."""
    syns: int = 0
    """How often it sent its SYN; 0: it does not connect."""
    final_ack: int = -1
    """When the ACK that ends the handshake arrived here, ns."""
    half_closing: bool = False
    """shutdown() was called on its descriptor."""
    deaf: bool = False
    """shutdown(SHUT_RD) was called: recv() returns 0 whatever the peer does."""
    lingers: bool = False
    """SO_LINGER was set: close() will reset."""

    def copy(self) -> "Track":
        """An equal one that may be changed."""
        return Track(*_values(self))


_values = attrgetter(*(one.name for one in fields(Track)))
