"""What an operator (or a scenario, or a lesson) asks of a running engine: JSON lines on its standard input.

An intent is a wish, not a fact: what really happened comes back as events. An intent that can't be carried
out comes back as `request_refused`.
"""

import re
from typing import Literal, TypeAlias

import msgspec

from sockviz.harmless import to_json

Mode: TypeAlias = Literal["flow", "hold", "cut"]
"""What the wire does with what is put on it."""


SignalName: TypeAlias = Literal[
    "SIGINT", "SIGTERM", "SIGKILL", "SIGHUP", "SIGSTOP", "SIGCONT", "SIGUSR1", "SIGUSR2"
]
"""What can be sent to a program of the user's own: signal(7)."""

Option: TypeAlias = Literal[
    "SO_REUSEADDR",
    "SO_REUSEPORT",
    "SO_KEEPALIVE",
    "SO_LINGER",
    "SO_RCVBUF",
    "SO_SNDBUF",
    "TCP_NODELAY",
    "TCP_DEFER_ACCEPT",
    "TCP_KEEPIDLE",
    "TCP_KEEPINTVL",
    "TCP_KEEPCNT",
    "TCP_SYNCNT",
    "TCP_USER_TIMEOUT",
    "IPV6_V6ONLY",
]
"""What `setsockopt` can set: socket(7), tcp(7), ipv6(7)."""


def _tag(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


class Intent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="intent", tag=_tag):
    """A wish."""


class Connect(Intent, frozen=True):
    """Start `count` client processes, each with one blocking connect() to the listener.

    Each has one socket, and ends when that is closed.
    """

    count: int = 1
    address: str = ""
    """Where to (see `Call.address`); empty: to the run's own server address."""
    port: int = 0
    """The local port of the first, which it gets by bind(); the next ones have the ports that follow. 0: the
    kernel chooses."""


class Start(Intent, frozen=True):
    """Start a program that makes no call before it is told to: it may play client or server.

    It stays until `End`, whatever it closes.
    """

    host: str
    program: str = ""
    """Its name, which no running one may have; empty: `client N` or `server N`, the next that is free."""


class End(Intent, frozen=True):
    """Have a program end: the kernel closes all of its descriptors, as at any program's end.

    The server comes back with `Open`.
    """

    host: str
    pid: int = 0
    program: str = ""
    """Its name, if `pid` is 0."""


class Call(Intent, frozen=True):
    """Have one program make one call.

    Calls with a descriptor are made one after the other by the thread of that descriptor. `close` and
    `abort` on a descriptor whose thread is blocked interrupt the blocked call first (it returns EINTR).
    Calls without a descriptor are about what the program's last `socket` makes, and are made one after the
    other by its first thread: several can be asked for at once.
    """

    host: str
    name: Literal[
        "socket",
        "bind",
        "listen",
        "accept",
        "connect",
        "send",
        "recv",
        "shutdown",
        "close",
        "abort",
        "interrupt",
        "setsockopt",
        "sendto",
        "sendmmsg",
        "recvfrom",
    ]
    """`abort`: setsockopt(SO_LINGER, 0) and close(): sends RST. `interrupt`: a signal, the blocked call
    returns EINTR. `socket` + `bind` + `listen` on the server re-open a closed listener."""
    pid: int = 0
    program: str = ""
    """The program's name, if `pid` is 0: `server`, `client 1` …"""
    fd: int | None = None
    data: bytes = b""
    """send, sendto: what to send; sendmmsg: all packets, one after the other."""
    size: int = 65536
    """recv, recvfrom: how much to ask for; sendmmsg: how long each packet is."""
    how: Literal["rd", "wr", "rdwr"] = "wr"
    """shutdown."""
    backlog: int = 0
    """listen."""
    address: str = ""
    """bind, connect, sendto, sendmmsg: `10.0.0.1:8001`, `[fd00::1]:8001`, or a host by its name,
    `client:5000`, in the family of the run; empty for the run's own server address. socket: the address
    decides the family.
    """
    kind: Literal["stream", "datagram", "raw"] = "stream"
    """socket: TCP, UDP, or whole IP packets of one's own making. All but `stream` in the lab only."""
    reuse: bool = True
    """bind: set SO_REUSEADDR before it, as servers do."""
    option: Option | None = None
    """setsockopt."""
    value: int = 1
    """setsockopt: 1 and 0 are on and off; for SO_LINGER seconds, -1 being off; for the others what they
    count."""


class Open(Intent, frozen=True):
    """The server opens the listener again: socket, SO_REUSEADDR, bind, listen."""

    reuse: bool = True
    """False: without SO_REUSEADDR."""
    backlog: int | None = None
    """None: the run's."""


class SetAccept(Intent, frozen=True):
    """`auto`: the server always has an accept() outstanding; `manual`: only when told; `never`."""

    mode: Literal["auto", "manual", "never"]


class SetBacklog(Intent, frozen=True):
    """Call listen(fd, backlog) again on the live listener."""

    backlog: int


class Wire(Intent, frozen=True):
    """Change the wire's mode and its one-way delay. `delay` in ns, None: as it is."""

    mode: Mode | None = None
    delay: int | None = None


class Release(Intent, frozen=True):
    """Let held segments go: one by id, the oldest (id None), or all."""

    id: int | None = None
    all: bool = False


class Drop(Intent, frozen=True):
    """Take a segment that is on the wire off it; None: the oldest."""

    id: int | None = None


class SetSysctl(Intent, frozen=True):
    """Change a setting of a host's kernel, in its network namespace. In the lab only."""

    host: str
    name: str
    """`net.ipv4.tcp_syncookies` and any other `net.ipv4.tcp_…`, or `net.core.somaxconn`."""
    value: str


class Flood(Intent, frozen=True):
    """Half-open connections: SYNs to the listener from an address that no host has, so nobody answers.

    A program on the client's host makes them with a raw socket. In the lab only.
    """

    count: int = 1


class Choose(Intent, frozen=True):
    """Watch these listeners closely: each of their connections. When watching only."""

    listeners: tuple[str, ...] = ()
    """Addresses, as in `listener_sampled`; none: back to all listeners, and only counts of each."""


class Launch(Intent, frozen=True):
    """Start a program of the user's own on a host, with a terminal. Only where `Setup.commands` has any."""

    host: str
    command: str
    """As in `Command.text`."""


class Type(Intent, frozen=True):
    """Type at the terminal of one of the user's programs. Enter is a newline, Ctrl-D the byte 4, Ctrl-C 3."""

    host: str
    data: bytes
    pid: int = 0
    program: str = ""
    """Its name, if `pid` is 0."""


class Signal(Intent, frozen=True):
    """Send a signal to one of the user's programs, or to a process that such a program has forked."""

    host: str
    pid: int = 0
    program: str = ""
    """Its name, if `pid` is 0."""
    signal: SignalName = "SIGTERM"


class Resize(Intent, frozen=True):
    """Tell one of the user's programs how large its terminal is (SIGWINCH).

    Those that are started later on the host have that size at first.
    """

    host: str
    columns: int
    rows: int
    pid: int = 0
    program: str = ""
    """Its name, if `pid` is 0."""
    gently: bool = False
    """Not while the signal would interrupt a call of somebody traced who has no handler for it, or may mean
    something else than its terminal's size to somebody who has one."""


class Mark(Intent, frozen=True):
    """Set a mark in the recording."""

    text: str


class Quit(Intent, frozen=True):
    """End the run in order: programs end, namespaces go, `ended` is the last event."""


AnyIntent: TypeAlias = (
    Connect
    | Start
    | End
    | Call
    | Open
    | SetAccept
    | SetBacklog
    | SetSysctl
    | Flood
    | Choose
    | Wire
    | Release
    | Drop
    | Launch
    | Type
    | Signal
    | Resize
    | Mark
    | Quit
)

_ENCODER = msgspec.json.Encoder()
_DECODER: msgspec.json.Decoder[AnyIntent] = msgspec.json.Decoder(AnyIntent)


def encode(intent: Intent) -> bytes:
    """One intent as one JSON line."""
    return to_json(_ENCODER, intent) + b"\n"


def decode(line: bytes | str) -> AnyIntent:
    """Read one line.

    Raises:
        msgspec.DecodeError: not JSON, or not an intent.
    """
    try:
        return _DECODER.decode(line)
    except (UnicodeDecodeError, RecursionError) as error:
        raise msgspec.DecodeError(str(error)) from error


class Watched(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which listeners of this machine are to be watched, and how."""

    targets: tuple[str, ...] = ()
    """`:8001`, `127.0.0.1:80`, `[::1]:80`; none (and no pids): all listeners, counted."""
    pids: tuple[int, ...] = ()
    """Every listener of these processes."""
    netns: str = ""
    """A process's pid, or a name as in `ip netns`: the network namespace to look into; empty: our own."""
    interval: int = 100_000_000
    """Between two readings, ns; they are rarer where they would take more than a twentieth of a core."""
    level: Literal["best", "sampling", "packets", "trace"] = "best"
    """How much is to be seen: the kernel's table now and then; each packet that begins or ends a connection
    as well; or, instead, each transition from the kernel's tracepoint. `best`: the most that this process
    may."""


class Command(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A program of the user's own, to be run on a host."""

    host: Literal["client", "server"]
    text: str
    """As for a shell; one is used only where it has something of a shell's language (`|`, `$`, `>` …)."""


class Setup(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How an engine is to be started: the one argument of `python -m sockviz.engine`, as JSON."""

    source: Literal["lab", "loopback", "watch"] = "lab"
    port: int = 8001
    backlog: int = 2
    accept: Literal["auto", "manual", "never"] = "manual"
    ipv6: bool = False
    mode: Literal["flow", "hold"] = "flow"
    delay: int = 0
    """One-way delay of the lab's wire, ns."""
    listen: bool = True
    """False: the server program makes no call before it is told to, and `Open` has it listen."""
    watch: Watched = Watched()
    """Of source `watch`, which looks at nothing else here."""
    commands: tuple[Command, ...] = ()
    """Programs of the user's own, instead of ours: those on `server` are started at once, those on `client`
    when one of them listens. In the lab only."""
    environment: dict[str, str] = {}
    """What their environment has besides the engine's own."""
    directory: str = ""
    """Where they are started; empty: where the engine was."""
    terminals: dict[str, tuple[int, int]] = {}
    """Host → columns and rows of its programs' terminals at first (else 80 by 24)."""
    trace: bool = True
    """Follow their calls with strace, where it is installed and may; else what they are blocked in is
    sampled."""
