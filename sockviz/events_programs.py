"""The events of programs and their calls: part of `sockviz.events`, which has them all."""

from sockviz.event import Event


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
    user: str = ""
    """Who runs it, of the user's own programs."""


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


class TerminalChanged(Event, frozen=True):
    """A program's terminal is like this, from its start or from now on."""

    host: str
    pid: int
    """Of the program that was started with the terminal."""
    columns: int
    rows: int
    by_key: bool = False
    """It has set it to hear of each key at once (not ICANON), not of lines."""


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
