"""How an action is carried out: intents one by one, with what is waited for between them. Pure.

An action is performed by a generator. It yields an intent to have it sent, `Waiting` while the world is not
yet as it must be (it is asked again when anything changed), and `REST` to go on when all that was set off has
come to rest.
"""

from collections.abc import Callable, Generator
from typing import Final, Literal, TypeAlias

import msgspec

from sockviz.intents import Call, Intent
from sockviz.lessons.moment import Moment
from sockviz.lessons.names import Held, Holder
from sockviz.lessons.phrases import said
from sockviz.lessons.text import Text
from sockviz.world.model import SystemCall

Look: TypeAlias = Callable[[], Moment]


class Waiting(msgspec.Struct, frozen=True):
    """Not yet."""

    what: Text
    """What is waited for: `its arrival`."""


REST: Final = "rest"
Performance: TypeAlias = Generator[Intent | Waiting | Literal["rest"], None, None]

_MAY_BLOCK: Final = frozenset({"accept", "connect", "recv", "recvfrom", "send", "sendto"})


def until(look: Look, condition: Callable[[Moment], bool], what: Text) -> Performance:
    """Wait until something is so."""
    while not condition(look()):
        yield Waiting(what)


def held(look: Look, holder: Holder) -> Generator[Waiting, None, Held]:
    """Wait for a descriptor, and return it."""
    while (found := holder.find(look().world)) is None:
        yield Waiting(
            said("a descriptor of {holder}", holder=holder.phrase)
            if holder.program is None
            else said("the program {name}", name=holder)
        )
    return found


def call(look: Look, intent: Call, *, returns: bool | None = None) -> Performance:
    """Have a call made; go on when it has returned, or, if it may block, when it has been entered."""
    before = {one.id for one in _calls(look(), intent)}
    yield intent
    name = "close" if intent.name == "abort" else intent.name
    while (made := _newest(look(), intent, name, before)) is None:
        yield Waiting(said("{name}() to be called", name=name))
    while returns is not False and name not in _MAY_BLOCK and made is not None and made.returned is None:
        yield Waiting(said("{name}() to return", name=name))
        made = _newest(look(), intent, name, before)


def _calls(now: Moment, intent: Call) -> list[SystemCall]:
    """What the program that is told to has called."""
    programs = now.world.programs
    return [
        one
        for one in now.calls()
        if one.host == intent.host
        and (one.pid == intent.pid if intent.pid else programs[one.host, one.pid].name == intent.program)
    ]


def _newest(now: Moment, intent: Call, name: str, before: set[int]) -> SystemCall | None:
    found = (one for one in _calls(now, intent) if one.name == name and one.id not in before)
    return max(found, key=lambda one: one.id, default=None)
