"""What the runner knows of the run: the world, what happened since the step began, rest. Pure."""

from collections.abc import Sequence
from typing import Final

from sockviz.events import AnyEvent, CallReturned, Header, RequestRefused
from sockviz.lessons.moment import Moment
from sockviz.lessons.stillness import Stillness
from sockviz.world.fold import advance
from sockviz.world.model import Arrow, Drop, World

REMEMBERED: Final = 20_000
"""Segments, calls and drops that are remembered, at most."""


class Witness:
    """Folds events."""

    def __init__(self) -> None:
        self.refused = ""
        """Why the last request since `begin` was refused."""
        self._stillness = Stillness()
        self._world = World()
        self._base = World()
        self._arrows: dict[int, Arrow] = {}
        self._drops: list[Drop] = []
        self._data: dict[int, bytes] = {}
        self._newest = 0
        """The newest segment when the step began."""
        self._moment: Moment | None = None

    def receive(self, events: Sequence[AnyEvent]) -> None:
        """Take events; a header begins a new run."""
        for event in events:
            if isinstance(event, Header):
                self.__init__()  # type: ignore[misc]
            self._stillness.note(event)
            if isinstance(event, CallReturned) and event.data:
                self._data[event.call] = event.data
            elif isinstance(event, RequestRefused):
                self.refused = event.reason
        since = max((n for n, event in enumerate(events) if isinstance(event, Header)), default=0)
        self._world, facts = advance(self._world, events[since:])
        self._arrows |= {fact.id: fact for fact in facts if isinstance(fact, Arrow)}
        self._drops += [fact for fact in facts if isinstance(fact, Drop)]
        self._forget()
        self._moment = None

    def _forget(self) -> None:
        for kept in (self._arrows, self._data):
            while len(kept) > REMEMBERED:
                del kept[next(iter(kept))]
        del self._drops[:-REMEMBERED]

    def begin(self) -> None:
        """A step begins now."""
        self._base, self.refused = self._world, ""
        self._newest = max(self._arrows, default=0)
        self._drops = []
        self._moment = None

    def moment(self) -> Moment:
        """What facts are judged by."""
        if self._moment is None:
            self._moment = Moment(
                self._world, self._base, self._arrows, self._newest, self._drops, self._data
            )
        return self._moment

    @property
    def world(self) -> World:
        """As it is now."""
        return self._world

    def rests(self, t: int) -> bool:
        """Everything is at rest."""
        return self._stillness.rests(self._world, t)
