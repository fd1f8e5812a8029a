"""How a lesson names what it speaks of: an end of a connection, a kind of segment, a span of time. Pure."""

import errno
import re
from typing import ClassVar, Final, Literal, NamedTuple, TypeAlias

from sockviz.events import Segment
from sockviz.lessons.phrases import joined, said, word
from sockviz.lessons.text import Text
from sockviz.lessons.words import Leaf
from sockviz.tcp.states import State
from sockviz.world.model import Connection, Endpoint, World
from sockviz.world.selectors import listener

Host: TypeAlias = Literal["client", "server"]
Kind: TypeAlias = Literal["any", "SYN", "SYN-ACK", "ACK", "FIN", "RST", "data", "UDP", "ICMP"]
"""What a segment is for: `FIN` also when it acknowledges or carries data; `ACK`: nothing else."""

TcpState: TypeAlias = Literal[
    "LISTEN",
    "SYN_SENT",
    "SYN_RECV",
    "ESTABLISHED",
    "FIN_WAIT1",
    "FIN_WAIT2",
    "CLOSE_WAIT",
    "CLOSING",
    "LAST_ACK",
    "TIME_WAIT",
    "none",
]
"""As psutil and netstat print it; `none`: there is no such socket."""

CallName: TypeAlias = Literal[
    "socket",
    "setsockopt",
    "bind",
    "listen",
    "accept",
    "connect",
    "send",
    "recv",
    "sendto",
    "recvfrom",
    "shutdown",
    "close",
]
"""The calls that programs make."""

ERRNOS: Final = tuple(sorted(errno.errorcode.values()))
"""How a call can fail (errno(3))."""

NO_SOCKET: Final = "none"
SERVER: Final = "server"
PROGRAM: Final = r"[a-z][a-z-]{0,14}"
"""A program's name."""


def kind_of(segment: Segment) -> Kind:
    """What a segment is for."""
    if segment.protocol != "tcp":
        return "UDP" if segment.protocol == "udp" else "ICMP"
    flags = segment.flags.split("|")
    if "RST" in flags:
        return "RST"
    if "SYN" in flags:
        return "SYN-ACK" if "ACK" in flags else "SYN"
    if "FIN" in flags:
        return "FIN"
    return "data" if segment.length else "ACK"


def state_name(state: State) -> str:
    """The state as a lesson writes it."""
    return NO_SOCKET if state is State.CLOSED else state.value


def port_of(address: str) -> int:
    """The port of an address as text."""
    return int(address.rpartition(":")[2])


def segments(kind: str, connection: int | None, sender: Host | None) -> Text:
    """`SYN of connection 1 from the client`."""
    parts = [word(kind)]
    if connection is not None:
        parts.append(said("of connection {number}", number=connection))
    if sender is not None:
        parts.append(said("from the {host}", host=said(sender)))
    return joined(parts, " ")


class End(Leaf):
    """One end of a connection: `client 1`, `server 2`."""

    SHAPE: ClassVar[str] = '`"client 1"` or `"server 1"`: that end of connection ●1'

    def __init__(self, given: object) -> None:
        match = re.fullmatch(r"(client|server) ([1-9][0-9]{0,3})", given) if isinstance(given, str) else None
        if match is None:
            raise ValueError('an end like "client 1" or "server 2" was expected')
        self.text = match[0]
        self.host = match[1]
        self.number = int(match[2])

    @property
    def phrase(self) -> Text:
        """As it is spoken of."""
        return said(f"{self.host} {{number}}", number=self.number)

    def connection(self, world: World) -> Connection | None:
        """Its connection, if there is one yet."""
        return world.connections.get(self.number)

    def find(self, world: World) -> Endpoint | None:
        """The end, if there is one yet."""
        connection = self.connection(world)
        return connection.end(self.host) if connection is not None else None


class Holder(Leaf):
    """What a call is made on: an end of a connection, the listening socket, or a program's last socket."""

    SHAPE: ClassVar[str] = (
        '`"client 1"`, `"server 1"`: that end of connection ●1; `"listener"`: the server\'s listening '
        'socket; or a program: `"server"`, or a name given by `start`: the socket that it made last'
    )

    def __init__(self, given: object) -> None:
        self.text = str(given)
        self.end: End | None = None
        self.program: str | None = None
        if given == "listener":
            return
        try:
            self.end = End(given)
        except ValueError:
            if not isinstance(given, str) or re.fullmatch(PROGRAM, given) is None:
                raise ValueError('"client 1", "server 1", "listener" or a program was expected') from None
            self.program = given

    @property
    def phrase(self) -> Text:
        """As it is spoken of."""
        return self.end.phrase if self.end is not None else word(self.text)

    def find(self, world: World) -> "Held | None":
        """The process and the descriptor, if there are such now."""
        if self.program is not None:
            return program_named(world, self.program)
        if self.end is None:
            chosen = listener(world)
            return Held(chosen.host, chosen.pid, chosen.fd) if chosen and chosen.pid is not None else None
        end = self.end.find(world)
        return Held(end.host, end.pid, end.fd) if end and end.pid is not None else None


class Held(NamedTuple):
    """A descriptor of a process; None: the one that it made last."""

    host: str
    pid: int
    fd: int | None


def program_named(world: World, name: str) -> Held | None:
    """The running program of that name."""
    running = (one for one in world.programs.values() if one.running and one.name == name)
    found = next(running, None)
    return Held(found.host, found.pid, None) if found is not None else None


class Span(Leaf):
    """A span of time."""

    SHAPE: ClassVar[str] = 'like `"400ms"` or `"2s"`, at most `"120s"`'
    LONGEST: ClassVar[int] = 120_000_000_000

    def __init__(self, given: object) -> None:
        match = re.fullmatch(r"([0-9]{1,6})\s?(ms|s)", given) if isinstance(given, str) else None
        self.ns = int(match[1]) * (1_000_000 if match[2] == "ms" else 1_000_000_000) if match else -1
        self.text = f"{self.ns / 1e9:g} s"
        if not 0 <= self.ns <= self.LONGEST:
            raise ValueError('a time like "400ms", at most "120s", was expected')
