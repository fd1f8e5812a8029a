"""Actions that have a program make a call. Pure."""

from typing import Annotated, ClassVar, Final, Literal

from sockviz import intents
from sockviz.intents import Option
from sockviz.lessons.actions.action import Action
from sockviz.lessons.moment import Moment
from sockviz.lessons.names import Holder, program_named
from sockviz.lessons.performance import Look, Performance, Waiting, call, held, until
from sockviz.lessons.phrases import said
from sockviz.lessons.words import doc
from sockviz.world.selectors import accept_call


class Accept(Action, frozen=True, kw_only=True):
    """Call accept() on the server; it blocks if nobody waits."""

    KEY: ClassVar[str] = "accept"
    EXAMPLES: ClassVar[tuple[str, ...]] = ('{ accept = "listener" }',)
    accept: Annotated[Holder, doc('the listening socket: `"listener"`')]

    def flaw(self) -> str | None:
        """A connection can't accept."""
        return None if self.accept.end is None else 'it is the listening socket that accepts: "listener"'

    def perform(self, look: Look) -> Performance:
        """One at a time: the server has one thread for it."""
        who = yield from held(look, self.accept)
        yield from until(
            look, lambda now: self.accept.program is not None or accept_call(now.world) is None,
            said("the accept() before to return"),
        )  # fmt: skip
        yield from call(look, intents.Call(host=who.host, pid=who.pid, name="accept", fd=who.fd))


class Send(Action, frozen=True, kw_only=True):
    """Call send()."""

    KEY: ClassVar[str] = "send"
    EXAMPLES: ClassVar[tuple[str, ...]] = (
        '{ send = "client 1", text = "hello" }',
        '{ send = "server 1", bytes = 100000 }',
    )
    send: Annotated[Holder, doc("on which socket")]
    text: Annotated[str | None, doc("what to send")] = None
    bytes: Annotated[int | None, doc("or: how many bytes, whatever they are")] = None

    def flaw(self) -> str | None:
        """One of the two."""
        if (self.text is None) == (self.bytes is None) or self.text == "":
            return "give what to send: text, or bytes"
        return (
            None
            if self.bytes is None or 1 <= self.bytes <= _LARGEST
            else f"1 to {_LARGEST} bytes can be sent"
        )

    def perform(self, look: Look) -> Performance:
        """It may block, if nobody reads at the other side."""
        who = yield from held(look, self.send)
        data = self.text.encode() if self.text is not None else b"x" * (self.bytes or 1)
        yield from call(look, intents.Call(host=who.host, pid=who.pid, name="send", fd=who.fd, data=data))


_LARGEST: Final = 10_000_000


class Recv(Action, frozen=True, kw_only=True):
    """Call recv(); it blocks until there is something to read, or the peer's FIN."""

    KEY: ClassVar[str] = "recv"
    EXAMPLES: ClassVar[tuple[str, ...]] = ('{ recv = "server 1" }', '{ recv = "client 1", size = 3 }')
    recv: Annotated[Holder, doc("on which socket")]
    size: Annotated[int, doc("how many bytes to ask for, at most")] = 65536

    def perform(self, look: Look) -> Performance:
        """Go on while it waits."""
        who = yield from held(look, self.recv)
        yield from call(
            look, intents.Call(host=who.host, pid=who.pid, name="recv", fd=who.fd, size=self.size)
        )


class Shutdown(Action, frozen=True, kw_only=True):
    """Call shutdown(): the descriptor stays."""

    KEY: ClassVar[str] = "shutdown"
    EXAMPLES: ClassVar[tuple[str, ...]] = (
        '{ shutdown = "client 1" }',
        '{ shutdown = "client 1", how = "rd" }',
    )
    shutdown: Annotated[Holder, doc("on which socket")]
    how: Annotated[Literal["rd", "wr", "rdwr"], doc("SHUT_RD, SHUT_WR or SHUT_RDWR")] = "wr"

    def perform(self, look: Look) -> Performance:
        """It returns at once."""
        who = yield from held(look, self.shutdown)
        yield from call(
            look, intents.Call(host=who.host, pid=who.pid, name="shutdown", fd=who.fd, how=self.how)
        )


class Close(Action, frozen=True, kw_only=True):
    """Call close(); a call that is blocked in another thread is interrupted first."""

    KEY: ClassVar[str] = "close"
    EXAMPLES: ClassVar[tuple[str, ...]] = ('{ close = "client 1" }', '{ close = "listener" }')
    close: Annotated[Holder, doc("which socket")]

    def perform(self, look: Look) -> Performance:
        """It returns at once."""
        who = yield from held(look, self.close)
        yield from call(look, intents.Call(host=who.host, pid=who.pid, name="close", fd=who.fd))


class Abort(Action, frozen=True, kw_only=True):
    """Close with SO_LINGER 0: the kernel sends RST instead of FIN."""

    KEY: ClassVar[str] = "abort"
    EXAMPLES: ClassVar[tuple[str, ...]] = ('{ abort = "client 1" }',)
    abort: Annotated[Holder, doc("which socket")]

    def perform(self, look: Look) -> Performance:
        """Two calls: setsockopt() and close()."""
        who = yield from held(look, self.abort)
        yield from call(look, intents.Call(host=who.host, pid=who.pid, name="abort", fd=who.fd))


class Interrupt(Action, frozen=True, kw_only=True):
    """Interrupt the call that is blocked: it returns EINTR."""

    KEY: ClassVar[str] = "interrupt"
    EXAMPLES: ClassVar[tuple[str, ...]] = ('{ interrupt = "listener" }',)
    interrupt: Annotated[Holder, doc("whose call")]

    def perform(self, look: Look) -> Performance:
        """Go on when it has returned."""
        who = yield from held(look, self.interrupt)

        def blocked(now: Moment) -> bool:
            last = now.last_call(self.interrupt, None)
            return last is not None and last.returned is None

        yield from until(look, blocked, said("a blocked call of {holder}", holder=self.interrupt.phrase))
        yield intents.Call(host=who.host, pid=who.pid, name="interrupt", fd=who.fd)
        yield from until(look, lambda now: not blocked(now), said("the call to return"))


class SetOption(Action, frozen=True, kw_only=True):
    """Call setsockopt()."""

    KEY: ClassVar[str] = "option"
    EXAMPLES: ClassVar[tuple[str, ...]] = (
        '{ option = "SO_KEEPALIVE", on = "client 1" }',
        '{ option = "TCP_DEFER_ACCEPT", on = "listener", value = 30 }',
    )
    option: Annotated[Option, doc("its name")]
    on: Annotated[Holder, doc("of which socket")]
    value: Annotated[int, doc("1 and 0 are on and off; of SO_LINGER seconds, -1 being off")] = 1

    def perform(self, look: Look) -> Performance:
        """It returns at once."""
        who = yield from held(look, self.on)
        order = intents.Call(
            host=who.host, pid=who.pid, name="setsockopt", fd=who.fd, option=self.option, value=self.value
        )
        yield from call(look, order)


class MakeCall(Action, frozen=True, kw_only=True):
    """Have a program make one call on the socket that it made last; for programs that play both parts."""

    KEY: ClassVar[str] = "call"
    EXAMPLES: ClassVar[tuple[str, ...]] = (
        '{ call = "socket", program = "left" }',
        '{ call = "bind", program = "left", address = "client:5000" }',
        '{ call = "connect", program = "left", address = "server:6000" }',
        '{ call = "listen", program = "server", backlog = 2 }',
        '{ call = "sendto", program = "left", address = "server:8001", text = "hello" }',
    )
    call: Annotated[
        Literal["socket", "bind", "listen", "accept", "connect", "sendto", "recvfrom"], doc("which call")
    ]
    program: Annotated[str, doc('`"server"`, or a name given by `start`')]
    address: Annotated[
        str,
        doc("bind, connect, sendto: an address with a port, or a host with a port; without: the server's"),
    ] = ""
    kind: Annotated[Literal["stream", "datagram"], doc("socket: TCP or UDP")] = "stream"
    backlog: Annotated[int, doc("listen")] = 0
    reuse: Annotated[bool, doc("bind: set SO_REUSEADDR before it")] = True
    text: Annotated[str, doc("sendto: what to send")] = ""

    def perform(self, look: Look) -> Performance:
        """As the call does."""
        while (who := program_named(look().world, self.program)) is None:
            yield Waiting(said("the program {name}", name=self.program))
        order = intents.Call(
            host=who.host,
            pid=who.pid,
            name=self.call,
            address=self.address,
            kind=self.kind,
            backlog=self.backlog,
            reuse=self.reuse,
            data=self.text.encode(),
        )
        yield from call(look, order)
