"""The ladder: time, two lifelines, arrows between them, states and calls beside them. Pure geometry.

    0.0833            connect(3) … │                        │
    0.0834             #1 SYN_SENT │─ #1 SYN ──────────────▶│
    0.0958          #1 ESTABLISHED │◀──────────── SYN-ACK ──│ #1 SYN_RECV

An arrow is one row if nothing else happened while the segment was under way; else it is two, one where it
left and one where it arrived. A call is one row if nothing happened while the program was in it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from textwrap import wrap
from typing import Final

from sockviz import harmless
from sockviz.export import words
from sockviz.export.story import Story
from sockviz.world.labels import duration, label
from sockviz.world.model import Arrow, SystemCall, Transition

_TIME: Final = 10
_LONG: Final = 10_000_000
"""A flight of at least this long (ns) is written on its arrow."""

Thing = Arrow | SystemCall | Transition | str


@dataclass(slots=True)
class Row:
    """What one moment shows."""

    t: int
    sides: tuple[list[str], list[str]] = field(default_factory=lambda: ([], []))
    """Beside the left lifeline and beside the right one, a line each."""
    arrow: Arrow | None = None
    begins: bool = True
    """The arrow's beginning is on this row."""
    ends: bool = False
    call: int | None = None
    note: str = ""
    """Across the wire."""


def ladder(story: Story, width: int) -> Iterator[str]:
    """The lines of the ladder."""
    shape = Shape(width, left_host(story))
    yield from shape.heading(story)
    for row in _rows(story, shape.left):
        yield from shape.lines(row)


def left_host(story: Story) -> str:
    """The host whose lifeline is on the left."""
    header = story.world.header
    return header.hosts[0].name if header is not None and header.hosts else "client"


def _moments(story: Story) -> list[tuple[int, int, Thing]]:
    """(t, what kind, thing), in order; at one time: calls that enter, segments, states, calls that return."""
    found: list[tuple[int, int, Thing]] = [(t, _NOTE, text) for t, text in story.notes]
    found.extend((call.entered, _ENTERED, call) for call in story.calls)
    for arrow in story.arrows:
        found.append((arrow.sent, _SENT, arrow))
        if arrow.arrived is not None:
            found.append((arrow.arrived, _ARRIVED, arrow))
    found.extend((transition.t, _STATE, transition) for transition in story.transitions)
    found.extend((call.returned, _RETURNED, call) for call in story.calls if call.returned is not None)
    return sorted(found, key=lambda moment: moment[:2])


_NOTE, _ENTERED, _SENT, _ARRIVED, _STATE, _RETURNED = range(6)


def _rows(story: Story, left: str) -> list[Row]:
    rows: list[Row] = []
    for t, kind, thing in _moments(story):
        last = rows[-1] if rows else Row(-1)
        match thing:
            case Arrow():
                _add_arrow(rows, last, t, thing, arrived=kind == _ARRIVED)
            case Transition():
                _add_state(rows, last, thing, left)
            case SystemCall():
                _add_call(rows, last, t, thing, left, returned=kind == _RETURNED)
            case _:
                rows.append(Row(t, note=harmless.replaced(thing)))
    return rows


def _add_arrow(rows: list[Row], last: Row, t: int, arrow: Arrow, *, arrived: bool) -> None:
    if not arrived:
        rows.append(Row(t, arrow=arrow))
    elif last.arrow is arrow:
        last.ends = True
    else:
        rows.append(Row(t, arrow=arrow, begins=False, ends=True))


def _add_state(rows: list[Row], last: Row, transition: Transition, left: str) -> None:
    side = int(transition.host != left)
    text = words.state(transition)
    arrow = last.arrow
    if arrow is not None and arrow.connection == transition.connection and not last.sides[side]:
        when = arrow.sent if arrow.sender == transition.host else arrow.arrived
        if when == transition.t:
            last.sides[side].append(text)
            return
    rows.append(Row(transition.t))
    rows[-1].sides[side].append(f"{words.number(transition.connection) or 'listener'} {text}")


def _add_call(rows: list[Row], last: Row, t: int, call: SystemCall, left: str, *, returned: bool) -> None:
    side = int(call.host != left)
    if call.name not in words.BLOCKING and call.result is not None:
        if not returned:
            rows.append(Row(t))
            rows[-1].sides[side].append(f"{words.entered(call)} {words.outcome(call)}")
    elif not returned:
        rows.append(Row(t, call=call.id))
        rows[-1].sides[side].append(f"{words.entered(call)} …")
    elif last.call == call.id and call.result is not None:
        last.sides[side][0] = f"{words.entered(call)} {words.outcome(call)}"
    elif call.result is not None:
        rows.append(Row(t))
        rows[-1].sides[side].append(words.returned(call))


class Shape:
    """Where things are on a line of `width` columns."""

    def __init__(self, width: int, left: str) -> None:
        self.left = left
        self._wire = max(24, (width - _TIME) * 3 // 8)
        self._side = (width - _TIME - self._wire - 4) // 2

    def heading(self, story: Story) -> Iterator[str]:
        """The names of the hosts."""
        header = story.world.header
        names = [harmless.replaced(host.name) for host in header.hosts] if header is not None else []
        if len(names) > 1:
            yield self._line("", names[0][: self._side], " " * self._wire, names[1][: self._side])

    def lines(self, row: Row) -> Iterator[str]:
        """The lines of one row."""
        left, right = (self._wrapped(side) for side in row.sides)
        middle = [self._arrow(row)] if row.arrow is not None else self._note(row.note)
        if row.arrow is not None and (row.ends or row.arrow.dropped is not None):
            middle += wrap(words.cause(row.arrow), self._wire - 2)
        for number in range(max(len(left), len(right), len(middle), 1)):
            yield self._line(
                words.seconds(row.t) if number == 0 else "",
                left[number] if number < len(left) else "",
                middle[number] if number < len(middle) else "",
                right[number] if number < len(right) else "",
            )

    def _line(self, time: str, left: str, middle: str, right: str) -> str:
        beside = f"{time:>{_TIME - 1}} {left:>{self._side}} │"
        return f"{beside}{middle:^{self._wire}}│ {right}".rstrip()

    def _wrapped(self, texts: list[str]) -> list[str]:
        return [line for text in texts for line in wrap(text, self._side)]

    def _note(self, note: str) -> list[str]:
        return wrap(f"· {note} ·", self._wire) if note else []

    def _arrow(self, row: Row) -> str:
        """One line of the wire: `─ #1 SYN ──────────▶`."""
        arrow = row.arrow
        if arrow is None:
            return ""
        text = f" {words.number(arrow.connection)} {label(arrow.segment)} ".replace("  ", " ")
        if arrow.retransmission:
            text += "again "
        if row.ends and arrow.arrived is not None and arrow.arrived - arrow.sent >= _LONG:
            text += f"{duration(arrow.arrived - arrow.sent)} "
        room = max(self._wire - len(text) - 2, 1)
        if arrow.dropped is not None:
            line, head = "─" * (room // 2), "X"
        else:
            line, head = "─" * room, "X" if arrow.ignored else "▶"
        if not row.ends and arrow.dropped is None:
            line, head = "─" * (room // 2) + " ─" * (room // 4), ""
        start = "─" if row.begins else " "
        drawn = (
            f"{start}{text}{line}{head}"
            if row.begins
            else f" {'─ ' * (room // 4)}{text}{'─' * (room // 2)}{head}"
        )
        if arrow.sender == self.left:
            return drawn.ljust(self._wire) if row.begins else drawn.rjust(self._wire)
        return self._mirrored(drawn, text, begins=row.begins)

    def _mirrored(self, drawn: str, text: str, *, begins: bool) -> str:
        """The same from right to left; the words stay as they are."""
        before, after = drawn.split(text, 1)
        turned = f"{after[::-1]}{text}{before[::-1]}".replace("▶", "◀")
        return turned.rjust(self._wire) if begins else turned.ljust(self._wire)
