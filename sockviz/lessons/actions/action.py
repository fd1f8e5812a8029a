"""What an action is. Pure."""

from abc import abstractmethod

from sockviz.lessons.amounts import Amount, UnknownNumberError
from sockviz.lessons.moment import Moment
from sockviz.lessons.performance import Look, Performance
from sockviz.lessons.words import Word


class Action(Word, frozen=True, kw_only=True):
    """Something that is done."""

    def __str__(self) -> str:
        """As it is known: `release SYN-ACK`."""
        what = getattr(self, self.__struct_fields__[0])
        return f"{self.KEY} {what.text if isinstance(what, Amount) else what}"

    def endures(self) -> bool:
        """It is meant to be refused."""
        return False

    @abstractmethod
    def perform(self, look: Look) -> Performance:
        """Do it; `look` gives the world as it is whenever it is called."""


def value_of(amount: Amount, now: Moment) -> int | None:
    """What an amount comes to; None: a name in it is not known yet."""
    try:
        return amount.value(now.value)
    except UnknownNumberError:
        return None
