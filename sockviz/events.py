"""The one vocabulary: observed facts, time-stamped, one JSON object a line.

An event says what was *seen*: a segment, a row of the socket table, a call that returned, a counter that
rose. What follows from it (transitions, queue membership, the cause of a drop) is computed by
`sockviz.world` and never recorded, so a recording made today gets better explanations tomorrow.

Times (`t`, `began`, `due`) are integer nanoseconds since the start of the recording (`header` has t=0), on
one clock. Addresses are text, as in `10.0.0.1:8001`, `[fd00::1]:8001`; `0.0.0.0:0` or `[::]:0` is the
unspecified peer of a listener. Host names are `client` and `server` in the lab and on loopback (there both
are this machine: an address whose port is the listener's belongs to `server`).

This module imports msgspec and the standard library only. It does no I/O.
"""

import re
from typing import Literal, TypeAlias

import msgspec

FORMAT = 1
"""Version of the recording format; raised when a reader of the old version would misread the new one."""


def _tag(name: str) -> str:
    """`SegmentSent` → `segment_sent`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A part of an event."""


class Event(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="event", tag=_tag, gc=False
):
    """Something that was observed at `t` ns after the recording's start."""

    t: int


class Host(Record, frozen=True):
    """One end of the wire: a network stack of the kernel."""

    name: str
    addresses: tuple[str, ...]
    """Without ports: `10.0.0.1`, `fd00::1`."""


class Limit(Record, frozen=True):
    """How many a listener's queue takes on this kernel, measured before the run."""

    queue: Literal["accept", "syn"]
    """`syn`: half-open connections; measured with `net.ipv4.tcp_syncookies=0`. With cookies no more of them
    are kept either, and what comes then is answered with a cookie."""
    backlog: int
    """What listen() was called with."""
    capacity: int
    """So many went in; the next SYN was dropped."""


class Header(Event, frozen=True):
    """The first line of every recording."""

    format: int
    source: Literal["lab", "loopback", "watch", "pcap"]
    hosts: tuple[Host, ...]
    made_by: str
    """`sockviz 0.1.0`"""
    kernel: str = ""
    """`Linux 6.18.44`"""
    wall_clock: int = 0
    """CLOCK_REALTIME at t=0, ns since the epoch."""
    sysctls: dict[str, str] = {}
    """The settings that explain what is seen, e.g. `net.ipv4.tcp_syncookies`."""
    capabilities: tuple[str, ...] = ()
    """What this run can see or do: `capture`, `table`, `calls`, `hold`, `counters`; and what can be asked of
    it besides: `sysctls`, `datagrams`, `flood`. `programs`: the programs are the user's own, with a terminal
    each; without `calls` it is then sampled what they are blocked in."""
    hidden: tuple[str, ...] = ()
    """What this run can *not* see, one sentence each, with the command that would change it."""
    limits: tuple[Limit, ...] = ()
    """What was measured of this kernel's queues; empty: nothing could be."""


class Options(Record, frozen=True):
    """TCP options (RFC 9293 §3.2, RFC 7323, RFC 2018)."""

    mss: int | None = None
    window_scale: int | None = None
    sack_permitted: bool = False
    timestamp: tuple[int, int] | None = None
    """TSval, TSecr."""
    sack: tuple[tuple[int, int], ...] = ()


class Segment(Record, frozen=True):
    """A TCP segment as it was on the wire; or (`protocol`) another packet, which has no flags and no numbers.

    An ICMP message that reports an error is about a packet that it quotes. Its ports are the quoted ones,
    turned round: it comes from where that one was going, and goes to the socket that sent it.
    """

    source: str
    destination: str
    flags: str
    """The set flags in the order `SYN|FIN|RST|PSH|ACK|URG|ECE|CWR`, joined by `|`."""
    seq: int
    ack: int
    window: int
    """As on the wire, not scaled."""
    length: int
    """Bytes of payload."""
    protocol: Literal["tcp", "udp", "icmp"] = "tcp"
    says: str = ""
    """ICMP: what it reports, as in RFC 792 and RFC 4443: `port unreachable`, `host unreachable` …"""
    options: Options = Options()
    frame: bytes = b""
    """The frame's first bytes (link layer included), at most 256, for a closer look."""
    link: int = 1
    """What the frame begins with: LINKTYPE_ as in pcap files; 1 is Ethernet."""


class SegmentSent(Event, frozen=True):
    """A host's kernel put a segment on the wire."""

    id: int
    """Counts from 1; the later events of this segment carry it too."""
    sender: str
    receiver: str
    segment: Segment
    due: int | None = None
    """When it will arrive, if it flows; None: it is held (lab), or nobody knows in advance (loopback)."""


class SegmentReleased(Event, frozen=True):
    """The operator let a held segment go; it arrives at `due`."""

    id: int
    due: int


class SegmentDelivered(Event, frozen=True):
    """A segment reached the receiving host's kernel."""

    id: int


class SegmentDropped(Event, frozen=True):
    """A segment was taken off the wire."""

    id: int
    cause: Literal["operator", "cut", "resent", "lost", "nobody"]
    """`resent`: the kernel sent again what is still on the wire, or its acknowledgement is; only that stays.
    `lost`: it was sent and did not arrive (loopback: the kernel's own queue was full).
    `nobody`: no host has the address that it was sent to."""
    original: int | None = None
    """For `resent`: the id of the copy that is on the wire; None: its acknowledgement is."""


class SegmentCaptured(Event, frozen=True):
    """A segment was seen at one point of its way (pcap, watch)."""

    id: int
    sender: str
    receiver: str
    segment: Segment


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
    """When watching: when the reading before ended, which was not told if nothing had changed."""


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
    """What this socket has dropped since it was made (`sk_drops`): SYNs, and ACKs that would have completed
    a handshake. None: the kernel does not say."""
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


class ProgramStarted(Event, frozen=True):
    """A process of ours, or of one of the user's own programs, began."""

    host: str
    pid: int
    program: str
    """`server`, `client 1`, `client 2` …; what such a program has forked: `server/1`, `server/2` …"""
    command: str = ""
    """What was run, of the user's own programs; at most 256 characters."""
    parent: int | None = None
    """The pid of the process that forked it, and whose descriptors it has; None: we did."""


class CommandChanged(Event, frozen=True):
    """A process runs something else now (execve), or has given itself another title."""

    host: str
    pid: int
    command: str


class ProgramOutput(Event, frozen=True):
    """A program's terminal shows more: its output, its children's, and the echo of what was typed.

    It is raw, and may hold any control sequence.
    """

    host: str
    pid: int
    """Of the program that was started with the terminal."""
    data: bytes
    """At most 4096."""


class ProgramEnded(Event, frozen=True):
    """A process ended."""

    host: str
    pid: int
    status: int | None
    """Its exit status, or minus the signal that killed it; None: only its parent was told."""


class SignalReceived(Event, frozen=True):
    """A signal was delivered to a process (strace)."""

    host: str
    pid: int
    thread: str
    signal: str
    """`SIGPIPE` …"""


class ThreadSampled(Event, frozen=True):
    """What a thread is blocked in, read from proc where calls can't be followed; only when changed."""

    host: str
    pid: int
    thread: str
    """As in `call_entered`."""
    name: str = ""
    """The call; empty: it runs, or has ended."""
    fd: int | None = None
    args: str = ""


class CallEntered(Event, frozen=True):
    """A program entered a system call; until `call_returned` with its `call` it is in it, perhaps blocked."""

    call: int
    """Unique within the recording."""
    host: str
    pid: int
    thread: str
    """`main`, or `fd 4` for the thread that serves a descriptor; of the user's own programs `main`,
    `thread 2`, `thread 3` …"""
    name: str
    """`socket`, `bind`, `listen`, `accept`, `connect`, `send`, `recv`, `sendto`, `sendmmsg`,
    `recvfrom`, `shutdown`, `close`, `setsockopt`; of the user's own programs whatever they call: `accept4`,
    `read`, `epoll_wait` …"""
    fd: int | None = None
    args: str = ""
    """As strace would print them, without the descriptor: `10.0.0.1:8001`, `backlog=2`, `5 bytes`."""


class CallReturned(Event, frozen=True):
    """A system call returned."""

    call: int
    host: str
    pid: int
    result: int
    """The descriptor, the count of bytes (sendmmsg: of packets), or 0; -1 on error."""
    error: str | None = None
    """`ECONNREFUSED`, `EINTR` …"""
    local: str | None = None
    """bind, connect, accept, sendto: the socket's own address as getsockname gives it."""
    remote: str | None = None
    """connect, accept: the peer's address; sendto, recvfrom: where it went, where it came from."""
    data: bytes = b""
    """recv, send, recvfrom, sendto: at most the first 64 bytes."""


class CounterRaised(Event, frozen=True):
    """A kernel counter rose since the last look."""

    host: str
    name: str
    """As in the netstat and snmp tables of proc: `ListenOverflows`, `TCPSynRetrans` …; and `PacketsDropped`,
    of our own capture."""
    by: int
    total: int
    """Since the run began."""


class WireChanged(Event, frozen=True):
    """The wire flows, holds or is cut; `delay` is the one-way delay in ns."""

    mode: Literal["flow", "hold", "cut"]
    delay: int = 0


class SettingChanged(Event, frozen=True):
    """A setting of the run changed: `accept` (`auto`, `manual`, `never`), or a sysctl by its name."""

    name: str
    value: str
    host: str | None = None
    """Whose kernel's, of a sysctl; None: the run's."""


class RequestRefused(Event, frozen=True):
    """What the operator asked for could not be done."""

    request: str
    reason: str
    """One sentence, with what to do instead."""


class Marked(Event, frozen=True):
    """The operator or a lesson set a mark."""

    text: str


class Ended(Event, frozen=True):
    """The last line of a run that ended in order."""

    reason: str = ""


AnyEvent: TypeAlias = (
    Header
    | SegmentSent
    | SegmentReleased
    | SegmentDelivered
    | SegmentDropped
    | SegmentCaptured
    | SocketsSampled
    | ListenerSampled
    | ListenerGone
    | ListenersChosen
    | ProcessFound
    | StateTraced
    | ListenerMissing
    | ProgramStarted
    | CommandChanged
    | ProgramOutput
    | ProgramEnded
    | SignalReceived
    | ThreadSampled
    | CallEntered
    | CallReturned
    | CounterRaised
    | WireChanged
    | SettingChanged
    | RequestRefused
    | Marked
    | Ended
)

_ENCODER = msgspec.json.Encoder()
_DECODER: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)


def encode(event: Event) -> bytes:
    """One event as one JSON line, newline included."""
    return _ENCODER.encode(event) + b"\n"


def decode(line: bytes | str) -> AnyEvent:
    """Read one line.

    Raises:
        msgspec.DecodeError: not JSON, or (ValidationError, with the path) not an event.
    """
    return _DECODER.decode(line)
