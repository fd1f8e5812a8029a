"""What a look at a fact found: each thing expected beside what the kernel had. Pure."""

from collections.abc import Sequence
from typing import NamedTuple, Self

import msgspec

from sockviz.lessons.amounts import Amount, UnknownNumberError
from sockviz.lessons.moment import Moment
from sockviz.lessons.phrases import joined, plain, said, word
from sockviz.lessons.text import Text


class Check(NamedTuple):
    """One thing that a fact says."""

    name: Text | None
    """None: it is what the subject says that is checked."""
    expected: Text
    had: Text
    holds: bool


class Finding(msgspec.Struct, frozen=True):
    """A fact, compared with the world."""

    subject: Text
    checks: tuple[Check, ...]

    @property
    def holds(self) -> bool:
        """All that the fact says is so."""
        return all(check.holds for check in self.checks)

    @property
    def expected(self) -> Text:
        """`server 1: state SYN_RECV, owner no`."""
        checks = joined((_pair(check.name, check.expected) for check in self.checks), ", ")
        return said("{subject}: {checks}", subject=self.subject, checks=checks)

    @property
    def had(self) -> Text:
        """`state ESTABLISHED, owner no`."""
        return joined((_pair(check.name, check.had) for check in self.checks), ", ")


def _pair(name: Text | None, value: Text) -> Text:
    return said("{name} {value}", name=name, value=value) if name is not None else value


class Checks:
    """Collects the checks of one fact; what the fact does not mention (None) is not checked."""

    def __init__(self, subject: Text, moment: Moment) -> None:
        self._subject = subject
        self._moment = moment
        self._checks: list[Check] = []

    def same(self, name: str, expected: str | None, had: str | Text) -> Self:
        """A word; `had` may say more than a word, and is another one then."""
        if expected is not None:
            told = had if isinstance(had, Text) else word(had)
            self._checks.append(Check(said(name), word(expected), told, expected == had))
        return self

    def quoted(self, name: str, expected: str | None, had: str) -> Self:
        """What a program sent or received: whatever it says."""
        if expected is not None:
            self._checks.append(Check(said(name), plain(expected), plain(had), expected == had))
        return self

    def flag(self, name: str, expected: bool | None, had: bool | None) -> Self:  # noqa: FBT001 - data
        """Yes or no; `had` None: it can't be said."""
        return self.same(name, None if expected is None else _word(expected), _word(had))

    def amount(self, name: str, expected: Amount | None, had: int | None) -> Self:
        """A number; `had` None: there is none."""
        if expected is None:
            return self
        try:
            holds = had is not None and expected.allows(had, self._moment.value)
        except UnknownNumberError:
            holds = False
        told = said("none") if had is None else plain(had)
        what = said(name) if name else None
        self._checks.append(Check(what, expected.told(self._moment.value), told, holds))
        return self

    def each(self, name: str, expected: Sequence[object] | None, had: Sequence[object]) -> Self:
        """A list, in its order."""
        if expected is not None:
            holds = list(map(str, expected)) == list(map(str, had))
            self._checks.append(Check(said(name), _list(expected), _list(had), holds))
        return self

    def finding(self) -> Finding:
        """All of them."""
        return Finding(self._subject, tuple(self._checks))


def _word(flag: bool | None) -> str:  # noqa: FBT001 - data
    return "unknown" if flag is None else "yes" if flag else "no"


def _list(items: Sequence[object]) -> Text:
    return joined(map(word, items), " → ") if items else said("nothing")
