"""A language for tests of the fold: `Playbook() >> what happened << what must be true then`.

`>>` takes moves, which make events with right numbers, ids and times; `<<` takes expectations of the world
and of the facts since the last `>>`. Each `<<` also folds all events so far at once and compares: how they
are cut makes no difference. A connection is known by its number, which is the client's port less 40,000.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from sockviz import events
from sockviz.world.fold import advance
from sockviz.world.model import Arrow, Connection, Drop, Endpoint, Listener, Narration, Transition, World

SERVER = "10.0.0.1:8001"
SERVER_PID, LISTENER_FD = 10, 3
STEP = 1_000_000
CAPABILITIES = ("capture", "table", "calls", "hold", "counters")


@dataclass
class Flow:
    """One connection's numbers."""

    client: str
    server: str = SERVER
    next: dict[str, int] = field(default_factory=dict)
    got: dict[str, int] = field(default_factory=dict)
    """Host → the number after what arrived there in order."""
    sent: list[events.SegmentSent] = field(default_factory=list)

    def address(self, host: str) -> str:
        return self.client if host == "client" else self.server


def other(host: str) -> str:
    return "server" if host == "client" else "client"


class Playbook:
    """What happened so far, and what it means."""

    def __init__(
        self,
        *,
        capabilities: Iterable[str] = CAPABILITIES,
        source: str = "lab",
        limits: Iterable[events.Limit] = (),
        sysctls: dict[str, str] | None = None,
    ) -> None:
        self.t = 0
        self.events: list[events.AnyEvent] = []
        self.world = World()
        self.facts: list = []
        self.news: list = []
        self.flows: dict[int, Flow] = {}
        self.calls = 0
        self.pending: dict[tuple[int, str], int] = {}
        hosts = (
            events.Host(name="client", addresses=("10.0.0.2",)),
            events.Host(name="server", addresses=("10.0.0.1",)),
        )
        self.feed(
            events.Header(
                t=0,
                format=1,
                source=source,
                hosts=hosts,
                made_by="test",
                capabilities=tuple(capabilities),
                limits=tuple(limits),
                sysctls=sysctls or {},
            )
        )

    def flow(self, number: int) -> Flow:
        return self.flows.setdefault(number, Flow(f"10.0.0.2:{40_000 + number}"))

    def now(self) -> int:
        self.t += STEP
        return self.t

    def feed(self, *more: events.AnyEvent) -> None:
        for event in more:
            self.events.append(event)
            self.world, facts = advance(self.world, (event,))
            self.facts += facts
            self.news += facts

    def __rshift__(self, move: "Move") -> "Playbook":
        if self.checked:
            self.news, self.checked = [], False
        move(self)
        return self

    checked = False

    def __lshift__(self, expectation: "Expectation") -> "Playbook":
        expectation(self)
        self.checked = True
        world, facts = advance(World(), self.events)
        assert world == self.world
        assert facts == self.facts
        return self

    def connection(self, number: int) -> Connection:
        """The newest connection from this client's port."""
        address = self.flow(number).client
        return [c for c in self.world.connections.values() if address in (c.client.local, c.client.remote)][
            -1
        ]

    def end(self, number: int, host: str) -> Endpoint:
        return self.connection(number).end(host)

    def listener(self, local: str = SERVER) -> Listener:
        return self.world.listeners["server", local]

    def transitions(self, number: int, host: str) -> list[str]:
        """What an end went through: `SYN_SENT>ESTABLISHED`, as its history has it now."""
        return [f"{t.before}>{t.after}" for t in self.end(number, host).history]

    def of(self, kind: type, *, news: bool = False) -> list:
        return [fact for fact in (self.news if news else self.facts) if isinstance(fact, kind)]


Move = Callable[[Playbook], None]
Expectation = Callable[[Playbook], None]


# Moves


def segment(
    number: int, host: str, flags: str, *, length: int = 0, due: int | None = None, again: bool = False
) -> Move:
    """A host sends a segment; `again`: the same as the last one with these flags."""

    def move(book: Playbook) -> None:
        flow = book.flow(number)
        if again:
            old = next(s for s in reversed(flow.sent) if s.sender == host and s.segment.flags == flags)
            made = old.segment
        else:
            made = _make(flow, number, host, flags, length)
        t = book.now()
        sent = events.SegmentSent(
            t=t, id=_next_id(book), sender=host, receiver=other(host), segment=made, due=due
        )
        flow.sent.append(sent)
        book.feed(sent)

    return move


def _next_id(book: Playbook) -> int:
    return 1 + sum(isinstance(event, events.SegmentSent) for event in book.events)


def _make(flow: Flow, number: int, host: str, flags: str, length: int) -> events.Segment:
    peer = other(host)
    opened = [s.segment.seq for s in flow.sent if s.sender == host and s.segment.flags == "SYN"]
    if flags == "SYN|ACK" and opened:
        flow.next[host] = opened[-1]
    elif "SYN" in flags:
        # The client's numbers wrap around soon; each try has others.
        first = 4_294_960_000 if host == "client" else 500
        flow.next[host] = (first + number * 1000 + 17 * len(flow.sent)) & 0xFFFFFFFF
    seq = flow.next.get(host, 0)
    flow.next[host] = (seq + length + ("SYN" in flags) + ("FIN" in flags)) & 0xFFFFFFFF
    return events.Segment(
        source=flow.address(host),
        destination=flow.address(peer),
        flags=flags,
        seq=seq,
        ack=flow.got.get(host, flow.next.get(peer, 0)) if "ACK" in flags else 0,
        window=64240,
        length=length,
    )


def arrives(number: int, host: str, flags: str) -> Move:
    """The oldest segment with these flags from `host` that is on the wire arrives at the other host."""

    def move(book: Playbook) -> None:
        flow, found = book.flow(number), _on_wire(book, number, host, flags)
        made = next(s.segment for s in flow.sent if s.id == found)
        if "SYN" in flags or flow.got.get(other(host)) == made.seq:
            size = made.length + ("SYN" in flags) + ("FIN" in flags)
            flow.got[other(host)] = (made.seq + size) & 0xFFFFFFFF
        book.feed(events.SegmentDelivered(t=book.now(), id=found))

    return move


def lost(number: int, host: str, flags: str, cause: str = "operator", original: int | None = None) -> Move:
    def move(book: Playbook) -> None:
        number_ = _on_wire(book, number, host, flags)
        book.feed(events.SegmentDropped(t=book.now(), id=number_, cause=cause, original=original))

    return move


def _on_wire(book: Playbook, number: int, host: str, flags: str) -> int:
    return next(
        s.id
        for s in book.flow(number).sent
        if s.sender == host and s.segment.flags == flags and s.id in book.world.wire.in_flight
    )


def passes(number: int, host: str, flags: str, *, length: int = 0) -> Move:
    """Sent, and arrives at once."""
    return moves(segment(number, host, flags, length=length), arrives(number, host, flags))


def moves(*several: Move) -> Move:
    def move(book: Playbook) -> None:
        for one in several:
            one(book)

    return move


def entered(
    name: str, *, host: str = "server", pid: int = SERVER_PID, fd: int | None = None, args: str = ""
) -> Move:
    def move(book: Playbook) -> None:
        book.calls += 1
        thread = "main" if fd in (None, LISTENER_FD) or host == "client" else f"fd {fd}"
        book.pending[pid, name] = book.calls
        book.feed(
            events.CallEntered(
                t=book.now(), call=book.calls, host=host, pid=pid, thread=thread, name=name, fd=fd, args=args
            )
        )

    return move


def returned(name: str, result: int = 0, *, host: str = "server", pid: int = SERVER_PID, **more) -> Move:
    def move(book: Playbook) -> None:
        call = book.pending.pop((pid, name))
        book.feed(events.CallReturned(t=book.now(), call=call, host=host, pid=pid, result=result, **more))

    return move


def call(
    name: str,
    result: int = 0,
    *,
    host: str = "server",
    pid: int = SERVER_PID,
    fd: int | None = None,
    args: str = "",
    **more,
) -> Move:
    return moves(
        entered(name, host=host, pid=pid, fd=fd, args=args),
        returned(name, result, host=host, pid=pid, **more),
    )


def listen(backlog: int = 2, local: str = SERVER) -> Move:
    """The server's socket, bind, listen."""
    return moves(
        lambda book: book.feed(
            events.ProgramStarted(t=book.now(), host="server", pid=SERVER_PID, program="server")
        ),
        call("socket", LISTENER_FD),
        call("bind", fd=LISTENER_FD, args=local, local=local),
        call("listen", fd=LISTENER_FD, args=f"backlog={backlog}"),
        sampled("server", (local, "0.0.0.0:0", "LISTEN", SERVER_PID, LISTENER_FD)),
        queue(0, backlog, local=local),
    )


def queue(depth: int, limit: int, half_open: int = 0, local: str = SERVER) -> Move:
    return lambda book: book.feed(
        events.ListenerSampled(
            t=book.now(), host="server", local=local, depth=depth, limit=limit, half_open=half_open
        )
    )


def pid_of(number: int) -> int:
    return 100 + number


def connect(number: int) -> Move:
    """A client's program is in connect(), and its SYN is on the wire."""
    return moves(
        starts(number),
        entered("connect", host="client", pid=pid_of(number), fd=3, args=SERVER),
        segment(number, "client", "SYN"),
    )


def starts(number: int) -> Move:
    return moves(
        lambda book: book.feed(
            events.ProgramStarted(t=book.now(), host="client", pid=pid_of(number), program=f"client {number}")
        ),
        call("socket", 3, host="client", pid=pid_of(number)),
    )


def connected(number: int) -> Move:
    """connect() returns."""
    return lambda book: returned(
        "connect", host="client", pid=pid_of(number), local=book.flow(number).client, remote=SERVER
    )(book)


def establishes(number: int) -> Move:
    """A whole handshake, with the readings of the table in between as the lab makes them."""
    return moves(
        connect(number),
        sees("client", number, "SYN_SENT", pid=pid_of(number), fd=3),
        arrives(number, "client", "SYN"),
        segment(number, "server", "SYN|ACK"),
        sees("server", number, "SYN_RECV"),
        arrives(number, "server", "SYN|ACK"),
        segment(number, "client", "ACK"),
        connected(number),
        sees("client", number, "ESTABLISHED", pid=pid_of(number), fd=3),
        arrives(number, "client", "ACK"),
        sees("server", number, "ESTABLISHED"),
    )


def accepts(number: int, fd: int) -> Move:
    return lambda book: call("accept", fd, fd=LISTENER_FD, local=SERVER, remote=book.flow(number).client)(
        book
    )


def row(
    local: str, remote: str, state: str, pid: int | None = None, fd: int | None = None, **more
) -> events.SocketRow:
    return events.SocketRow(
        state=state, local=local, remote=remote, pid=pid, fd=fd, inode=77 if pid else 0, **more
    )


def sampled(
    host: str, *rows: tuple, gone: tuple[tuple[str, str], ...] = (), began: int | None = None
) -> Move:
    """A reading of the table with these changed rows, begun just now (or at `began`)."""

    def move(book: Playbook) -> None:
        start = book.now() if began is None else began
        book.feed(
            events.SocketsSampled(
                t=book.now(),
                host=host,
                began=start,
                changed=tuple(row(*one) for one in rows),
                gone=tuple(events.RowKey(local=local, remote=remote) for local, remote in gone),
            )
        )

    return move


def sees(
    host: str, number: int, state: str, *, pid: int | None = None, fd: int | None = None, **more
) -> Move:
    """A reading of the table that shows an end in a state."""

    def move(book: Playbook) -> None:
        flow = book.flow(number)
        began = book.now()
        one = row(flow.address(host), flow.address(other(host)), state, pid, fd, **more)
        book.feed(events.SocketsSampled(t=book.now(), host=host, began=began, changed=(one,)))

    return move


def sees_no(host: str, number: int) -> Move:
    """A reading of the table without that end."""

    def move(book: Playbook) -> None:
        flow = book.flow(number)
        key = events.RowKey(local=flow.address(host), remote=flow.address(other(host)))
        gone = (key,) if (key.local, key.remote) in book.world.tables.get(host, {}) else ()
        began = book.now()
        book.feed(events.SocketsSampled(t=book.now(), host=host, began=began, gone=gone))

    return move


def raised(name: str, by: int = 1, host: str = "server") -> Move:
    def move(book: Playbook) -> None:
        total = book.world.counters.get((host, name), 0) + by
        book.feed(events.CounterRaised(t=book.now(), host=host, name=name, by=by, total=total))

    return move


def sets(name: str, value: str, host: str = "server") -> Move:
    """A setting of a host's kernel changes."""
    return lambda book: book.feed(events.SettingChanged(t=book.now(), name=name, value=value, host=host))


def wire(mode: str, delay: int = 0) -> Move:
    return lambda book: book.feed(events.WireChanged(t=book.now(), mode=mode, delay=delay))


def ends_program(number: int | None = None) -> Move:
    """A program ends: client `number`, or the server."""

    def move(book: Playbook) -> None:
        host, pid = ("server", SERVER_PID) if number is None else ("client", pid_of(number))
        book.feed(events.ProgramEnded(t=book.now(), host=host, pid=pid, status=0))

    return move


def waits(ns: int) -> Move:
    def move(book: Playbook) -> None:
        book.t += ns

    return move


# Expectations


def ends(number: int, client: str, server: str) -> Expectation:
    def expect(book: Playbook) -> None:
        connection = book.connection(number)
        assert (connection.client.state, connection.server.state) == (client, server)

    return expect


def queues(syn: Iterable[int] = (), accept: Iterable[int] = ()) -> Expectation:
    def expect(book: Playbook) -> None:
        listener = book.listener()
        assert (list(listener.syn_queue), list(listener.accept_queue)) == (list(syn), list(accept))

    return expect


def went(number: int, host: str, *steps: str) -> Expectation:
    def expect(book: Playbook) -> None:
        assert book.transitions(number, host) == list(steps)

    return expect


def told(*words: str) -> Expectation:
    """The news say all of these words, in one narration each."""

    def expect(book: Playbook) -> None:
        texts = [narration.text for narration in book.of(Narration, news=True)]
        for word in words:
            assert any(word in text for text in texts), (word, texts)

    return expect


def caption(word: str) -> Expectation:
    def expect(book: Playbook) -> None:
        assert book.world.caption is not None
        assert word in book.world.caption.text

    return expect


def dropped(number: int, cause: str, counter: str) -> Expectation:
    """The news: one segment of this connection was ignored, and its arrow says so."""

    def expect(book: Playbook) -> None:
        (drop,) = book.of(Drop, news=True)
        connection = book.connection(number)
        assert (drop.connection, drop.cause, drop.counter) == (connection.id, cause, counter)
        arrow = [arrow for arrow in book.of(Arrow, news=True) if arrow.id == drop.segment][-1]
        assert arrow.ignored
        assert arrow.cause == cause
        assert arrow.arrived is not None

    return expect


def owner(number: int, host: str, pid: int | None, fd: int | None) -> Expectation:
    def expect(book: Playbook) -> None:
        end = book.end(number, host)
        assert (end.pid, end.fd) == (pid, fd)

    return expect


def silent(book: Playbook) -> None:
    """No transition is in the news."""
    assert not book.of(Transition, news=True)
