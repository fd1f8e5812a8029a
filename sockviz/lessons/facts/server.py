"""Facts about the listening socket, its queues, and a kernel's counters and limits. Pure."""

from typing import Annotated, ClassVar, Literal

from sockviz.events import SocketRow
from sockviz.lessons.amounts import Amount, UnknownNumberError
from sockviz.lessons.facts.fact import Fact
from sockviz.lessons.finding import Checks, Finding
from sockviz.lessons.moment import Moment
from sockviz.lessons.names import NO_SOCKET, Host, port_of, state_name
from sockviz.lessons.phrases import plain, said
from sockviz.lessons.text import Text
from sockviz.lessons.words import doc, unknown
from sockviz.tcp.counters import COUNTERS
from sockviz.tcp.states import State


class Queue(Fact, frozen=True, kw_only=True):
    """A queue of the server's listening socket."""

    KEY: ClassVar[str] = "queue"
    COMPLETE: ClassVar[bool] = False
    EXAMPLES: ClassVar[tuple[str, ...]] = (
        '{ queue = "accept", depth = 2, order = [1, 2] }',
        '{ queue = "accept", full = true, limit = "backlog" }',
        '{ queue = "SYN", depth = 1 }',
    )
    queue: Annotated[
        Literal["accept", "SYN"],
        doc("`SYN`: half-open connections; `accept`: finished ones that nobody has accepted"),
    ]
    depth: Annotated[Amount | None, doc("how many wait in it, as the kernel counts")] = None
    order: Annotated[tuple[int, ...] | None, doc("the connections in it, oldest first")] = None
    limit: Annotated[Amount | None, doc("`accept`: the limit, as the kernel says")] = None
    full: Annotated[bool | None, doc("`accept`: one more will not go in")] = None

    def flaw(self) -> str | None:
        """The SYN queue has no limit that could be read."""
        if self.queue == "SYN" and (self.limit is not None or self.full is not None):
            return "only the accept queue has a limit that the kernel tells"
        return super(Queue, self).flaw()  # noqa: UP008 - msgspec makes the class anew, so super() finds another

    def look(self, moment: Moment) -> Finding:
        """The listener's own numbers."""
        found, checks = moment.listener, Checks(said(f"{self.queue} queue"), moment)
        half_open = self.queue == "SYN"
        depth = None if found is None else found.half_open if half_open else found.depth
        order = () if found is None else found.syn_queue if half_open else found.accept_queue
        checks.amount("depth", self.depth, depth).each("order", self.order, order)
        checks.amount("limit", self.limit, found.limit if found else None)
        return checks.flag("full", self.full, found.full if found else None).finding()


class Listening(Fact, frozen=True, kw_only=True):
    """The server's listening socket."""

    KEY: ClassVar[str] = "listener"
    COMPLETE: ClassVar[bool] = False
    EXAMPLES: ClassVar[tuple[str, ...]] = (
        '{ listener = "server", state = "LISTEN", fd = 3 }',
        '{ listener = "server", state = "none" }',
        '{ listener = "server", recv_queue = 2, send_queue = "backlog" }',
    )
    listener: Annotated[Literal["server"], doc("whose")]
    state: Annotated[Literal["LISTEN", "none"] | None, doc("`none`: nobody listens")] = None
    backlog: Annotated[Amount | None, doc("what listen() was called with last")] = None
    fd: Annotated[Amount | None, doc("its descriptor")] = None
    port: Annotated[Amount | None, doc("its port")] = None
    recv_queue: Annotated[Amount | None, doc("what the socket table shows as Recv-Q of its row")] = None
    send_queue: Annotated[Amount | None, doc("what the socket table shows as Send-Q of its row")] = None

    def look(self, moment: Moment) -> Finding:
        """The listener, if there is one."""
        found, row = moment.listener, _row(moment)
        state = state_name(found.state) if found is not None else NO_SOCKET
        checks = Checks(said("listener"), moment).same("state", self.state, state)
        checks.amount("backlog", self.backlog, found.backlog if found else None)
        checks.amount("port", self.port, port_of(found.local) if found else None)
        checks.amount("Recv-Q", self.recv_queue, row.recv_queue if row else None)
        checks.amount("Send-Q", self.send_queue, row.send_queue if row else None)
        return checks.amount("fd", self.fd, found.fd if found else None).finding()


def _row(moment: Moment) -> SocketRow | None:
    """The listener's row in its host's socket table."""
    found = moment.listener
    rows = moment.world.tables.get(found.host, {}).values() if found is not None else ()
    return next(
        (row for row in rows if found and (row.state, row.local) == (State.LISTEN, found.local)), None
    )


class Counter(Fact, frozen=True, kw_only=True):
    """How much a kernel counter has risen since the step began."""

    KEY: ClassVar[str] = "counter"
    EXAMPLES: ClassVar[tuple[str, ...]] = (
        '{ counter = "ListenOverflows", rise = 1 }',
        '{ counter = "TCPSynRetrans", host = "client", rise = ">= 1" }',
    )
    counter: Annotated[str, doc(f"its name, as `nstat` prints it: one of {', '.join(sorted(COUNTERS))}")]
    host: Annotated[Host, doc("whose kernel")] = "server"
    rise: Annotated[Amount, doc("by how much")]

    def flaw(self) -> str | None:
        """Of a counter that is not looked at nothing would be known."""
        return None if self.counter in COUNTERS else unknown("counter", self.counter, sorted(COUNTERS))

    def look(self, moment: Moment) -> Finding:
        """Now, less what it was."""
        risen = moment.rise(self.host, self.counter)
        return Checks(_of(self.counter, self.host), moment).amount("rise", self.rise, risen).finding()


class Setting(Fact, frozen=True, kw_only=True):
    """A setting of a kernel (sysctl)."""

    KEY: ClassVar[str] = "setting"
    EXAMPLES: ClassVar[tuple[str, ...]] = ('{ setting = "net.ipv4.tcp_syncookies", is = 1 }',)
    setting: Annotated[str, doc("its name")]
    host: Annotated[Host, doc("whose kernel")] = "server"
    is_: Annotated[Amount, doc("its value")]

    def look(self, moment: Moment) -> Finding:
        """As it was told at the beginning, or when it was changed."""
        value = moment.sysctl(self.host, self.setting)
        return Checks(_of(self.setting, self.host), moment).amount("", self.is_, value).finding()


def _of(name: str, host: Host) -> Text:
    """`ListenDrops of the server`."""
    return said("{name} of the {host}", name=name, host=said(host))


class Compared(Fact, frozen=True, kw_only=True):
    """A number that this kernel was asked for, compared."""

    KEY: ClassVar[str] = "number"
    EXAMPLES: ClassVar[tuple[str, ...]] = ('{ number = "accept_capacity", is = "backlog + 1" }',)
    number: Annotated[Amount, doc("what to compare")]
    is_: Annotated[Amount, doc("what with")]

    def look(self, moment: Moment) -> Finding:
        """One with the other."""
        try:
            had = self.number.value(moment.value)
        except UnknownNumberError:
            had = None
        return Checks(plain(self.number.text), moment).amount("", self.is_, had).finding()
