"""The one vocabulary: observed facts, time-stamped, one JSON object a line.

An event says what was *seen*: a segment, a row of the socket table, a call that returned, a counter that
rose. What follows from it (transitions, queue membership, the cause of a drop) is computed by
`sockviz.world` and never recorded, so a recording made today gets better explanations tomorrow.

Times (`t`, `began`, `due`) are integer nanoseconds since the start of the recording (`header` has t=0), on
one clock. Addresses are text, as in `10.0.0.1:8001`, `[fd00::1]:8001`; `0.0.0.0:0` or `[::]:0` is the
unspecified peer of a listener. Host names are `client` and `server` in the lab and on loopback (there both
are this machine: an address whose port is the listener's belongs to `server`).

This module imports msgspec, the standard library and `sockviz.harmless` only. It does no I/O.
"""

from typing import Literal, TypeAlias

import msgspec

from sockviz.event import Event, Record
from sockviz.events_programs import (
    CallEntered,
    CallReturned,
    CommandChanged,
    ProgramEnded,
    ProgramOutput,
    ProgramStarted,
    SignalReceived,
    TerminalChanged,
    ThreadSampled,
)
from sockviz.events_sockets import (
    ListenerGone,
    ListenerMissing,
    ListenerSampled,
    ListenersChosen,
    Owner,
    ProcessFound,
    RowKey,
    SocketRow,
    SocketsSampled,
    StateTraced,
)
from sockviz.harmless import in_json, to_json

__all__ = [
    "FORMAT",
    "AnyEvent",
    "CallEntered",
    "CallReturned",
    "CommandChanged",
    "CounterRaised",
    "Ended",
    "Event",
    "Header",
    "Host",
    "Limit",
    "ListenerGone",
    "ListenerMissing",
    "ListenerSampled",
    "ListenersChosen",
    "Marked",
    "Options",
    "Owner",
    "ProcessFound",
    "ProgramEnded",
    "ProgramOutput",
    "ProgramStarted",
    "Record",
    "RequestRefused",
    "RowKey",
    "Segment",
    "SegmentCaptured",
    "SegmentDelivered",
    "SegmentDropped",
    "SegmentReleased",
    "SegmentSent",
    "SettingChanged",
    "SignalReceived",
    "SocketRow",
    "SocketsSampled",
    "StateTraced",
    "TerminalChanged",
    "ThreadSampled",
    "WireChanged",
    "decode",
    "encode",
]

FORMAT = 1
"""Version of the recording format; raised when a reader of the old version would misread the new one."""


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
    sysctls: dict[str, str] = {}  # noqa: RUF012 - msgspec copies it
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
    | TerminalChanged
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
    """One event as one JSON line, newline included; harmless where somebody looks at it in a terminal."""
    return in_json(to_json(_ENCODER, event)) + b"\n"


def decode(line: bytes | str) -> AnyEvent:
    """Read one line.

    Raises:
        msgspec.DecodeError: not JSON, or (ValidationError, with the path) not an event.
    """
    try:
        return _DECODER.decode(line)
    except (UnicodeDecodeError, RecursionError) as error:
        raise msgspec.DecodeError(str(error)) from error
