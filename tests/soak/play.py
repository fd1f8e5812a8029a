"""Free play at random: what to ask of a run next, given what is there. Everything follows from the seed."""

from collections.abc import Callable, Iterator
from random import Random

from sockviz.intents import (
    Call,
    Connect,
    Drop,
    End,
    Flood,
    Intent,
    Mark,
    Open,
    Release,
    SetAccept,
    SetBacklog,
    SetSysctl,
    Start,
    Wire,
)
from sockviz.tcp.states import State
from sockviz.world.model import Endpoint, Program, World

MS = 1_000_000
MANY = 24
"""Programs; above that nobody new comes for a while."""
SYSCTLS = {
    "net.ipv4.tcp_syncookies": ("0", "1", "2"),
    "net.ipv4.tcp_abort_on_overflow": ("0", "1"),
    "net.ipv4.tcp_fin_timeout": ("5", "60", "7200"),
    "net.ipv4.tcp_timestamps": ("0", "1"),
    "net.ipv4.tcp_sack": ("0", "1"),
}
OPTIONS = (
    ("TCP_NODELAY", 1),
    ("SO_KEEPALIVE", 1),
    ("TCP_KEEPIDLE", 1),
    ("TCP_KEEPINTVL", 1),
    ("TCP_KEEPCNT", 2),
    ("TCP_USER_TIMEOUT", 3_000),
    ("SO_LINGER", 1),
    ("SO_RCVBUF", 4_096),
    ("TCP_DEFER_ACCEPT", 2),
)
ON_DATA = ("send", "send", "send", "recv", "recv", "shutdown", "close", "close", "abort", "interrupt")


class Play:
    """The player. `next(world)` gives a few intents; some of them are refused, as people's are."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._moves: list[tuple[int, Callable[[World], Iterator[Intent]]]] = [
            (8, self._connect),
            (24, self._call),
            (16, self._release),
            (12, self._close_what_the_peer_closed),
            (4, self._close_both),
            (10, self._accept),
            (4, self._wire),
            (3, self._drop),
            (3, self._end),
            (3, self._listener),
            (2, self._policy),
            (1, self._flood),
            (2, self._peer),
            (1, self._setting),
            (1, self._mark),
        ]

    def next(self, world: World) -> list[Intent]:
        """What to ask for in this world."""
        weights = [weight for weight, _ in self._moves]
        ((_, move),) = self._random.choices(self._moves, weights)
        return list(move(world))

    def _connect(self, world: World) -> Iterator[Intent]:
        if len(self._programs(world)) < MANY:
            yield Connect(count=self._random.choice((1, 1, 1, 2, 4)))

    def _call(self, world: World) -> Iterator[Intent]:
        """A call on a descriptor of somebody's."""
        held = [
            (program, descriptor)
            for program in self._programs(world)
            for descriptor in program.descriptors.values()
            if descriptor.kind in {"connected", "socket"}
        ]
        if not held:
            return
        program, descriptor = self._random.choice(held)
        name = self._random.choice(ON_DATA)
        option, value = self._random.choice(OPTIONS)
        if self._random.random() < 0.1:
            name = "setsockopt"
        yield Call(
            host=program.host,
            pid=program.pid,
            name=name,
            fd=descriptor.fd,
            data=self._random.randbytes(self._random.choice((1, 5, 100, 1_400, 9_000)))
            if name == "send"
            else b"",
            how=self._random.choice(("rd", "wr", "wr", "rdwr")),
            option=option if name == "setsockopt" else None,
            value=value,
        )

    def _close_what_the_peer_closed(self, world: World) -> Iterator[Intent]:
        waiting = [end for end in self._held_ends(world) if end.state is State.CLOSE_WAIT]
        if waiting:
            end = self._random.choice(waiting)
            yield Call(host=end.host, pid=end.pid or 0, name="close", fd=end.fd)

    def _close_both(self, world: World) -> Iterator[Intent]:
        """At once, so that the FINs cross if the wire takes its time."""
        there = [end for end in self._held_ends(world) if end.state is State.ESTABLISHED]
        if there:
            one = self._random.choice(there)
            for end in [one, *(end for end in there if (end.local, end.remote) == (one.remote, one.local))]:
                yield Call(host=end.host, pid=end.pid or 0, name="close", fd=end.fd)

    @staticmethod
    def _held_ends(world: World) -> list[Endpoint]:
        """The ends that a program has a descriptor of."""
        ends = (
            end for connection in world.connections.values() for end in (connection.client, connection.server)
        )
        return [end for end in ends if end.fd is not None and end.pid]

    def _release(self, world: World) -> Iterator[Intent]:
        held = world.wire.held
        if not held:
            return
        if self._random.random() < 0.4:
            yield Release(all=True)
        else:
            yield Release(id=self._random.choice((None, self._random.choice(held).id)))

    def _accept(self, world: World) -> Iterator[Intent]:
        server = self._server(world)
        if server:
            listening = [one.fd for one in server.descriptors.values() if one.kind == "listening"]
            if listening:
                yield Call(host="server", pid=server.pid, name="accept", fd=listening[0])

    def _wire(self, _: World) -> Iterator[Intent]:
        delay = self._random.choice((None, 0, 0, 5 * MS, 80 * MS, 300 * MS))
        mode = self._random.choice(("flow", "flow", "flow", "hold", "hold", "cut"))
        yield Wire(mode=mode, delay=delay)

    def _drop(self, world: World) -> Iterator[Intent]:
        if world.wire.in_flight:
            yield Drop(id=self._random.choice((None, *world.wire.in_flight)))

    def _end(self, world: World) -> Iterator[Intent]:
        programs = self._programs(world)
        if programs and (len(programs) > MANY // 2 or self._random.random() < 0.2):
            for program in self._random.sample(programs, min(len(programs), 3)):
                yield End(host=program.host, pid=program.pid)

    def _listener(self, world: World) -> Iterator[Intent]:
        server = self._server(world)
        listening = (
            [one.fd for one in server.descriptors.values() if one.kind == "listening"] if server else []
        )
        if not listening:
            yield Open(backlog=self._random.choice((None, 0, 1, 2, 5)))
        elif self._random.random() < 0.6:
            yield SetBacklog(backlog=self._random.choice((0, 1, 2, 5)))
        else:
            yield Call(host="server", pid=server.pid if server else 0, name="close", fd=listening[0])
            if self._random.random() < 0.7:
                yield Open(backlog=self._random.choice((None, 0, 1, 2, 5)))

    def _policy(self, _: World) -> Iterator[Intent]:
        yield SetAccept(mode=self._random.choice(("auto", "auto", "manual", "never")))

    def _flood(self, _: World) -> Iterator[Intent]:
        yield Flood(count=self._random.choice((1, 2, 6)))

    def _peer(self, world: World) -> Iterator[Intent]:
        """A program that listens on the client's host, or connects from where it was told to."""
        if len(self._programs(world)) >= MANY:
            return
        port = self._random.randint(5_000, 5_020)
        name = f"peer {self._random.randint(1, 1_000_000)}"
        host, other = self._random.choice((("client", "server"), ("server", "client")))
        yield Start(host=host, program=name)
        call = {"host": host, "program": name}
        yield Call(**call, name="socket")
        yield Call(**call, name="bind", address=f"{host}:{port}")
        if self._random.random() < 0.5:
            yield Call(**call, name="listen", backlog=self._random.choice((0, 2)))
            yield Call(**call, name="accept")
        else:
            yield Call(**call, name="connect", address=f"{other}:{self._random.randint(5_000, 5_020)}")

    def _setting(self, _: World) -> Iterator[Intent]:
        name = self._random.choice(list(SYSCTLS))
        yield SetSysctl(
            host=self._random.choice(("client", "server")),
            name=name,
            value=self._random.choice(SYSCTLS[name]),
        )

    def _mark(self, _: World) -> Iterator[Intent]:
        yield Mark(text="here")

    @staticmethod
    def _programs(world: World) -> list[Program]:
        """Those that run, but for the server."""
        return [one for one in world.programs.values() if one.running and one.name != "server"]

    @staticmethod
    def _server(world: World) -> Program | None:
        return next((one for one in world.programs.values() if one.running and one.name == "server"), None)
