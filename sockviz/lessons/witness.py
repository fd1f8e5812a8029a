"""What the runner knows of the run: the world, what happened since the step began, rest. Pure."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from sockviz.events import AnyEvent, CallReturned, RequestRefused
from sockviz.lessons.moment import Moment
from sockviz.lessons.stillness import Stillness
from sockviz.world.fold import advance
from sockviz.world.model import Arrow, Drop, SystemCall, World

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
        self._returned: dict[int, SystemCall] = {}
        self._data: dict[int, bytes] = {}
        self._newest = 0
        """The newest segment when the step began."""
        self._moment: Moment | None = None

    def receive(self, events: Sequence[AnyEvent]) -> None:
        """Take events of one run, in order."""
        for event in events:
            self._stillness.note(event)
            if isinstance(event, CallReturned) and event.data:
                self._data[event.call] = event.data
            elif isinstance(event, RequestRefused):
                self.refused = event.reason
        for some in _up_to_returns(events):
            self._fold(some)
        self._forget()
        self._moment = None

    def _fold(self, events: Sequence[AnyEvent]) -> None:
        """Some events, of which at most the last one is the return of a call."""
        self._world, facts = advance(self._world, events)
        self._arrows |= {fact.id: fact for fact in facts if isinstance(fact, Arrow)}
        self._drops += [fact for fact in facts if isinstance(fact, Drop)]
        last = events[-1]
        if isinstance(last, CallReturned):
            # The world has only the last call of each thread.
            program = self._world.programs.get((last.host, last.pid))
            made = (call for call in program.calls.values() if call.id == last.call) if program else ()
            self._returned |= {call.id: call for call in made}

    def _forget(self) -> None:
        for kept in (self._arrows, self._data, self._returned):
            for oldest in list(islice(kept, max(len(kept) - REMEMBERED, 0))):
                del kept[oldest]
        del self._drops[:-REMEMBERED]

    def begin(self) -> None:
        """A step begins now."""
        self._base, self.refused = self._world, ""
        self._newest = max(self._arrows, default=0)
        self._drops = []
        self._moment = None

    def endure(self) -> None:
        """What was refused was meant to be."""
        self.refused, self._moment = "", None

    def moment(self) -> Moment:
        """What facts are judged by."""
        if self._moment is None:
            self._moment = Moment(
                world=self._world,
                base=self._base,
                arrows=self._arrows,
                newest=self._newest,
                drops=self._drops,
                returned=self._returned,
                refused=self.refused,
                data=self._data,
            )
        return self._moment

    @property
    def world(self) -> World:
        """As it is now."""
        return self._world

    def rests(self, t: int) -> bool:
        """Everything is at rest."""
        return self._stillness.rests(self._world, t)


def _up_to_returns(events: Sequence[AnyEvent]) -> Iterator[Sequence[AnyEvent]]:
    """All events, cut after each return of a call."""
    begin = 0
    for index, event in enumerate(events):
        if isinstance(event, CallReturned):
            yield events[begin : index + 1]
            begin = index + 1
    if begin < len(events):
        yield events[begin:]
