"""What the fold has to remember of an end and of a host besides what views draw.

These values travel inside a frozen world (`Endpoint.track`, `World.tracking`). Nobody but the fold reads
them, and the fold changes copies only.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace


@dataclass(slots=True)
class Track:
    """The sequence numbers of one end, as on the wire (mod 2**32), and what is known about its table row."""

    touched: int = -1
    """When a segment or a call last concerned this end, ns: a sample that began earlier proves nothing."""
    sent_next: int | None = None
    """SND.NXT: the number after everything that was sent."""
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
    """How often it sent its SYN."""
    lingers: bool = False
    """SO_LINGER was set: close() will reset."""
    closing: bool = False
    """Its descriptor was closed."""

    def copy(self) -> "Track":
        """An equal one that may be changed."""
        return replace(self)


@dataclass(frozen=True, slots=True)
class Suspect:
    """A segment that arrived at a listening kernel and was not answered: dropped, if a counter says so."""

    t: int
    host: str
    segment: int
    connection: int
    syn: bool
    """A SYN; else the ACK that ends a handshake."""
    waiting: int
    """Length of the accept queue when it arrived."""
    limit: int | None
    half_open: int
    """Length of the SYN queue when it arrived."""


@dataclass(frozen=True, slots=True)
class Tracking:
    """What the fold remembers of the world."""

    index: Mapping[tuple[str, str, str], int] = field(default_factory=dict)
    """(host, local, remote) → the connection that has these addresses now."""
    dirty: Mapping[tuple[str, str, str], None] = field(default_factory=dict)
    """Ends, by (host, local, remote), that no sample has looked at since they changed."""
    closed: Mapping[int, None] = field(default_factory=dict)
    """Closed connections, in the order in which they closed."""
    calls: Mapping[int, tuple[str, int, str]] = field(default_factory=dict)
    """Call → (host, pid, thread) it was made by, until it returns."""
    suspects: tuple[Suspect, ...] = ()
    last_number: int = 0
    """The last number that was given to a connection."""
