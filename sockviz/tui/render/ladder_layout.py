"""The geometry of the ladder: which row a segment, its end and a change of state stand in. No drawing.

     time       client                         server
    1.000     SYN_SENT ░── ●1 SYN  seq 0 ──╮   ┊
    1.400              ░                   ╰──▶▒ SYN_RECV
                       ░   ╭── ●1 SYN-ACK ─────▒
    1.800  ESTABLISHED █◀──╯                   ▒
    ⋮ 3 s              █                       ▒
    4.800              █╌╌ ●1 ACK ╌╌▶          ▒

Time flows down. A row is a moment; rows are next to each other however long apart, and a long silence is a
row `⋮` of its own. A segment begins in the row of its sending and ends in that of its end: the same row if
it took no time to speak of and nothing happened meanwhile. No two segments are sent in one row, so that
labels never meet; two segments of one timestamp take two rows. A change of state stands beside the segment
that made it.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from sockviz.tcp.states import State
from sockviz.tui.render.caption import wrap
from sockviz.world.model import Arrow, Transition

SLOPED: Final = 20_000_000
"""A flight longer than this, ns, goes down by a row."""
_NOTE: Final = 3
"""Rows that a cause has at most."""
_NUMBERS: Final = re.compile("[:(\uff1a]")
"""Where the numbers of a cause begin: at a colon (also the Chinese one) or a parenthesis."""
SILENCE: Final = 1_000_000_000
"""A gap longer than this, ns, is marked."""
_NONE: Final[Mapping[Any, Any]] = MappingProxyType({})


class End(Enum):
    """How a segment's way ended."""

    ARRIVED = "arrived"
    IGNORED = "ignored"
    LOST = "lost"
    FLYING = "flying"


class Rung(NamedTuple):
    """A segment in the ladder."""

    arrow: Arrow
    rightward: bool
    first: int
    """Row of the sending."""
    last: int
    """Row of the end; `first` if it is the same or not known yet."""
    end: End


class Row(NamedTuple):
    """A moment, or (`gap`) a silence of so many ns."""

    t: int
    gap: int = 0
    note: str = ""
    """Why what arrived in the rows above was ignored: a row, or more of them, of its own."""
    changes: Mapping[str, Transition] = _NONE
    """Host → the change of state that stands in this row."""
    states: Mapping[tuple[str, int], State] = _NONE
    """(host, connection) → the state after this row."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The whole ladder; rows from the oldest to the newest."""

    rows: tuple[Row, ...] = ()
    rungs: tuple[Rung, ...] = ()
    connections: tuple[int, ...] = ()
    """The connections that occur, in order."""


class _Row:
    """A row while it is being filled."""

    __slots__ = ("changes", "gap", "note", "t", "touched")

    def __init__(self, t: int, gap: int = 0, note: str = "") -> None:
        self.t = t
        self.gap = gap
        self.note = note
        self.changes: dict[str, Transition] = {}
        self.touched: dict[str, int] = {}
        """Host → when a segment began or ended there in this row."""

    @property
    def until(self) -> int:
        """When the last thing in it happened."""
        return max([self.t, *self.touched.values(), *(change.t for change in self.changes.values())])


class _Builder:
    """Puts moments into rows, in the order of time."""

    def __init__(self, *, compact: bool, notes: int, say: Callable[[str], str]) -> None:
        self.rows: list[_Row] = []
        self.rungs: dict[int, Rung] = {}
        self.open: set[int] = set()
        self.compact = compact
        self.notes = notes
        self.say = say
        self.told = ""
        """The cause that was told last: the same one again is not worth a row."""

    def send(self, arrow: Arrow, end: End) -> None:
        """A segment leaves, in a row that no other segment leaves in."""
        row = self._reusable(arrow.sent) or self._new(arrow.sent)
        row.touched[arrow.sender] = arrow.sent
        at = len(self.rows) - 1
        self.rungs[arrow.id] = Rung(arrow, arrow.sender == "client", at, at, end)
        self.open.add(arrow.id)

    def finish(self, arrow: Arrow, t: int) -> None:
        """A segment's way ends: in the row where it began, or in a new one."""
        rung = self.rungs[arrow.id]
        short = self.compact or t - arrow.sent <= SLOPED
        row = self.rows[rung.first]
        if row is not self.rows[-1] or not short:
            row = self._new(t)
            self.rungs[arrow.id] = rung._replace(last=len(self.rows) - 1)
        if arrow.dropped is None:
            row.touched[arrow.receiver] = t
        self.open.discard(arrow.id)
        if arrow.ignored and arrow.cause and self.notes and arrow.cause != self.told:
            self.told = arrow.cause
            self.rows += [_Row(t, note=line) for line in _note(self.say(arrow.cause), self.notes)]

    def change(self, change: Transition) -> None:
        """A state changes: beside the segment that did it, if that was at this moment."""
        host, t = change.host, change.t
        for row in self.rows[-4:]:
            if row.touched.get(host) == t and host not in row.changes:
                break
        else:
            last = self._reusable(t)
            row = last if last is not None and host not in last.changes else self._new(t)
        row.changes[host] = change

    def _reusable(self, t: int) -> _Row | None:
        """The last row, if it is of the same moment and no segment touches it."""
        row = self.rows[-1] if self.rows else None
        free = row is not None and row.t == t and not (row.touched or row.gap or row.note)
        return row if free else None

    def _new(self, t: int) -> _Row:
        """A row at the end; a silence before it is marked, unless a slope shows it."""
        silence = t - self.rows[-1].until if self.rows and not self.open else 0
        if silence >= SILENCE:
            self.rows.append(_Row(t, silence))
        self.rows.append(_Row(t))
        return self.rows[-1]


def _note(cause: str, width: int) -> list[str]:
    """The cause in rows; without its numbers, if it is too long with them."""
    lines = wrap(cause, width, _NOTE + 1)
    return lines if len(lines) <= _NOTE else wrap(_NUMBERS.split(cause)[0], width, _NOTE)


def lay_out(
    arrows: Iterable[Arrow],
    transitions: Iterable[Transition],
    current: Mapping[tuple[str, int], State],
    *,
    now: int,
    only: int | None = None,
    compact: bool = False,
    notes: int = 0,
    say: Callable[[str], str] = str,
) -> Layout:
    """The ladder of what happened up to `now`.

    Args:
        arrows: In any order; an end after `now` counts as not known yet.
        transitions: In the order of time.
        current: (host, connection) → state at `now`, for those without a transition in the list.
        now: The playhead.
        only: Show this connection alone.
        compact: Draw a segment in one row whenever nothing happens before it arrives.
        notes: Cells for the causes of what was ignored; 0: none are told.
        say: Says a cause in the language of the view.
    """
    shown = [a for a in arrows if a.sent <= now and a.cause != "resent" and only in {None, a.connection}]
    changes = [
        c for c in transitions if c.t <= now and c.connection is not None and only in {None, c.connection}
    ]
    moments: list[tuple[int, int, int, Callable[[], None]]] = []
    builder = _Builder(compact=compact, notes=notes, say=say)
    for arrow in shown:
        end, t = _end(arrow, now)
        moments.append((arrow.sent, 2, arrow.id, partial(builder.send, arrow, end)))
        if t is not None:
            moments.append((t, 0 if t > arrow.sent else 3, arrow.id, partial(builder.finish, arrow, t)))
    moments += [(change.t, 1, at, partial(builder.change, change)) for at, change in enumerate(changes)]
    for *_, act in sorted(moments, key=lambda moment: moment[:3]):
        act()
    connections = {c.connection for c in changes} | {a.connection for a in shown}
    known = tuple(sorted(one for one in connections if one is not None))
    return Layout(_with_states(builder.rows, known, changes, current), tuple(builder.rungs.values()), known)


def _end(arrow: Arrow, now: int) -> tuple[End, int | None]:
    """How the segment's way has ended by `now`, and when."""
    if arrow.dropped is not None and arrow.dropped <= now:
        return End.LOST, arrow.dropped
    if arrow.arrived is not None and arrow.arrived <= now:
        return (End.IGNORED if arrow.ignored else End.ARRIVED), arrow.arrived
    return End.FLYING, None


def _with_states(
    rows: Sequence[_Row],
    connections: Sequence[int],
    changes: Sequence[Transition],
    current: Mapping[tuple[str, int], State],
) -> tuple[Row, ...]:
    """The rows with the state of every end after each."""
    shown = set(connections)
    states = {key: state for key, state in current.items() if key[1] in shown}
    for change in reversed(changes):
        if change.connection is not None:
            states[change.host, change.connection] = change.before
    done = []
    for row in rows:
        news = {(c.host, c.connection): c.after for c in row.changes.values() if c.connection is not None}
        states = states | news if news else states
        done.append(Row(row.t, row.gap, row.note, row.changes, states))
    return tuple(done)
