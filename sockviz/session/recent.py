"""The segments and state changes that a view draws besides the world: the last ones, as they are known now.

This is a fold, too: what it keeps follows from the events up to a moment and from nothing else, so a look
back never shows what was not known then. Pure.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, TypeAlias

from sockviz.tcp.states import State
from sockviz.world.model import Arrow, Fact, Transition

ARROWS: Final = 100
TRANSITIONS: Final = 240
"""How many are kept: somewhat more than a screen shows."""

_Key: TypeAlias = tuple[str, str, str, int, State, State]


@dataclass(frozen=True, slots=True)
class Recent:
    """The last segments and state changes, oldest first."""

    arrows: tuple[Arrow, ...] = ()
    transitions: tuple[Transition, ...] = ()


class RecentDraft:
    """`Recent`, while it changes."""

    def __init__(self, recent: Recent) -> None:
        self._arrows: dict[int, Arrow] = {arrow.id: arrow for arrow in recent.arrows}
        self._transitions: dict[_Key, Transition] = {_key(one): one for one in recent.transitions}
        self._of_end: dict[tuple[str, str, str], list[_Key]] = {}
        """Host, local, remote → its keys, oldest first."""
        for key in self._transitions:
            self._note(key)

    def add(self, t: int, facts: Iterable[Fact]) -> bool:
        """Take what the event at `t` revealed; True: an end changed its state."""
        changed = False
        for fact in facts:
            if isinstance(fact, Arrow):
                self._add_arrow(t, fact)
            elif isinstance(fact, Transition):
                changed = self._add_transition(t, fact) or changed
        return changed

    def _add_arrow(self, t: int, arrow: Arrow) -> None:
        """A new one, or what became of one; of those that are out of sight nothing more is kept."""
        if arrow.id in self._arrows or arrow.sent == t:
            self._arrows[arrow.id] = arrow
            if len(self._arrows) > ARROWS:
                del self._arrows[next(iter(self._arrows))]

    def _add_transition(self, t: int, fact: Transition) -> bool:
        """A new one, or the confirmation of one."""
        key = _key(fact)
        new = fact.t == t and key not in self._transitions
        for _ in range(fact.corrects):
            self._take_back(fact)
        if new or key in self._transitions:
            self._transitions[key] = fact
            if new:
                self._note(key)
            if len(self._transitions) > TRANSITIONS:
                self._forget(next(iter(self._transitions)))
        return new

    def _take_back(self, correction: Transition) -> None:
        """The last one of the same end never happened."""
        end = (correction.host, correction.local, correction.remote)
        if keys := self._of_end.get(end):
            self._forget(keys[-1])

    def _note(self, key: _Key) -> None:
        self._of_end.setdefault(key[:3], []).append(key)

    def _forget(self, key: _Key) -> None:
        del self._transitions[key]
        keys = self._of_end[key[:3]]
        keys.remove(key)
        if not keys:
            del self._of_end[key[:3]]

    def freeze(self) -> Recent:
        """As it is now; the draft can go on."""
        return Recent(tuple(self._arrows.values()), tuple(self._transitions.values()))


def _key(fact: Transition) -> _Key:
    return (fact.host, fact.local, fact.remote, fact.t, fact.before, fact.after)
