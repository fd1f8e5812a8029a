"""Facts about ends of connections, as the kernels' tables have them. Pure."""

from typing import Annotated, ClassVar, Literal

from sockviz.events import SocketRow
from sockviz.lessons.amounts import Amount
from sockviz.lessons.facts.fact import Fact
from sockviz.lessons.finding import Checks, Finding
from sockviz.lessons.moment import Moment
from sockviz.lessons.names import NO_SOCKET, End, Host, TcpState, port_of, program_named, state_name
from sockviz.lessons.phrases import joined, said, word
from sockviz.lessons.text import Text
from sockviz.lessons.words import doc
from sockviz.tcp.states import State
from sockviz.world.model import Endpoint
from sockviz.world.sockets import DatagramSocket


class Socket(Fact, frozen=True, kw_only=True):
    """One end of a connection, as the kernel's socket table shows it."""

    KEY: ClassVar[str] = "socket"
    COMPLETE: ClassVar[bool] = False
    EXAMPLES: ClassVar[tuple[str, ...]] = (
        '{ socket = "server 1", state = "ESTABLISHED", owner = false }',
        '{ socket = "server 1", state = "none" }',
        '{ socket = "server 1", unread = 5, fd = 4 }',
    )
    socket: Annotated[End, doc("which end")]
    state: Annotated[TcpState | None, doc("its state; `none`: there is no such socket")] = None
    owner: Annotated[bool | None, doc("a process has it; `false`: nobody, its inode is 0")] = None
    fd: Annotated[Amount | None, doc("its descriptor")] = None
    port: Annotated[Amount | None, doc("its local port")] = None
    unread: Annotated[Amount | None, doc("bytes in Recv-Q")] = None
    unacknowledged: Annotated[Amount | None, doc("bytes in Send-Q (a SYN and a FIN count as one)")] = None
    timer: Annotated[
        Literal["retransmit", "keepalive", "timewait", "probe", "none"] | None,
        doc("the timer that runs"),
    ] = None
    left: Annotated[Amount | None, doc("seconds until that timer fires, rounded up")] = None

    def look(self, moment: Moment) -> Finding:
        """The row, and nothing but the row."""
        end = self.socket.find(moment.world)
        row = end.row if end is not None else None
        checks = Checks(self.socket.phrase, moment).same("state", self.state, _state(end))
        owned = None if row is None else row.pid is not None or bool(row.inode)
        checks.flag("owner", self.owner, owned)
        checks.amount("fd", self.fd, row.fd if row else None)
        checks.amount("port", self.port, port_of(row.local) if row else None)
        checks.amount("unread", self.unread, row.recv_queue if row else None)
        checks.amount("unacknowledged", self.unacknowledged, row.send_queue if row else None)
        checks.same("timer", self.timer, (row.timer if row else None) or "none")
        return checks.amount("left", self.left, _left(row, moment.world.t)).finding()


def _left(row: SocketRow | None, t: int) -> int | None:
    """Seconds until the row's timer fires."""
    return None if row is None or row.expires is None else -((t - row.expires) // 1_000_000_000)


def _state(end: Endpoint | None) -> str | Text:
    """What the table says, and what the screen shows, if that is something else (for a moment)."""
    if end is None:
        return NO_SOCKET
    sampled = state_name(end.sampled or State.CLOSED)
    shown = state_name(end.state)
    if sampled == shown:
        return sampled
    return said("{sampled} in the table, {shown} inferred", sampled=word(sampled), shown=word(shown))


class Datagrams(Fact, frozen=True, kw_only=True):
    """A program's last UDP socket: it has an address and a queue, and no state."""

    KEY: ClassVar[str] = "datagrams"
    COMPLETE: ClassVar[bool] = False
    EXAMPLES: ClassVar[tuple[str, ...]] = (
        '{ datagrams = "left", arrived = 2, read = 1, waiting = 1 }',
        '{ datagrams = "left", port = 5000, refused = 1 }',
    )
    datagrams: Annotated[str, doc("the program's name")]
    port: Annotated[Amount | None, doc("its local port; none, before bind() or the first sendto()")] = None
    sent: Annotated[Amount | None, doc("how many datagrams it has sent")] = None
    arrived: Annotated[Amount | None, doc("how many were delivered to its host for it")] = None
    read: Annotated[Amount | None, doc("how many of them a call has returned")] = None
    waiting: Annotated[Amount | None, doc("how many of them wait")] = None
    lost: Annotated[Amount | None, doc("how many of them the kernel dropped: the buffer was full")] = None
    refused: Annotated[Amount | None, doc("how many ICMP `port unreachable` came for it")] = None

    def look(self, moment: Moment) -> Finding:
        """Counted as datagrams, each of them whole."""
        found = self._find(moment)
        checks = Checks(said("UDP socket of {program}", program=self.datagrams), moment)
        checks.amount("port", self.port, port_of(found.local) if found and found.local else None)
        checks.amount("sent", self.sent, found.sent if found else None)
        checks.amount("arrived", self.arrived, found.arrived if found else None)
        checks.amount("read", self.read, found.read if found else None)
        checks.amount("waiting", self.waiting, found.waiting if found else None)
        checks.amount("lost", self.lost, found.lost if found else None)
        return checks.amount("refused", self.refused, found.refused if found else None).finding()

    def _find(self, moment: Moment) -> DatagramSocket | None:
        program = program_named(moment.world, self.datagrams)
        held = (one for one in moment.world.datagrams.values() if program and one.pid == program.pid)
        return max(held, key=lambda one: one.fd, default=None)


class Sockets(Fact, frozen=True, kw_only=True):
    """How many rows of a host's socket table are like this (listening sockets apart)."""

    KEY: ClassVar[str] = "sockets"
    EXAMPLES: ClassVar[tuple[str, ...]] = (
        '{ sockets = "server", state = "ESTABLISHED", owner = false, count = "accept_capacity" }',
        '{ sockets = "server", count = 0 }',
    )
    sockets: Annotated[Host, doc("whose table")]
    state: Annotated[TcpState | None, doc("only those in this state")] = None
    owner: Annotated[bool | None, doc("only those that a process has, or nobody has")] = None
    count: Annotated[Amount, doc("how many")]

    def look(self, moment: Moment) -> Finding:
        """Count."""
        rows = [
            row
            for row in moment.world.tables.get(self.sockets, {}).values()
            if row.state != State.LISTEN
            and self.state in (None, row.state)
            and self.owner in (None, row.pid is not None or bool(row.inode))
        ]
        what = [said("sockets of the {host}", host=said(self.sockets))]
        what += [word(self.state)] if self.state is not None else []
        what += [said("with an owner" if self.owner else "without owner")] if self.owner is not None else []
        return Checks(joined(what, " "), moment).amount("", self.count, len(rows)).finding()


class Belief(Fact, frozen=True, kw_only=True):
    """What the two ends of one connection believe, side by side."""

    KEY: ClassVar[str] = "connection"
    COMPLETE: ClassVar[bool] = False
    EXAMPLES: ClassVar[tuple[str, ...]] = (
        '{ connection = 1, client = "ESTABLISHED", server = "SYN_RECV" }',
        "{ connection = 7, ghost = true }",
    )
    connection: Annotated[int, doc("its number")]
    client: Annotated[TcpState | None, doc("state of the client's end")] = None
    server: Annotated[TcpState | None, doc("state of the server's end")] = None
    ghost: Annotated[bool | None, doc("ESTABLISHED on the client, no socket on the server")] = None
    cookie: Annotated[bool | None, doc("the server answered with a SYN cookie and kept nothing")] = None
    accepted: Annotated[bool | None, doc("accept() has returned it")] = None

    def look(self, moment: Moment) -> Finding:
        """Both rows."""
        found = moment.world.connections.get(self.connection)
        checks = Checks(said("connection {number}", number=self.connection), moment)
        checks.same("client", self.client, _state(found.client if found else None))
        checks.same("server", self.server, _state(found.server if found else None))
        checks.flag("ghost", self.ghost, found.ghost if found else None)
        checks.flag("cookie", self.cookie, found.cookie if found else None)
        return checks.flag("accepted", self.accepted, found.server.accepted if found else None).finding()


class Passed(Fact, frozen=True, kw_only=True):
    """All the states that one end has been in, in order."""

    KEY: ClassVar[str] = "passed"
    EXAMPLES: ClassVar[tuple[str, ...]] = (
        '{ passed = "server 1", states = ["SYN_RECV", "ESTABLISHED", "CLOSE_WAIT"] }',
    )
    passed: Annotated[End, doc("which end")]
    states: Annotated[tuple[TcpState, ...], doc("from the first to the present one")]

    def look(self, moment: Moment) -> Finding:
        """The history that the screen shows."""
        end = self.passed.find(moment.world)
        history = [state_name(transition.after) for transition in end.history] if end else []
        return Checks(self.passed.phrase, moment).each("passed", self.states, history).finding()
