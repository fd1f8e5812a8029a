"""The ladder's rows: what happened at each moment, as what is drawn of it. No place, no colour."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Final

from sockviz.export import words
from sockviz.export.flights import Flight
from sockviz.export.looks import Look
from sockviz.export.story import Story
from sockviz.export.svg.measure import width_of, wrap
from sockviz.export.svg.shape import Shape
from sockviz.world.model import Narration, SystemCall, Transition

SILENCE: Final = 1_000_000_000
"""ns; a gap longer than this is said, unless a segment is under way."""
_SIGN: Final = 30.0
"""Pixels for a connection's sign beside a line."""


@dataclass(frozen=True, slots=True)
class Words:
    """A line beside a lifeline."""

    kind: str
    """`state`, `call`, `bad` (what was ignored and why)."""
    text: str
    connection: int | None = None
    transition: Transition | None = None


@dataclass(slots=True)
class Row:
    """A moment."""

    t: int
    y: float = 0
    """Its height, once it has one (`chart`)."""
    beside: dict[str, list[Words]] = field(default_factory=dict)
    """Host → lines, from `y` on downwards."""
    notes: list[str] = field(default_factory=list)
    """Across the wire."""
    sends: list[Flight] = field(default_factory=list)
    ends: list[Flight] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)
    captions: list[Narration] = field(default_factory=list)
    silence: int = 0
    """ns without anything before it, if it is to be said."""

    @property
    def tells(self) -> bool:
        """Something stands in it."""
        return bool(self.beside or self.sends or self.ends or self.notes)


class _Rows:
    """The rows while they are found, by their time."""

    def __init__(self) -> None:
        self.by_time: dict[int, Row] = {}

    def at(self, t: int) -> Row:
        """The row of this time."""
        return self.by_time.setdefault(t, Row(t))

    def beside(self, t: int, host: str) -> list[Words]:
        """The lines beside a lifeline."""
        return self.at(t).beside.setdefault(host, [])


def rows_of(
    story: Story, shape: Shape, under_way: list[Flight], times: Iterable[int], *, captions: bool
) -> list[Row]:
    """All moments of a story, and `times` whatever happened then, in order."""
    rows = _Rows()
    for t in times:
        rows.at(t)
    for t, text in story.notes:
        rows.at(t).notes.append(text)
    for one in story.transitions:
        rows.beside(one.t, one.host).append(Words("state", words.state(one), one.connection, one))
    for flight in under_way:
        _add_flight(rows, flight, shape)
    for call, t, text in _calls(story.calls, sorted(rows.by_time), shape) if shape.calls else ():
        rows.beside(t, call.host).append(Words("call", text, call.connection))
    for look in story.looks:
        rows.at(look.t).looks.append(look)
    for narration in story.narrations if captions else ():
        if narration.weight:
            rows.at(narration.t).captions.append(narration)
    ordered = sorted(rows.by_time.values(), key=lambda row: row.t)
    _mark_silences(ordered)
    return ordered


def _add_flight(rows: _Rows, flight: Flight, shape: Shape) -> None:
    rows.at(flight.arrow.sent).sends.append(flight)
    rows.at(flight.end).ends.append(flight)
    for t, _ in flight.points:
        rows.at(t)
    if flight.arrow.ignored:
        rows.beside(flight.end, flight.arrow.receiver).extend(_ignored(flight, shape))


def _ignored(flight: Flight, shape: Shape) -> Iterator[Words]:
    """Why the receiving kernel took no notice; the connection's sign beside the first line."""
    text = f"ignored: {words.cause(flight.arrow)}" if flight.arrow.cause and shape.calls else "ignored"
    for number, line in enumerate(wrap(text, shape.words - _SIGN, shape.size)):
        yield Words("bad", line, None if number else flight.arrow.connection)


def _calls(calls: list[SystemCall], busy: list[int], shape: Shape) -> Iterator[tuple[SystemCall, int, str]]:
    """(call, t, line): one that may block is told when it is entered and when it returns.

    `busy`: when something happens; a call that returns before anything did is one line.
    """
    for call in calls:
        until = call.entered if call.returned is None else call.returned
        meanwhile = bisect_right(busy, until) > bisect_right(busy, call.entered)
        if call.returned is not None and (call.name not in words.BLOCKING or not meanwhile):
            yield call, call.entered, _entered(call, words.outcome(call), shape)
            continue
        yield call, call.entered, _entered(call, "…", shape)
        if call.returned is not None and call.result is not None:
            yield call, call.returned, words.returned(replace(call, connection=None))


def _entered(call: SystemCall, after: str, shape: Shape) -> str:
    """Without its connection, whose sign stands beside it, and without arguments that are too long."""
    bare = replace(call, connection=None)
    room = shape.words - (0 if call.connection is None else _SIGN)
    text = f"{words.entered(bare)} {after}".rstrip()
    if width_of(text, shape.size) <= room:
        return text
    return f"{words.entered(replace(bare, args='…'))} {after}".rstrip()


def _mark_silences(rows: list[Row]) -> None:
    under_way: set[int] = set()
    for before, row in pairwise(rows):
        under_way |= {flight.arrow.id for flight in before.sends}
        under_way -= {flight.arrow.id for flight in before.ends}
        if row.t - before.t >= SILENCE and not under_way:
            row.silence = row.t - before.t
