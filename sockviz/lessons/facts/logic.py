"""Facts about facts: not, any, all. Pure."""

from collections.abc import Iterable
from typing import Annotated, ClassVar

from sockviz.lessons.facts.fact import Fact
from sockviz.lessons.finding import Check, Finding
from sockviz.lessons.moment import Moment
from sockviz.lessons.phrases import joined, said
from sockviz.lessons.text import Text
from sockviz.lessons.words import doc


class Not(Fact, frozen=True, kw_only=True):
    """The opposite of a fact."""

    KEY: ClassVar[str] = "not"
    EXAMPLES: ClassVar[tuple[str, ...]] = (
        '{ not = { call = "client 1", name = "connect", blocked = true } }',
    )
    not_: Annotated[Fact, doc("the fact")]

    def look(self, moment: Moment) -> Finding:
        """It must not hold."""
        inner = self.not_.look(moment)
        return Finding(said("not"), (Check(None, inner.expected, inner.had, not inner.holds),))


class AnyOf(Fact, frozen=True, kw_only=True):
    """At least one of some facts."""

    KEY: ClassVar[str] = "any"
    EXAMPLES: ClassVar[tuple[str, ...]] = (
        '{ any = [{ connection = 1, server = "none" }, { connection = 1, server = "SYN_RECV" }] }',
    )
    any: Annotated[tuple[Fact, ...], doc("the facts")]

    def look(self, moment: Moment) -> Finding:
        """One is enough."""
        return _joined(said("any of"), self.any, moment, enough=any)


class AllOf(Fact, frozen=True, kw_only=True):
    """All of some facts; for use inside of `not` and `any`."""

    KEY: ClassVar[str] = "all"
    EXAMPLES: ClassVar[tuple[str, ...]] = (
        '{ all = [{ queue = "accept", depth = 1 }, { queue = "SYN", depth = 0 }] }',
    )
    all: Annotated[tuple[Fact, ...], doc("the facts")]

    def look(self, moment: Moment) -> Finding:
        """Every one."""
        return _joined(said("all of"), self.all, moment, enough=all)


def _joined(subject: Text, facts: Iterable[Fact], moment: Moment, *, enough: object) -> Finding:
    inner = [fact.look(moment) for fact in facts]
    holds = (any if enough is any else all)(one.holds for one in inner)
    expected = joined((one.expected for one in inner), "; ")
    had = joined((one.had for one in inner), "; ")
    return Finding(subject, (Check(None, expected, had, holds),))
