"""What a lesson points at, and where that is at the moment. Pure."""

from abc import abstractmethod
from collections.abc import Iterable
from typing import Annotated, ClassVar, Literal

import msgspec

from sockviz.lessons.moment import Moment
from sockviz.lessons.names import CallName, Holder, Host, Kind, kind_of
from sockviz.lessons.words import VOCABULARIES, Vocabulary, Word, doc, unknown
from sockviz.tcp.counters import COUNTERS
from sockviz.world.selectors import listener


class Target(msgspec.Struct, frozen=True):
    """Something on the screen, by the numbers that the world has for it; what does not apply is None."""

    kind: Literal["host", "end", "listener", "queue", "packet", "call", "row", "counter", "wire"]
    host: str | None = None
    connection: int | None = None
    """`end`, `row`, `packet`."""
    segment: int | None = None
    """`packet`: its id, on the wire."""
    call: int | None = None
    """`call`: its id (`SystemCall.id`)."""
    pid: int | None = None
    """`end`, `row`: of a program's socket, where it is no end of a connection; else None."""
    name: str = ""
    """`queue`: `accept` or `SYN`; `counter`: which."""


class Point(Word, frozen=True, kw_only=True):
    """Something to be pointed at."""

    @abstractmethod
    def find(self, moment: Moment) -> tuple[Target, ...]:
        """Where it is now; nowhere, if there is no such thing (yet)."""


class Someone(Point, frozen=True, kw_only=True):
    """A host, as a whole."""

    KEY: ClassVar[str] = "host"
    EXAMPLES: ClassVar[tuple[str, ...]] = ('{ host = "client" }',)
    host: Annotated[Host, doc("which")]

    def find(self, moment: Moment) -> tuple[Target, ...]:  # noqa: ARG002 - it is always there
        """Its panel."""
        return (Target("host", host=self.host),)


class OneEnd(Point, frozen=True, kw_only=True):
    """An end of a connection, with its descriptor and state; or the listening socket."""

    KEY: ClassVar[str] = "end"
    EXAMPLES: ClassVar[tuple[str, ...]] = ('{ end = "client 1" }', '{ end = "listener" }')
    end: Annotated[Holder, doc("which")]

    def find(self, moment: Moment) -> tuple[Target, ...]:
        """Where its host shows it."""
        return _socket(self.end, moment, "end")


class OneRow(Point, frozen=True, kw_only=True):
    """The same, in the socket table."""

    KEY: ClassVar[str] = "row"
    EXAMPLES: ClassVar[tuple[str, ...]] = ('{ row = "server 1" }',)
    row: Annotated[Holder, doc("whose row")]

    def find(self, moment: Moment) -> tuple[Target, ...]:
        """Its row."""
        return _socket(self.row, moment, "row")


class OneQueue(Point, frozen=True, kw_only=True):
    """A queue of the listening socket."""

    KEY: ClassVar[str] = "queue"
    EXAMPLES: ClassVar[tuple[str, ...]] = ('{ queue = "accept" }',)
    queue: Annotated[Literal["accept", "SYN"], doc("which")]

    def find(self, moment: Moment) -> tuple[Target, ...]:
        """The listener's."""
        found = listener(moment.world)
        return (Target("queue", host=found.host, name=self.queue),) if found else ()


class Packet(Point, frozen=True, kw_only=True):
    """The segments of a kind that are on the wire."""

    KEY: ClassVar[str] = "packet"
    EXAMPLES: ClassVar[tuple[str, ...]] = ('{ packet = "SYN-ACK", connection = 1 }', '{ packet = "any" }')
    packet: Annotated[Kind, doc("which kind")]
    connection: Annotated[int | None, doc("only of this connection")] = None

    def find(self, moment: Moment) -> tuple[Target, ...]:
        """Each of them."""
        return tuple(
            Target("packet", host=flight.sender, connection=flight.connection, segment=flight.id)
            for flight in moment.world.wire.in_flight.values()
            if self.packet in ("any", kind_of(flight.segment))
            and self.connection in (None, flight.connection)
        )


class OneCall(Point, frozen=True, kw_only=True):
    """The last call on a socket, or of a program."""

    KEY: ClassVar[str] = "call"
    EXAMPLES: ClassVar[tuple[str, ...]] = ('{ call = "listener", name = "accept" }', '{ call = "client 1" }')
    call: Annotated[Holder, doc("on which")]
    name: Annotated[CallName | None, doc("the last one of this name")] = None

    def find(self, moment: Moment) -> tuple[Target, ...]:
        """Where its program shows it."""
        last = moment.last_call(self.call, self.name)
        return (Target("call", host=last.host, connection=last.connection, call=last.id),) if last else ()


class OneCounter(Point, frozen=True, kw_only=True):
    """A kernel counter."""

    KEY: ClassVar[str] = "counter"
    EXAMPLES: ClassVar[tuple[str, ...]] = ('{ counter = "ListenOverflows" }',)
    counter: Annotated[str, doc("its name")]
    host: Annotated[Host, doc("whose")] = "server"

    def flaw(self) -> str | None:
        """One that can rise here."""
        return None if self.counter in COUNTERS else unknown("counter", self.counter, sorted(COUNTERS))

    def find(self, moment: Moment) -> tuple[Target, ...]:
        """Once it has risen."""
        known = (self.host, self.counter) in moment.world.counters
        return (Target("counter", host=self.host, name=self.counter),) if known else ()


class TheWire(Point, frozen=True, kw_only=True):
    """The wire."""

    KEY: ClassVar[str] = "wire"
    EXAMPLES: ClassVar[tuple[str, ...]] = ('{ wire = "wire" }',)
    wire: Annotated[Literal["wire"], doc("always that")]

    def find(self, moment: Moment) -> tuple[Target, ...]:  # noqa: ARG002 - it is always there
        """All of it."""
        return (Target("wire"),)


def _socket(holder: Holder, moment: Moment, kind: Literal["end", "row"]) -> tuple[Target, ...]:
    if holder.end is not None:
        end = holder.end.find(moment.world)
        return (Target(kind, host=end.host, connection=holder.end.number),) if end else ()
    if holder.program is not None:
        program = holder.find(moment.world)
        return (Target(kind, host=program.host, pid=program.pid),) if program else ()
    found = listener(moment.world)
    return (Target("listener" if kind == "end" else "row", host=found.host),) if found else ()


def targets(points: Iterable[Point], moment: Moment) -> tuple[Target, ...]:
    """All that can be pointed at now."""
    return tuple(target for point in points for target in point.find(moment))


POINTS = Vocabulary("point")
POINTS.add((Someone, OneEnd, OneQueue, Packet, OneCall, OneRow, OneCounter, TheWire))
VOCABULARIES[Point] = POINTS
