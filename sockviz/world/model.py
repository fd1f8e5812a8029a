"""What is true at one moment: the world, frozen.

A `World` is made by folding events (`sockviz.world.fold`) and never changed; mappings in it are treated as
read-only. Everything a view draws is here. Times are ns on the recording's clock.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from sockviz.events import Header, ListenerSampled, Owner, Segment, SocketRow
from sockviz.tcp.states import State
from sockviz.world.cause import Cause
from sockviz.world.program import Descriptor, Program, SystemCall
from sockviz.world.sockets import DatagramSocket
from sockviz.world.track import Track

__all__ = [
    "Arrow",
    "Connection",
    "Descriptor",
    "Drop",
    "Endpoint",
    "Fact",
    "InFlight",
    "Listener",
    "Narration",
    "Program",
    "Provenance",
    "Suspect",
    "SystemCall",
    "Tracking",
    "Transition",
    "Wire",
    "World",
]


class Provenance(StrEnum):
    """How a fact is known."""

    OBSERVED = "observed"
    """Seen on the wire or returned by a call."""
    SAMPLED = "sampled"
    """Read from the kernel's socket table."""
    INFERRED = "inferred"
    """Follows from what was seen by the transition table; the kernel was not (yet) asked."""


@dataclass(frozen=True, slots=True)
class Transition:
    """One end changed its state. Emitted again, with provenance `SAMPLED`, when a sample confirms it."""

    t: int
    host: str
    local: str
    remote: str
    before: State
    after: State
    provenance: Provenance
    connection: int | None
    """None: a listener."""
    why: str = ""
    """The cause in the words of the transition table: `SYN received`, `close() called` …"""
    corrects: int = 0
    """How many inferred transitions before it a sample took back: they never happened."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One end of a connection."""

    host: str
    local: str
    remote: str
    state: State = State.CLOSED
    since: int = 0
    provenance: Provenance = Provenance.INFERRED
    row: SocketRow | None = None
    """Its row in the socket table when last sampled; None: no row."""
    pid: int | None = None
    """The process that holds its descriptor; None: nobody does. Of several the first (`row.owners`)."""
    fd: int | None = None
    accepted: bool = False
    """Server end: accept() has returned it."""
    history: tuple[Transition, ...] = ()
    bytes_sent: int = 0
    bytes_received: int = 0
    """Payload sent and delivered, each byte once."""
    isn: int | None = None
    """Initial sequence number, to show relative ones."""
    reset: bool = False
    """Ended by an RST."""
    track: Track = field(default_factory=Track, repr=False, hash=False)
    """The fold's own."""

    @property
    def sampled(self) -> State | None:
        """What the kernel's table said when last read; None: no row."""
        return State(self.row.state) if self.row and self.row.state in State.__members__ else None

    @property
    def disagrees(self) -> bool:
        """The kernel's table and the inference differ (both are to be shown)."""
        return self.sampled is not None and self.sampled is not self.state


@dataclass(frozen=True, slots=True)
class Connection:
    """A connection, or the try to make one.

    `id` counts from 1 in order of appearance, and names it everywhere.
    """

    id: int
    client: Endpoint
    server: Endpoint
    listener: str | None = None
    """The listener's local address on the server."""
    began: int = 0
    closed: int | None = None
    """When both ends were gone."""
    drops: int = 0
    """Segments of this connection that the receiving kernel ignored (a full queue)."""
    ghost: bool = False
    """ESTABLISHED on the client, no socket on the server."""
    cookie: bool = False
    """The server answered the SYN with a SYN cookie and kept nothing."""
    spoofed: bool = False
    """Its SYN came from an address that no host has: it has no client, and the client's end is no socket."""
    cause: Cause | None = None
    """Why a kernel last did not do what it asked for."""

    def end(self, host: str) -> Endpoint:
        """The end on `host`."""
        return self.client if self.client.host == host else self.server


@dataclass(frozen=True, slots=True)
class Listener:
    """A listening socket and its two queues, in arrival order."""

    host: str
    local: str
    state: State = State.LISTEN
    since: int = 0
    pid: int | None = None
    fd: int | None = None
    backlog: int | None = None
    """What listen() was called with."""
    syn_queue: tuple[int, ...] = ()
    """Connections in SYN_RECV."""
    accept_queue: tuple[int, ...] = ()
    """Connections completed by the kernel and not yet accepted, oldest first."""
    depth: int | None = None
    """As the kernel says (TCP_INFO); None: not known."""
    limit: int | None = None
    """The kernel's limit; it holds limit + 1."""
    half_open: int | None = None
    syn_capacity: int | None = None
    """Slots of the SYN queue, where it was measured (`Header.limits`): limit + 1 on Linux 6.18, limit on
    older kernels."""
    overflows: int = 0
    """Dropped because the accept queue was full."""
    drops: int = 0
    """Dropped for any reason."""
    history: tuple[Transition, ...] = ()
    provenance: Provenance = Provenance.INFERRED
    defers: bool = False
    """TCP_DEFER_ACCEPT is set: a connection stays in SYN_RECV until data arrives."""
    touched: int = -1
    """The fold's own: when a call last concerned it, ns."""
    grew: int = -1
    """The fold's own: when a connection last came into its accept queue, ns."""
    accept_capacity: int | None = None
    """Slots of the accept queue, where it was measured."""
    owners: tuple[Owner, ...] = ()
    """All who can accept from it, where that was looked for; `pid` and `fd` are the first one's."""
    sockets: Mapping[int, ListenerSampled] = field(default_factory=dict)
    """Cookie → the socket, where several have this address (SO_REUSEPORT): `depth`, `limit` and `half_open`
    are then of all together."""

    @property
    def full(self) -> bool:
        """One more will not go into the accept queue."""
        depth = self.depth if self.depth is not None else len(self.accept_queue)
        return self.capacity is not None and depth >= self.capacity

    @property
    def capacity(self) -> int | None:
        """Slots of the accept queue; where that was not measured limit + 1 (`sk_acceptq_is_full`)."""
        limit = self.limit if self.limit is not None else self.backlog
        if self.accept_capacity is not None or limit is None:
            return self.accept_capacity
        return limit + 1

    @property
    def syn_full(self) -> bool:
        """One more will not go into the SYN queue: it is dropped, or answered with a cookie."""
        half_open = max(len(self.syn_queue), self.half_open or 0)
        return self.syn_capacity is not None and half_open >= self.syn_capacity


@dataclass(frozen=True, slots=True)
class InFlight:
    """A segment on the wire."""

    id: int
    sender: str
    receiver: str
    segment: Segment
    sent: int
    due: int | None
    """When it arrives; None: held."""
    released: int | None = None
    """When it was let go after having been held."""
    connection: int | None = None
    resent: int = 0
    """How many times the kernel sent it again while it was held."""
    retransmission: bool = False
    """This segment itself repeats an earlier one."""
    late: bool = False
    """Segments that were sent after it overtook it on their way to where they were seen."""


@dataclass(frozen=True, slots=True)
class Wire:
    """The wire between the two hosts."""

    mode: str = "flow"
    delay: int = 0
    in_flight: Mapping[int, InFlight] = field(default_factory=dict)

    @property
    def held(self) -> tuple[InFlight, ...]:
        """Waiting to be released, oldest first."""
        return tuple(f for f in self.in_flight.values() if f.due is None)


@dataclass(frozen=True, slots=True)
class Arrow:
    """A segment's way over the wire, for the ladder.

    Emitted when it is sent, and again (same id) when its fate is known.
    """

    id: int
    connection: int | None
    sender: str
    receiver: str
    segment: Segment
    sent: int
    arrived: int | None = None
    dropped: int | None = None
    cause: str | None = None
    """Why it left the wire (`SegmentDropped.cause`), or a clause: why the receiving kernel ignored it."""
    ignored: bool = False
    """Delivered, and ignored by the kernel (full queue)."""
    retransmission: bool = False
    late: bool = False
    """Out of order: segments that were sent after it overtook it."""


@dataclass(frozen=True, slots=True)
class Drop:
    """The receiving kernel ignored a segment (or, ABORT_ON_OVERFLOW, answered it with RST)."""

    t: int
    connection: int | None
    segment: int
    """The segment's id; 0: it was not seen, a counter alone tells of it."""
    cause: str
    """One clause: `the accept queue is full (3 > limit 2)`."""
    counter: str = ""
    """The kernel's counter that says so."""
    why: Cause = Cause.NO_ROOM
    explanation: str = ""
    """The same in one or two sentences, as it was told."""


@dataclass(frozen=True, slots=True)
class Narration:
    """What just happened and why, in one or two plain sentences for somebody who has never seen it."""

    t: int
    text: str
    connection: int | None = None
    weight: int = 1
    """0: detail, 1: normal, 2: must not be missed."""


Fact = Transition | Arrow | Drop | Narration
"""What the fold reports on the way: derived from events, in their order."""


@dataclass(frozen=True, slots=True)
class Suspect:
    """The fold's own: a segment that arrived at a listening kernel and got no answer so far.

    If a counter of what was dropped rises, this is what it counted.
    """

    host: str
    arrow: Arrow
    syn: bool
    """A SYN; else the ACK that ends a handshake."""
    waiting: int
    """Length of the accept queue when it arrived."""
    limit: int | None
    half_open: int
    """Length of the SYN queue when it arrived."""
    full: bool = False
    """The accept queue was full when it arrived."""
    aborted: bool = False
    """It was answered with RST, and the counter has not said so yet."""


@dataclass(frozen=True, slots=True)
class Tracking:
    """The fold's own: what it remembers of the world besides what views draw."""

    index: Mapping[tuple[str, str, str], int] = field(default_factory=dict)
    """(host, local, remote) → the connection that has these addresses now."""
    dirty: Mapping[tuple[str, str, str], None] = field(default_factory=dict)
    """Ends, by (host, local, remote), that no sample has looked at since they changed."""
    closed: Mapping[int, None] = field(default_factory=dict)
    """Closed connections (and over ones: `Draft.mark_over`), in the order in which they closed."""
    calls: Mapping[int, tuple[str, int, str]] = field(default_factory=dict)
    """Call → (host, pid, thread) it was made by, until it returns."""
    suspects: tuple[Suspect, ...] = ()
    arrived: Mapping[str, Arrow] = field(default_factory=dict)
    """Host → what was delivered there last."""
    last_number: int = 0
    """The last number that was given to a connection."""


@dataclass(frozen=True, slots=True)
class World:
    """Everything that is known at `t`."""

    t: int = 0
    header: Header | None = None
    connections: Mapping[int, Connection] = field(default_factory=dict)
    """In order of appearance; closed ones stay (the oldest are forgotten past 256)."""
    listeners: Mapping[tuple[str, str], Listener] = field(default_factory=dict)
    """(host, local) → listener; a closed one stays with state CLOSED."""
    programs: Mapping[tuple[str, int], Program] = field(default_factory=dict)
    """(host, pid) → program, in order of start; the oldest that ended are forgotten past 256."""
    tables: Mapping[str, Mapping[tuple[str, str], SocketRow]] = field(default_factory=dict)
    """host → (local, remote) → the row as last sampled."""
    sampled: Mapping[str, int] = field(default_factory=dict)
    """host → when its table was last read; a row is older than an end that changed `since` then."""
    datagrams: Mapping[tuple[str, int, int], DatagramSocket] = field(default_factory=dict)
    """(host, pid, fd) → a UDP socket, with its row; `tables` has TCP's rows only."""
    row_changed: Mapping[tuple[str, str, str], int] = field(default_factory=dict)
    """(host, local, remote) → when that row last changed, to mark it in the table view."""
    counters: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """(host, name) → total."""
    wire: Wire = field(default_factory=Wire)
    settings: Mapping[str, str] = field(default_factory=dict)
    """`accept` → `auto` …"""
    sysctls: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """(host, name) → value, of the settings that explain what is seen, and of those that were changed."""
    refused: str = ""
    """The reason of the last refused request."""
    caption: Narration | None = None
    """What just happened."""
    ended: str | None = None
    tracking: Tracking = field(default_factory=Tracking, repr=False)
    """The fold's own."""
