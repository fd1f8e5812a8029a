"""Facts about segments: on the wire, sent, ignored. Pure."""

import re
from typing import Annotated, ClassVar

from sockviz.events import Segment
from sockviz.lessons.amounts import Amount
from sockviz.lessons.facts.fact import Fact
from sockviz.lessons.finding import Checks, Finding
from sockviz.lessons.moment import Moment
from sockviz.lessons.names import Host, Kind, kind_of, segments
from sockviz.lessons.phrases import joined, plain, said
from sockviz.lessons.text import Text
from sockviz.lessons.words import doc
from sockviz.tcp.segment import Skipped, locate
from sockviz.world.cause import Cause
from sockviz.world.model import Drop, InFlight

AT_LEAST_ONE = Amount(">= 1")


class OnWire(Fact, frozen=True, kw_only=True):
    """Segments that are on the wire now."""

    KEY: ClassVar[str] = "wire"
    EXAMPLES: ClassVar[tuple[str, ...]] = (
        '{ wire = "SYN-ACK", connection = 1 }',
        '{ wire = "any", count = 0 }',
        '{ wire = "SYN", resent = ">= 1" }',
    )
    wire: Annotated[Kind, doc("what kind of segment")]
    connection: Annotated[int | None, doc("only of this connection")] = None
    from_: Annotated[Host | None, doc("only from this host")] = None
    count: Annotated[Amount, doc("how many")] = AT_LEAST_ONE
    resent: Annotated[Amount | None, doc("how often the kernel sent it again while it was held")] = None

    def look(self, moment: Moment) -> Finding:
        """Whatever has not arrived yet."""
        there = [one for one in moment.world.wire.in_flight.values() if self._is(one)]
        checks = Checks(_subject("on the wire", self.wire, self.connection, self.from_), moment)
        checks.amount("", self.count, len(there))
        return checks.amount("sent again", self.resent, sum(one.resent for one in there)).finding()

    def _is(self, flight: InFlight) -> bool:
        return (
            self.wire in ("any", kind_of(flight.segment))
            and self.connection in (None, flight.connection)
            and self.from_ in (None, flight.sender)
        )


class Sent(Fact, frozen=True, kw_only=True):
    """Segments that were sent since the step began."""

    KEY: ClassVar[str] = "sent"
    EXAMPLES: ClassVar[tuple[str, ...]] = (
        '{ sent = "any", count = 0 }',
        '{ sent = "RST", from = "server", connection = 1 }',
        '{ sent = "data", from = "client", to_port = "1f 41" }',
    )
    sent: Annotated[Kind, doc("what kind of segment")]
    connection: Annotated[int | None, doc("only of this connection")] = None
    from_: Annotated[Host | None, doc("only from this host")] = None
    again: Annotated[bool | None, doc("only those that repeat an earlier one, or only those that don't")] = (
        None
    )
    to_port: Annotated[
        str | None,
        doc("only those whose TCP header has these two bytes as destination port, in this order: `1f 41`"),
    ] = None
    count: Annotated[Amount, doc("how many")] = AT_LEAST_ONE

    def flaw(self) -> str | None:
        """Bytes are written as in a hex dump."""
        if self.to_port is None or re.fullmatch("[0-9a-f]{2} [0-9a-f]{2}", self.to_port):
            return None
        return 'to_port: two bytes like "1f 41" were expected'

    def look(self, moment: Moment) -> Finding:
        """Each counts once, whatever became of it."""
        number = sum(
            self.sent in ("any", kind_of(arrow.segment))
            and self.connection in (None, arrow.connection)
            and self.from_ in (None, arrow.sender)
            and self.again in (None, arrow.retransmission)
            and self.to_port in (None, _port_bytes(arrow.segment))
            for arrow in moment.sent()
        )
        more = []
        if self.again is not None:
            more.append(said("again" if self.again else "for the first time"))
        if self.to_port is not None:
            more.append(said("to port {bytes}", bytes=self.to_port))
        subject = _subject("sent", self.sent, self.connection, self.from_, *more)
        return Checks(subject, moment).amount("", self.count, number).finding()


class Ignored(Fact, frozen=True, kw_only=True):
    """Segments that arrived since the step began, and that the receiving kernel ignored."""

    KEY: ClassVar[str] = "ignored"
    EXAMPLES: ClassVar[tuple[str, ...]] = (
        '{ ignored = "SYN", connection = 3, because = "accept-queue-full" }',
        '{ ignored = "any", count = 0 }',
    )
    ignored: Annotated[Kind, doc("what kind of segment")]
    connection: Annotated[int | None, doc("only of this connection")] = None
    because: Annotated[Cause | None, doc("only for this cause, as the kernel's counters prove it")] = None
    count: Annotated[Amount, doc("how many")] = AT_LEAST_ONE

    def look(self, moment: Moment) -> Finding:
        """The drops that the fold found the cause of."""
        dropped = [drop for drop in moment.drops if self._is(drop, moment)]
        why = [plain(self.because.value)] if self.because is not None else []
        subject = _subject("ignored", self.ignored, self.connection, None, *why)
        return Checks(subject, moment).amount("", self.count, len(dropped)).finding()

    def _is(self, drop: Drop, moment: Moment) -> bool:
        arrow = moment.arrows.get(drop.segment)
        return (
            self.connection in (None, drop.connection)
            and self.because in (None, drop.why)
            and (self.ignored == "any" or (arrow is not None and kind_of(arrow.segment) == self.ignored))
        )


def _port_bytes(segment: Segment) -> str:
    """The destination port (RFC 9293 §3.1) as it stands in the packet."""
    place = locate(segment.frame, segment.link)
    return "" if isinstance(place, Skipped) else segment.frame[place[2] + 2 : place[2] + 4].hex(" ")


def _subject(how: str, kind: Kind, connection: int | None, sender: Host | None, *more: Text) -> Text:
    """`sent: SYN of connection 1, again`."""
    which = joined((segments(kind, connection, sender), *more), ", ")
    return said("{how}: {which}", how=said(how), which=which)
