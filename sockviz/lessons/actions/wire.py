"""Actions on the wire. Pure."""

from collections.abc import Callable
from functools import partial
from typing import Annotated, ClassVar, Final, Literal, TypeAlias

from sockviz import intents
from sockviz.lessons.actions.action import Action, value_of
from sockviz.lessons.amounts import Amount
from sockviz.lessons.moment import Moment
from sockviz.lessons.names import Host, Span, kind_of, segments
from sockviz.lessons.performance import REST, Look, Performance, Waiting, until
from sockviz.lessons.phrases import said
from sockviz.lessons.text import Text
from sockviz.lessons.words import doc
from sockviz.world.model import InFlight

MOST_RELEASED: Final = 200
"""Segments that one `release = "rest"` may take before it is taken for endless."""


def _matching(kind: str, connection: int | None, sender: Host | None) -> Callable[[InFlight], bool]:
    def matches(flight: InFlight) -> bool:
        return (
            kind in (_ANY, _NEXT, _ALL, _REST_OF_IT, kind_of(flight.segment))
            and connection in (None, flight.connection)
            and sender in (None, flight.sender)
        )

    return matches


_ANY, _NEXT, _ALL, _REST_OF_IT = "any", "next", "all", "rest"
Which: TypeAlias = Literal[
    "next", "all", "rest", "SYN", "SYN-ACK", "ACK", "FIN", "RST", "data", "UDP", "ICMP"
]


def _told(kind: str, connection: int | None, sender: Host | None) -> Text:
    what = "any" if kind in (_NEXT, _ALL, _REST_OF_IT) else kind
    return said("{segment} to be held", segment=segments(what, connection, sender))


class Release(Action, frozen=True, kw_only=True):
    """Let held segments go, and wait until they have arrived."""

    KEY: ClassVar[str] = "release"
    EXAMPLES: ClassVar[tuple[str, ...]] = (
        '{ release = "next" }',
        '{ release = "SYN-ACK", connection = 2 }',
        '{ release = "rest", connection = 1 }',
    )
    release: Annotated[
        Which,
        doc(
            "`next`: the one that the screen lets go next; a kind: the oldest of it; `all`: what is held "
            "now; `rest`: what is held, and what comes of it, until nothing is held any more"
        ),
    ]
    connection: Annotated[int | None, doc("only of this connection")] = None
    from_: Annotated[Host | None, doc("only from this host")] = None

    def perform(self, look: Look) -> Performance:
        """One after the other: what one sets off may be what the next one is."""
        matches = _matching(self.release, self.connection, self.from_)
        for _ in range(MOST_RELEASED):
            while not (chosen := _chosen(look(), matches)):
                yield Waiting(_told(self.release, self.connection, self.from_))
            ids = {one.id for one in (chosen if self.release == _ALL else chosen[:1])}
            for segment in sorted(ids):
                yield intents.Release(id=segment)
            yield from until(look, partial(_are_gone, ids), said("its arrival"))
            if self.release != _REST_OF_IT:
                return
            yield REST
            if not _chosen(look(), matches):
                return


def _are_gone(segments: set[int], now: Moment) -> bool:
    return not segments & set(now.world.wire.in_flight)


def _chosen(now: Moment, matches: Callable[[InFlight], bool]) -> list[InFlight]:
    """The held ones, the next one first; those that repeat another last, as on the screen."""
    return sorted(filter(matches, now.world.wire.held), key=lambda flight: flight.retransmission)


class Lose(Action, frozen=True, kw_only=True):
    """The network loses a segment that is on the wire."""

    KEY: ClassVar[str] = "lose"
    EXAMPLES: ClassVar[tuple[str, ...]] = ('{ lose = "ACK", connection = 1 }',)
    lose: Annotated[
        Literal["next", "SYN", "SYN-ACK", "ACK", "FIN", "RST", "data", "UDP", "ICMP"], doc("as of `release`")
    ]
    connection: Annotated[int | None, doc("only of this connection")] = None
    from_: Annotated[Host | None, doc("only from this host")] = None

    def perform(self, look: Look) -> Performance:
        """Take it off."""
        matches = _matching(self.lose, self.connection, self.from_)
        while not (chosen := _chosen(look(), matches)):
            yield Waiting(_told(self.lose, self.connection, self.from_))
        segment = chosen[0].id
        yield intents.Drop(id=segment)
        yield from until(look, lambda now: segment not in now.world.wire.in_flight, said("its loss"))


class SetWire(Action, frozen=True, kw_only=True):
    """What the wire does with segments from now on; what it held goes when it flows."""

    KEY: ClassVar[str] = "wire"
    EXAMPLES: ClassVar[tuple[str, ...]] = (
        '{ wire = "flow" }',
        '{ wire = "cut" }',
        '{ wire = "hold", delay = "1s" }',
    )
    wire: Annotated[Literal["flow", "hold", "cut"], doc("hold each one, let all go, or lose all")]
    delay: Annotated[Span | None, doc("how long a segment is on its way from now on")] = None

    def perform(self, look: Look) -> Performance:
        """Go on when the wire says so."""
        yield intents.Wire(mode=self.wire, delay=self.delay.ns if self.delay else None)
        yield from until(look, lambda now: now.world.wire.mode == self.wire, said("the wire to change"))


class Flood(Action, frozen=True, kw_only=True):
    """Half-open connections: SYNs from an address that nobody has, so the SYN-ACKs are answered by nobody."""

    KEY: ClassVar[str] = "flood"
    EXAMPLES: ClassVar[tuple[str, ...]] = (
        '{ flood = "syn_capacity" }',
        "{ flood = 3, released = true }",
    )
    flood: Annotated[Amount, doc("how many")]
    released: Annotated[bool, doc("where the wire holds: let these SYNs go at once")] = False

    def flaw(self) -> str | None:
        """A number is no comparison."""
        return "a number of SYNs was expected, not a comparison" if self.flood.compares else None

    def perform(self, look: Look) -> Performance:
        """Go on when all of them have been sent."""
        while (count := value_of(self.flood, look())) is None:
            yield Waiting(said("{name} to be known", name=self.flood.text))
        before = {arrow.id for arrow in look().sent()}
        yield intents.Flood(count=max(1, count))

        def sent(now: Moment) -> bool:
            new = (arrow for arrow in now.sent() if arrow.id not in before)
            return sum(kind_of(arrow.segment) == "SYN" for arrow in new) >= count

        yield from until(look, sent, said("{count} SYNs", count=count))
        ids = {flight.id for flight in look().world.wire.held} - before if self.released else set()
        for segment in sorted(ids):
            yield intents.Release(id=segment)
        yield from until(look, partial(_are_gone, ids), said("their arrival"))
