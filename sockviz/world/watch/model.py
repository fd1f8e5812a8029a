"""What is known of watched listeners at one moment: the structures that the screen draws.

They are changed in place by `sockviz.world.watch.fold`, so that a reading of ten thousand connections costs
what changed in it; views only read them, and compare `Watch.version` to see whether anything did. Times are
ns on the recording's clock. Texts (names of processes) come from outside: whoever draws them sees to it that
a terminal only prints them.
"""

from dataclasses import dataclass, field
from typing import Final, Literal

from sockviz.events import Header, ListenerSampled, Owner
from sockviz.world.watch.history import STATES, History
from sockviz.world.watch.naming import port_of
from sockviz.world.watch.waits import Waits

FINDINGS: Final = 200
"""Explained drops that are remembered."""


@dataclass(slots=True)
class WatchedConnection:
    """The server's end of one connection."""

    id: int
    """Counts from 1 in order of appearance; names it everywhere."""
    listener: str
    """Its listener: a key of `Watch.listeners`."""
    local: str
    remote: str
    state: str
    """The kernel's name, `ESTABLISHED` …; `CLOSED` once it is gone (`Watch.connections` has it no more)."""
    since: int
    """When it was first seen in that state."""
    began: int
    """When it was first seen at all."""
    found: bool = False
    """It was there already when watching began: its age and wait are at least what is told."""
    provenance: Literal["sampled", "observed", "inferred", "traced"] = "sampled"
    """How its state is known: the table, a packet that proves it, a packet that lets us conclude it, the
    kernel's tracepoint."""
    accepted: bool = False
    """accept() has taken it: it belongs (or belonged) to a file."""
    pid: int | None = None
    """Who has it; None: nobody (`accepted` is False), or not known (it is True)."""
    fd: int | None = None
    recv_queue: int = 0
    """Bytes that the program has not read."""
    send_queue: int = 0
    """Bytes that the peer has not acknowledged."""
    timer: str | None = None
    """`retransmit`, `keepalive`, `timewait`, `probe`."""
    expires: int | None = None
    """When the timer fires, to about 10 ms."""
    retransmits: int = 0
    """How often what is not acknowledged was sent again since the peer last answered."""
    resent: int = 0
    """Segments sent again since the beginning."""
    ready: int | None = None
    """When it came into the accept queue, as far as seen."""
    earliest: int | None = field(default=None, repr=False)
    """The fold's own: it did not come there before this."""
    taken: int | None = None
    """When it was first seen accepted; None: it waits, or it was accepted before watching began."""
    cookie: int = 0
    """The kernel's name of it; 0: no row of it has been read."""
    row_state: str | None = field(default=None, repr=False)
    """The fold's own: what its row said last; None: it has no row."""
    touched: int = field(default=-1, repr=False)
    """The fold's own: when a packet or the tracepoint last told of it."""
    numbers: list[int] = field(default_factory=list, repr=False)
    """The fold's own: of the FINs, the sequence numbers that acknowledge them (ours, theirs; -1: none)."""

    @property
    def waits(self) -> bool:
        """It is in the accept queue."""
        return self.ready is not None and self.taken is None and not self.accepted

    def wait(self, now: int) -> int | None:
        """How long it waits, or waited, in the accept queue, ns; None: it never did, or that was not seen."""
        if self.ready is None or (self.accepted and self.taken is None):
            return None
        return max(0, (now if self.taken is None else self.taken) - self.ready)

    def age(self, now: int) -> int:
        """How long it has been seen, ns."""
        return max(0, now - self.began)


@dataclass(slots=True)
class Finding:
    """A rise of the kernel's drop counters, explained. One that goes on is one finding that grows."""

    t: int
    """When it began."""
    last: int
    """When it was last seen to go on."""
    kind: str
    """`accept-queue-full`, `syn-queue-full`, `syn-cookies`, …: the same kind is the same advice."""
    count: int
    """How many were dropped (or what else the counter counts)."""
    listener: str | None
    """Whose; None: the counters are the whole namespace's, and it may be any listener's."""
    certain: bool
    """The listener's own counter says so, or nobody else can have dropped; False: it is the likely one."""
    text: str
    """The cause, with its figures, in one or two sentences."""
    advice: str
    """What to do about it."""
    counters: dict[str, int] = field(default_factory=dict)
    """The kernel's counters that rose, by how much."""


@dataclass(slots=True)
class WatchedListener:
    """All listening sockets with one local address (with SO_REUSEPORT there are several), as one."""

    local: str
    """`0.0.0.0:80`, `[::]:80`, `127.0.0.1:5432`."""
    sockets: dict[int, ListenerSampled] = field(default_factory=dict)
    """Cookie → the socket as it was last read, in the order of appearance; none: nobody listens any more."""
    chosen: bool = False
    """Its connections are told row by row; else only counted."""
    read: bool = False
    """Its connections have been read once: those that come to light from now on are new."""
    told: int = 0
    """Since when its connections are told."""
    began: int = 0
    gone: int | None = None
    """When nobody listened any more."""
    states: dict[str, int] = field(default_factory=lambda: dict.fromkeys(STATES, 0))
    """How many of its connections are in each state, if it is chosen."""
    waits: Waits = field(default_factory=Waits)
    history: History = field(default_factory=History)
    opened: int = 0
    """Connections that came since watching began."""
    accepted: int = 0
    """Connections that accept() was seen to have taken since."""
    closed: int = 0
    resent: int = 0
    dropped: int = 0
    """Packets that its sockets ignored since watching began, as their own counters say (`ss -m`: an ACK that
    would have completed a handshake counts twice). `Finding.count` counts connection attempts."""
    before: int = 0
    """What they had counted before."""

    @property
    def depth(self) -> int:
        """Connections in the accept queue; of several sockets in all of theirs."""
        return sum(one.depth for one in self.sockets.values())

    @property
    def limit(self) -> int:
        """The sum of the sockets' limits. One queue is full when its depth exceeds its limit."""
        return sum(one.limit for one in self.sockets.values())

    @property
    def full(self) -> bool:
        """A queue takes no more; of several sockets, one of theirs."""
        return any(one.depth > one.limit for one in self.sockets.values())

    @property
    def half_open(self) -> int:
        """Connections in SYN_RECV."""
        if self.chosen:
            return self.states["SYN_RECV"]
        return max((one.half_open for one in self.sockets.values()), default=0)

    @property
    def established(self) -> int | None:
        """Connections ESTABLISHED, accepted or not; None: not counted yet."""
        if self.chosen:
            return self.states["ESTABLISHED"]
        counted = [one.established for one in self.sockets.values() if one.established is not None]
        return max(counted, default=None)

    @property
    def unaccepted(self) -> int:
        """Connections that completed and belong to no file yet, by their rows (`depth` is the kernel's)."""
        if self.chosen:
            return len(self.waits.queue)
        counted = [one.unaccepted for one in self.sockets.values() if one.unaccepted is not None]
        return max(counted, default=self.depth)

    @property
    def drops_known(self) -> bool:
        """The kernel tells of each socket what it dropped."""
        return all(one.drops is not None for one in self.sockets.values())

    @property
    def owners(self) -> tuple[Owner, ...]:
        """Who has a descriptor of it (a prefork server: many); none: not known, see `Watch.header.hidden`."""
        return tuple(owner for one in self.sockets.values() for owner in one.owners)

    @property
    def uid(self) -> int | None:
        """The user who made the (first) socket."""
        return next((one.uid for one in self.sockets.values()), None)

    @property
    def dual(self) -> bool:
        """It takes IPv4 connections, too, although it is bound to an IPv6 address."""
        return any(one.dual for one in self.sockets.values())

    @property
    def port(self) -> int:
        """Its port."""
        return port_of(self.local)


@dataclass(frozen=True, slots=True)
class WatchedProcess:
    """A process that has a watched socket."""

    pid: int
    name: str
    user: str


@dataclass(slots=True)
class Watch:
    """Everything that is known at `t`."""

    t: int = 0
    version: int = 0
    """Rises with every event."""
    header: Header | None = None
    """`hidden`: what this level can't see; `sysctls`; `capabilities`: `packets` or `trace`, `owners`."""
    listeners: dict[str, WatchedListener] = field(default_factory=dict)
    """Local address → listener, in order of appearance."""
    chosen: tuple[str, ...] = ()
    """Those whose connections are told; none: the list of all."""
    asked: tuple[str, ...] = ()
    """What the user asked for, as it was written."""
    connections: dict[int, WatchedConnection] = field(default_factory=dict)
    """Of the chosen listeners, by id, in order of appearance; those that are gone are not in it."""
    processes: dict[int, WatchedProcess] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    """Explained drops, the oldest first."""
    namespace: History = field(default_factory=History, repr=False)
    """All listeners together, as the kernel counts: connections that came into their accept queues
    (`Slice.opened`, from PassiveOpens), and how long these are in sum."""
    counters: dict[str, int] = field(default_factory=dict)
    """The namespace's, since watching began."""
    sampled: int = 0
    """When the table was last read; the reading began a moment before that."""
    interval: int = 0
    """How long before that it was read, ns: the exactness of what only the table tells."""
    lost: int = 0
    """Packets, or lines of the trace, that were not seen because they came too fast."""
    settings: dict[str, str] = field(default_factory=dict)
    """What of the run changed: `level`, if less can be seen than at its begin."""
    refused: str = ""
    """The reason of the last refused request."""
    ended: str | None = None
    numbered: int = 0
    """The fold's own: the last number that was given to a connection."""
    index: dict[str, dict[str, int]] = field(default_factory=dict, repr=False)
    """The fold's own: local → remote → the connection that has these addresses now."""
    doubtful: dict[int, None] = field(default_factory=dict, repr=False)
    """The fold's own: connections that a packet or the tracepoint told of since the table was last read."""
    left: dict[str, int] = field(default_factory=dict, repr=False)
    """The fold's own: ends of connections that went, and when: a row that was read before that is no news."""
    raised: dict[str, int] = field(default_factory=dict, repr=False)
    """The fold's own: what counters rose by since drops were last explained."""
    fell: dict[str, int] = field(default_factory=dict, repr=False)
    """The fold's own: what listeners dropped since then, as their own counters say."""
    unmatched: bool = field(default=False, repr=False)
    """The fold's own: of the last reading the one told of drops, and the other did not (yet)."""

    def of(self, listener: str) -> list[WatchedConnection]:
        """The connections of one listener, in order of appearance."""
        return [one for one in self.connections.values() if one.listener == listener]

    def owner_of(self, connection: WatchedConnection) -> WatchedProcess | None:
        """The process that has it, if it is known."""
        return self.processes.get(connection.pid) if connection.pid is not None else None
