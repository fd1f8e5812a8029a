"""What a bench finds: figures of ours, beside those of a peer in the same minute, and the targets they have.

Whatever else runs on a machine slows both of a pair: so ratios are of pairs, the median of several.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Final, Literal, TypeVar

TIMES: Final = "\N{MULTIPLICATION SIGN}"

Pair = tuple[float, float]
"""Ours, theirs."""


class Skip(Exception):  # noqa: N818 - not an error
    """This can't be measured here; the message says why."""


@dataclass(frozen=True)
class Spread:
    """Several measurements of one thing."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        return median(self.values)

    @property
    def low(self) -> float:
        return min(self.values)

    @property
    def high(self) -> float:
        return max(self.values)


@dataclass(frozen=True)
class Limit:
    """What is to be reached."""

    side: Literal["≤", "≥"]
    value: float

    def met(self, found: float) -> bool:
        return found <= self.value if self.side == "≤" else found >= self.value


def at_most(value: float) -> Limit:
    return Limit("≤", value)


def at_least(value: float) -> Limit:
    return Limit("≥", value)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the table."""

    what: str
    unit: str
    ours: Spread
    peer: str = ""
    theirs: Spread | None = None
    ratio: Spread | None = None
    """How often theirs is ours or ours is theirs (`faster`), pair by pair."""
    faster: bool = False
    """The ratio says how many times less ours takes; else how many times more."""
    target: Limit | None = None
    """Of the ratio, if there is one; else of ours."""
    note: str = ""
    short: bool = field(default=False)
    """It belongs into the README's table."""

    @property
    def met(self) -> bool | None:
        """None: there is no target."""
        judged = self.ratio or self.ours
        return None if self.target is None else self.target.met(judged.median)


def compare(
    what: str,
    unit: str,
    peer: str,
    pairs: Iterable[Pair],
    target: Limit | None = None,
    *,
    faster: bool = False,
    note: str = "",
    short: bool = False,
) -> Row:
    """A row of pairs."""
    ours, theirs = zip(*pairs, strict=True)
    quotients = (b / a if faster else a / b for a, b in zip(ours, theirs, strict=True))
    return Row(
        what=what,
        unit=unit,
        ours=Spread(ours),
        peer=peer,
        theirs=Spread(theirs),
        ratio=Spread(tuple(quotients)),
        faster=faster,
        target=target,
        note=note,
        short=short,
    )


def alone(
    what: str,
    unit: str,
    values: Sequence[float],
    target: Limit | None = None,
    *,
    note: str = "",
    short: bool = False,
) -> Row:
    """A row that nothing is beside."""
    return Row(what=what, unit=unit, ours=Spread(tuple(values)), target=target, note=note, short=short)


T = TypeVar("T")


def by_turns(count: int, *work: Callable[[], T]) -> list[tuple[T, ...]]:
    """`count` rounds of each, the order turned round each time."""
    rounds = []
    for number in range(count):
        order = list(enumerate(work))[:: -1 if number % 2 else 1]
        found = {place: one() for place, one in order}
        rounds.append(tuple(found[place] for place in range(len(work))))
    return rounds
