"""What is shown, live or recorded, as far as it does not matter what that is: playhead, source, time bar.

It knows no screen and no world: `session` is a run's, `watching` that of watched listeners. Times are ns on
the recording's clock, unless a name says otherwise.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final, Generic, Protocol, TypeVar

from sockviz.errors import UserError
from sockviz.events import AnyEvent, Header
from sockviz.intents import Intent, Mark, Quit
from sockviz.session.index import Index, Kind
from sockviz.session.marks import Marks
from sockviz.session.pace import Pace
from sockviz.session.plan import Plan
from sockviz.session.playback import Log, Mode, Playback
from sockviz.session.source import Source

LONGEST_FRAME: Final = 250_000_000
"""ns; what passes at most in front of the screen between two ticks."""


def nothing() -> None:
    """Nobody looks."""


class _Edge(Protocol):
    """The newest moment."""

    @property
    def ended(self) -> str | None:
        """Why nothing more comes."""


class Events(Log, Protocol):
    """The log, and what is known of it."""

    header: Header | None
    marks: Marks
    index: Index

    @property
    def edge(self) -> _Edge:
        """The newest moment."""

    @property
    def end(self) -> int:
        """When the last event happened."""

    def __len__(self) -> int:
        """How many events."""

    def extend(self, events: Iterable[AnyEvent]) -> None:
        """Append events."""


T_co = TypeVar("T_co", bound=Events, covariant=True)


class Shown(Generic[T_co]):
    """Events as they come in, and the playhead among them.

    Args:
        timeline: what keeps the events.
        source: where they come from.
        clock: CLOCK_MONOTONIC, ns; the one that `tick` is given.
        pace: what is done with the time between two events.
    """

    def __init__(
        self,
        timeline: T_co,
        source: Source,
        *,
        clock: Callable[[], int] = time.monotonic_ns,
        pace: Pace = Pace.SHORT,
    ) -> None:
        recorded = bool(source.replayed)
        self.timeline = timeline
        self.playback = Playback(timeline, pace=pace, recorded=recorded)
        if recorded:
            self.playback.mode, self.playback.more = Mode.PAUSED, True
        self.expired = False
        """The plan's duration is over: the run ends, and so should a view."""
        self.on_change: Callable[[], None] = nothing
        """Called when something came in or the run ended: a view draws then, and need not keep looking."""
        self._source = source
        self._clock = clock
        self._ticked = clock()
        self._offset: int | None = None

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
        self._take(events)
        self.on_change()

    def _take(self, events: Sequence[AnyEvent]) -> None:
        self.timeline.extend(events)
        latency = self._clock() - self.timeline.end
        self._offset = latency if self._offset is None else min(self._offset, latency)

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

    # what there is to see

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
            self.timeline.marks.add(self.now, text)
            self.on_change()

    async def close(self) -> None:
        """End the run in order, within a bounded time. Once `run` has returned the recording is complete."""
        await self._source.close()

    def kill(self) -> None:
        """Leave no process behind, from anywhere, whatever happened; after an orderly end there is none."""
        self._source.kill()
