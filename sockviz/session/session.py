"""One run as a view sees it: log, playhead, and where the events come from, behind one object.

A view calls `tick` once a frame, draws what the properties say, and calls `send` and the playhead's verbs.
It knows no screen: no Textual here. Times are ns on the recording's clock, unless a name says otherwise.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from sockviz.errors import UserError
from sockviz.events import AnyEvent, Header
from sockviz.intents import Intent, Mark, Quit
from sockviz.session.index import Kind
from sockviz.session.pace import Pace
from sockviz.session.plan import Plan
from sockviz.session.playback import Mode, Playback
from sockviz.session.source import Source
from sockviz.session.timeline import Timeline
from sockviz.tcp.states import State
from sockviz.world.model import Arrow, Transition, World

LONGEST_FRAME: Final = 250_000_000
"""ns; what passes at most in front of the screen between two ticks."""
_FAST: Final = frozenset({"loopback", "pcap"})
"""Sources in which all is over before anybody has seen it."""
_LOADING_FRAME: Final = 100_000_000
"""ns between two looks at how far a recording has been read."""


def _nothing() -> None:
    """Nobody looks."""


class Session:
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
        recorded = bool(source.replayed)
        self.timeline = Timeline(log=source.log)
        self.playback = Playback(self.timeline, recorded=recorded)
        if recorded:
            self.playback.mode, self.playback.more = Mode.PAUSED, True
        self.expired = False
        """The plan's duration is over: the run ends, and so should a view."""
        self.on_change: Callable[[], None] = _nothing
        """Called when something came in or the run ended: a view draws then, and need not keep looking."""
        self._source = source
        self._clock = clock
        self._ticked = clock()
        self._told = self._ticked
        self._offset: int | None = None
        self._opened = False
        self._seen: tuple[World, int, World] | None = None

    # what comes in

    async def run(self) -> None:
        """Take events until there are no more.

        Raises:
            UserError: a live run could not start, or its engine died.
        """
        try:
            await self._source.carry(self.receive)
        finally:
            self.playback.more = False
            self.on_change()

    def receive(self, events: Sequence[AnyEvent]) -> None:
        """Take events into the log."""
        first = not len(self.timeline)
        self.timeline.extend(events)
        if first and self.header is not None and self.header.source in _FAST:
            self.playback.set_pace(Pace.SLOW)
        latency = self._clock() - self.timeline.end
        self._offset = latency if self._offset is None else min(self._offset, latency)
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

    def tick(self, now: int) -> None:
        """Move the playhead; `now`: CLOCK_MONOTONIC, ns (`time.monotonic_ns()`)."""
        # A view that did not look for a while, since nothing moved, has missed nothing.
        passed, self._ticked = min(max(0, now - self._ticked), LONGEST_FRAME), now
        if self._offset is None:
            return
        self.playback.tick(passed, self._edge(now))
        if self.plan.duration is not None and self.playback.edge >= self.plan.duration and not self.expired:
            self.expired = True
            self.send(Quit())

    def _edge(self, now: int) -> int:
        """The newest moment: of a live run, now."""
        if self.recorded or self.ended or self.timeline.edge.ended is not None or self._offset is None:
            return self.timeline.end
        return max(self.timeline.end, now - self._offset)

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

    @property
    def now(self) -> int:
        """The playhead."""
        return self.playback.t

    @property
    def ready(self) -> bool:
        """The run has begun: there is something to show."""
        return self.timeline.header is not None

    @property
    def header(self) -> Header | None:
        """Of the run, if it has begun."""
        return self.timeline.header

    @property
    def mode(self) -> Mode:
        """live, playing (behind the run), paused."""
        return self.playback.mode

    @property
    def speed(self) -> float:
        """Of playing."""
        return self.playback.speed

    @property
    def pace(self) -> Pace:
        """What is done with the time between two events."""
        return self.playback.pace

    @property
    def in_slow_motion(self) -> bool:
        """What is shown is shown slower than it was."""
        return self.playback.in_slow_motion

    @property
    def behind(self) -> int:
        """How far the playhead is behind the live edge, ns; in slow motion it always is."""
        return self.playback.behind

    @property
    def past(self) -> bool:
        """The user went back, or stood still while the run went on: what is shown is no longer what is."""
        return (
            self.mode is not Mode.LIVE
            and not self.recorded
            and not self.in_slow_motion
            and self.timeline.next_event(self.now) is not None
        )

    @property
    def plan(self) -> Plan:
        """What the run was to be."""
        return self._source.plan

    @property
    def recorded(self) -> bool:
        """A recording is shown: nothing is live, and nothing can be asked for."""
        return self.playback.recorded

    @property
    def name(self) -> str:
        """What is replayed; empty: a live run is shown."""
        return self._source.replayed

    @property
    def progress(self) -> float:
        """How much of a recording has been read, 0 to 1."""
        return self._source.progress

    @property
    def recording(self) -> Path | None:
        """Where the run is being recorded."""
        return self._source.recording

    @property
    def notice(self) -> str:
        """What the user must know and is no event: why there is no lab, why the recording stopped."""
        return self._source.notice

    @property
    def failure(self) -> UserError | None:
        """Why the run ended, if not in order; `run` raised it, too."""
        return self._source.failure

    @property
    def ended(self) -> bool:
        """The engine is gone: nothing more will come, and intents go nowhere."""
        return self._source.ended

    def arrows(self, count: int) -> Sequence[Arrow]:
        """The last `count` segments up to the playhead, oldest first, their fate only if known by then."""
        return self.timeline.last_arrows(count, self.now)

    def transitions(self, count: int) -> Sequence[Transition]:
        """The last `count` state changes up to the playhead, oldest first."""
        return self.timeline.last_transitions(count, self.now)

    # the whole of it, as long as it takes to play

    def fraction(self, t: int) -> float:
        """Where `t` is between the start and the newest moment, 0 to 1."""
        index, pace = self.timeline.index, self.playback.pace
        return index.played(t, pace) / max(index.played(self.playback.edge, pace), 1)

    def moment(self, fraction: float) -> int:
        """The time at `fraction`; the inverse of `fraction`."""
        index, pace = self.timeline.index, self.playback.pace
        t = index.at_played(round(fraction * index.played(self.playback.edge, pace)), pace)
        return min(t, self.playback.edge)

    def density(self, columns: int) -> list[int]:
        """How much happens in each of `columns` equal parts."""
        index, pace = self.timeline.index, self.playback.pace
        return index.density(columns, index.played(self.playback.edge, pace), pace)

    # what can be done

    def send(self, intent: Intent) -> None:
        """Ask the engine for something; what came of it is seen in the world (`refused`, if it was)."""
        self._source.send(intent)

    def pause(self) -> None:
        """Stand still."""
        self.playback.pause()

    def play(self) -> None:
        """Go on from where the playhead is."""
        self.playback.play()

    def step(self, direction: int, kind: Kind = Kind.MOMENT) -> None:
        """Stand still at the next (1) or the previous (-1) event of that kind."""
        self.playback.step(direction, kind)

    def seek(self, t: int) -> None:
        """Stand still at `t`."""
        self.playback.seek(t)

    def live(self) -> None:
        """Jump to the live edge; of a recording, to its end."""
        self.playback.live()

    def faster(self, direction: int) -> None:
        """Play faster (1) or slower (-1)."""
        self.playback.faster(direction)

    def set_pace(self, pace: Pace) -> None:
        """Do that with the time between two events."""
        self.playback.set_pace(pace)

    def mark(self) -> None:
        """Mark the moment that is shown: in the recording if it is the newest one, else for this view."""
        text = f"mark {len(self.timeline.marks) + 1}"
        if self.mode is Mode.LIVE and not self.ended:
            self.send(Mark(text=text))
        else:
            self.timeline.add_mark(self.now, text)
            self.on_change()

    async def close(self) -> None:
        """End the run in order, within a bounded time. Once `run` has returned the recording is complete."""
        await self._source.close()

    def kill(self) -> None:
        """Leave no process behind, from anywhere, whatever happened; after an orderly end there is none."""
        self._source.kill()
