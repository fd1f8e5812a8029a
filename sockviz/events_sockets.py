"""The events of the socket table and of listeners: part of `sockviz.events`, which has them all."""

from typing import Literal

from sockviz.event import Event, Record


class Owner(Record, frozen=True):
    """A descriptor of a process that stands for a socket."""

    pid: int
    fd: int


class SocketRow(Record, frozen=True):
    """A row of the socket table. `state`, addresses, `pid`, `fd` are psutil's; the rest the kernel's."""

    state: str
    """The kernel's name as psutil spells it: `SYN_RECV`, `FIN_WAIT1`, `LISTEN` …; `NONE` of UDP."""
    local: str
    remote: str
    pid: int | None = None
    fd: int | None = None
    inode: int | None = None
    """0 or None: the socket belongs to no file; nobody accepted it, or nobody has it any more."""
    recv_queue: int = 0
    """Bytes not yet read (LISTEN: connections not yet accepted)."""
    send_queue: int = 0
    """Bytes not yet acknowledged (LISTEN: the accept queue's limit)."""
    timer: str | None = None
    """`retransmit`, `keepalive`, `timewait`, `probe`."""
    expires: int | None = None
    """When the timer fires, ns on the recording's clock, to about 10 ms."""
    protocol: Literal["tcp", "udp"] = "tcp"
    """Of `udp` the queues count the kernel's memory rather than the payload, as in netstat."""
    cookie: int = 0
    """The kernel's name of this connection from its SYN to the end of its TIME_WAIT, which no other ever has
    (sock_diag); 0: not asked for."""
    retransmits: int = 0
    """How often what is not acknowledged was sent again since the peer last answered."""
    resent: int = 0
    """Segments that were sent again since the beginning (`tcpi_total_retrans`)."""
    owners: tuple[Owner, ...] = ()
    """All owners, where there are several: processes share what they have from their parent. `pid` and `fd`
    are the first one's."""


class RowKey(Record, frozen=True):
    """Names a row of one host's table."""

    local: str
    remote: str
    protocol: Literal["tcp", "udp"] = "tcp"
    cookie: int = 0
    """As in the row."""


class SocketsSampled(Event, frozen=True):
    """A host's socket table was read between `began` and `t`: what changed since the last sample."""

    host: str
    began: int
    changed: tuple[SocketRow, ...] = ()
    gone: tuple[RowKey, ...] = ()
    previous: int = 0
    """When watching: when the reading before began, which was not told if nothing had changed. What this one
    shows and that one did not has come since."""


class ListenerSampled(Event, frozen=True):
    """A listener's queues: its TCP_INFO (`tcpi_unacked`, `tcpi_sacked`) or sock_diag; only when changed."""

    host: str
    local: str
    depth: int
    """Connections in the accept queue."""
    limit: int
    """What listen() asked for after clamping; the queue is full when depth > limit."""
    half_open: int = 0
    """Rows SYN_RECV of this listener."""
    cookie: int = 0
    """The kernel's name of the listening socket: with SO_REUSEPORT several have one address. 0: not asked."""
    inode: int = 0
    uid: int | None = None
    """The user who made the socket."""
    owners: tuple[Owner, ...] = ()
    """Who has a descriptor of it, as far as that may be seen."""
    drops: int | None = None
    """Packets that this socket has dropped since it was made (`sk_drops`): SYNs; and ACKs that would have
    completed a handshake, which count twice. None: the kernel does not say."""
    dual: bool = False
    """It takes IPv4 connections, too, although it is bound to an IPv6 address."""
    device: int = 0
    """Index of the interface that it is bound to; 0: to none."""
    established: int | None = None
    """Connections ESTABLISHED of all sockets with its address; None: not counted."""
    unaccepted: int | None = None
    """Of all sockets with its address: those that completed and belong to no file yet."""


class ListenerGone(Event, frozen=True):
    """A listening socket is not there any more."""

    host: str
    local: str
    cookie: int


class ListenersChosen(Event, frozen=True):
    """From now on these listeners' connections are told row by row; none: every listener's are counted."""

    host: str
    listeners: tuple[str, ...]
    """Their addresses, as in `ListenerSampled.local`; of some nobody may listen at the moment."""
    asked: tuple[str, ...] = ()
    """What the user asked for: `:8001`, `127.0.0.1:80`, `--pid 7`."""


class ProcessFound(Event, frozen=True):
    """A process that has a watched socket; it is not ours."""

    host: str
    pid: int
    name: str
    """As in `ps`; whoever prints it takes care of what a terminal would obey."""
    user: str = ""


class StateTraced(Event, frozen=True):
    """The kernel's tracepoint `sock:inet_sock_set_state` told of a transition, with its own time."""

    host: str
    local: str
    remote: str
    before: str
    """`SYN_RECV`, `CLOSE` …, as psutil spells it. The server's end goes LISTEN → SYN_RECV → ESTABLISHED at
    one moment, when the ACK that ends the handshake makes the socket; FIN_WAIT2 → CLOSE goes on as
    TIME_WAIT, which is no full socket."""
    after: str


class ListenerMissing(Event, frozen=True):
    """No program on a host has begun to listen, though one was waited for."""

    host: str
    waited: int
    """ns."""
