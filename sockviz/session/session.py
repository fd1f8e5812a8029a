"""One run as a view sees it: log, playhead, and where the events come from, behind one object.

A view calls `tick` once a frame, draws what the properties say, and calls `send` and the playhead's verbs.
It knows no screen: no Textual here. Times are ns on the recording's clock, unless a name says otherwise.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from sockviz.events import AnyEvent
from sockviz.session.pace import Pace
from sockviz.session.shown import Shown
from sockviz.session.source import Source
from sockviz.session.timeline import Timeline
from sockviz.tcp.states import State
from sockviz.world.model import Arrow, Transition, World

_FAST: Final = frozenset({"loopback", "pcap"})
"""Sources in which all is over before anybody has seen it."""
_LOADING_FRAME: Final = 100_000_000
"""ns between two looks at how far a recording has been read."""


class Session(Shown[Timeline]):
    """A run, live or recorded.

    Use, in a view with an event loop::

        session = Session(Run.start(plan))   # or Session(Replay(path))
        await session.run()                  # a task of its own: returns when the run has ended, or raises
        session.tick(time.monotonic_ns())    # once a frame; then draw:
        session.world, session.now, session.arrows(40), session.transitions(200)
        await session.close()                # before leaving

    Args:
        source: where the events come from.
        clock: CLOCK_MONOTONIC, ns; the one that `tick` is given.
    """

    def __init__(self, source: Source, *, clock: Callable[[], int] = time.monotonic_ns) -> None:
        super().__init__(Timeline(log=source.log), source, clock=clock)
        self._told = self._ticked
        self._opened = False
        """There has been a listener to connect to."""
        self._seen: tuple[World, int, World] | None = None

    # what comes in

    def receive(self, events: Sequence[AnyEvent]) -> None:
        """Take events into the log."""
        first = not len(self.timeline)
        self._take(events)
        if first and self.header is not None and self.header.source in _FAST:
            self.playback.set_pace(Pace.SLOW)
        if not self.timeline.edge.connections:
            # The server's first calls are no lesson: they have been made when the user begins to look.
            self.playback.skip(self.timeline.end)
        self._open()
        now = self._clock()
        if first or not self.recorded or now - self._told >= _LOADING_FRAME:
            self._told = now
            self.on_change()

    def _open(self) -> None:
        """Ask for the opening when there is a listener to connect to."""
        listeners = self.timeline.edge.listeners.values()
        if not self._opened and any(listener.state is State.LISTEN for listener in listeners):
            self._opened = True
            for intent in self.plan.opening:
                self.send(intent)

    @property
    def begun(self) -> bool:
        """Whatever is to be there from the start is: of a run of our programs, the listener."""
        if self.header is None or self._opened:
            return self._opened
        return self.recorded or not self.plan.setup.listen or "programs" in self.header.capabilities

    # what there is to see, at the playhead

    @property
    def world(self) -> World:
        """What is true at the playhead.

        On loopback nobody knows in advance when a segment will arrive, but the playhead lags: there each
        segment in flight has, as `due`, when it did arrive.
        """
        world = self.timeline.world_at(self.playback.t)
        if self._seen is None or self._seen[0] is not world or self._seen[1] != len(self.timeline):
            self._seen = (world, len(self.timeline), self._with_arrivals(world))
        return self._seen[2]

    def _with_arrivals(self, world: World) -> World:
        due = self.timeline.arrivals(world)
        in_flight = world.wire.in_flight
        if all(in_flight[segment].due == t for segment, t in due.items()):
            return world
        known = {id_: replace(one, due=due.get(id_, one.due)) for id_, one in in_flight.items()}
        return replace(world, wire=replace(world.wire, in_flight=known))

    def arrows(self, count: int) -> Sequence[Arrow]:
        """The last `count` segments up to the playhead, oldest first, their fate only if known by then."""
        return self.timeline.last_arrows(count, self.now)

    def transitions(self, count: int) -> Sequence[Transition]:
        """The last `count` state changes up to the playhead, oldest first."""
        return self.timeline.last_transitions(count, self.now)
