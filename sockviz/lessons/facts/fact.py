"""What a fact is. Pure."""

from abc import abstractmethod
from collections.abc import Iterable
from typing import ClassVar

from sockviz.lessons.finding import Finding
from sockviz.lessons.moment import Moment
from sockviz.lessons.words import Word


class Fact(Word, frozen=True, kw_only=True):
    """Something that is so, or isn't."""

    @abstractmethod
    def look(self, moment: Moment) -> Finding:
        """Compare it with the world."""

    def flaw(self) -> str | None:
        """Why it says nothing; None: it does."""
        told = [getattr(self, name) for name in self.__struct_fields__[1:]]
        return None if self.COMPLETE or any(one is not None for one in told) else "this fact says nothing"

    COMPLETE: ClassVar[bool] = True
    """Its key alone says something."""


def unmet(facts: Iterable[Fact], moment: Moment) -> tuple[Finding, ...]:
    """What does not hold."""
    return tuple(finding for fact in facts if not (finding := fact.look(moment)).holds)
