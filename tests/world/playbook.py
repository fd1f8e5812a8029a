"""A language for tests of the fold: `Playbook() >> what happened << what must be true then`.

`>>` takes moves, which make events with right numbers, ids and times; `<<` takes expectations of the world
and of the facts since the last `>>`. Each `<<` also folds all events so far at once and compares: how they
are cut makes no difference. A connection is known by its number, which is the client's port less 40,000.
What programs do is in `playbook_calls`, the expectations are in `playbook_truths`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from sockviz import events
from sockviz.world.fold import advance
from sockviz.world.model import Connection, Endpoint, Listener, World

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


def waits(ns: int) -> Move:
    def move(book: Playbook) -> None:
        book.t += ns

    return move
