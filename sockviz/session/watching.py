"""Watching as a view sees it: what is known, the playhead, and where the events come from.

A view calls `tick` once a frame, draws `watch`, and calls `send` and the playhead's verbs. No screen is known
here. Times are ns on the recording's clock, unless a name says otherwise.
"""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from sockviz.errors import UserError
from sockviz.events import AnyEvent, Header
from sockviz.intents import Choose, Intent, Mark, Quit
from sockviz.session.index import Kind
from sockviz.session.pace import Pace
from sockviz.session.plan import Plan
from sockviz.session.playback import Mode, Playback
from sockviz.session.source import Source
from sockviz.session.watch_timeline import WatchTimeline
from sockviz.world.watch.model import Watch

LONGEST_FRAME: Final = 250_000_000
"""ns; what passes at most in front of the screen between two ticks."""


def _nothing() -> None:
    """Nobody looks."""


class Watching:
    """Watched listeners, live or recorded.

    Use, in a view with an event loop::

        watching = Watching(Run.start(plan))   # or Watching(Replay(path)), if its header's source is `watch`
        await watching.run()                   # a task of its own: returns when it has ended, or raises
        watching.tick(time.monotonic_ns())     # once a frame; then draw `watching.watch` at `watching.now`
        await watching.close()                 # before leaving

    Args:
        source: where the events come from.
        clock: CLOCK_MONOTONIC, ns; the one that `tick` is given.
    """

    def __init__(self, source: Source, *, clock: Callable[[], int] = time.monotonic_ns) -> None:
        recorded = bool(source.replayed)
        self.timeline = WatchTimeline(source.log)
        self.playback = Playback(self.timeline, pace=Pace.REAL, recorded=recorded)
        if recorded:
            self.playback.mode, self.playback.more = Mode.PAUSED, True
        self.expired = False
        """The plan's duration is over: watching ends, and so should a view."""
        self.on_change: Callable[[], None] = _nothing
        """Called when something came in, or it ended: a view draws then, and need not keep looking."""
        self._source = source
        self._clock = clock
        self._ticked = clock()
        self._offset: int | None = None

    # what comes in

    async def run(self) -> None:
        """Take events until there are no more.

        Raises:
            UserError: it could not start, or the engine died.
        """
        try:
            await self._source.carry(self.receive)
        finally:
            self.playback.more = False
            self.on_change()

    def receive(self, events: Sequence[AnyEvent]) -> None:
        """Take events into the log."""
        self.timeline.extend(events)
        latency = self._clock() - self.timeline.end
        self._offset = latency if self._offset is None else min(self._offset, latency)
        self.on_change()

    def tick(self, now: int) -> None:
        """Move the playhead; `now`: CLOCK_MONOTONIC, ns (`time.monotonic_ns()`)."""
        passed, self._ticked = min(max(0, now - self._ticked), LONGEST_FRAME), now
        if self._offset is None:
            return
        self.playback.tick(passed, self._edge(now))
        if self.plan.duration is not None and self.playback.edge >= self.plan.duration and not self.expired:
            self.expired = True
            self.send(Quit())

    def _edge(self, now: int) -> int:
        """The newest moment: live, now."""
        if self.recorded or self.ended or self.timeline.edge.ended is not None or self._offset is None:
            return self.timeline.end
        return max(self.timeline.end, now - self._offset)

    # what there is to see, at the playhead

    @property
    def watch(self) -> Watch:
        """What is known at the playhead. Not to be kept: it changes in place when something comes in."""
        return self.timeline.watch_at(self.playback.t)

    @property
    def now(self) -> int:
        """The playhead; ages and waits are told up to it, `Watch.t` may be a moment before it."""
        return self.playback.t

    @property
    def ready(self) -> bool:
        """Something is known: there is something to show."""
        return self.timeline.header is not None

    @property
    def header(self) -> Header | None:
        """What this level sees, and what it can't (`hidden`)."""
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
    def behind(self) -> int:
        """How far the playhead is behind the live edge, ns."""
        return self.playback.behind

    @property
    def plan(self) -> Plan:
        """What is watched, and for how long."""
        return self._source.plan

    @property
    def recorded(self) -> bool:
        """A recording is shown: nothing is live, and no other listeners can be chosen than were."""
        return self.playback.recorded

    @property
    def name(self) -> str:
        """What is replayed; empty: it happens now."""
        return self._source.replayed

    @property
    def progress(self) -> float:
        """How much of a recording has been read, 0 to 1."""
        return self._source.progress

    @property
    def recording(self) -> Path | None:
        """Where it is being recorded."""
        return self._source.recording

    @property
    def notice(self) -> str:
        """What the user must know and is no event: why the recording stopped."""
        return self._source.notice

    @property
    def failure(self) -> UserError | None:
        """Why it ended, if not in order; `run` raised it, too."""
        return self._source.failure

    @property
    def ended(self) -> bool:
        """The engine is gone: nothing more will come, and intents go nowhere."""
        return self._source.ended

    # what can be done

    def choose(self, *listeners: str) -> None:
        """Watch these listeners closely (by their local address); none: back to the list of all."""
        self.send(Choose(listeners=listeners))

    def send(self, intent: Intent) -> None:
        """Ask the engine for something; what came of it is seen in the watch (`refused`, if it was)."""
        self._source.send(intent)

    def pause(self) -> None:
        """Stand still."""
        self.playback.pause()

    def play(self) -> None:
        """Go on from where the playhead is."""
        self.playback.play()

    def step(self, direction: int, kind: Kind = Kind.MOMENT) -> None:
        """Stand still at the next (1) or the previous (-1) moment at which something was seen."""
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

    def mark(self) -> None:
        """Mark the moment that is shown: in the recording if it is the newest one, else for this view."""
        text = f"mark {len(self.timeline.marks) + 1}"
        if self.mode is Mode.LIVE and not self.ended:
            self.send(Mark(text=text))
        else:
            self.timeline.add_mark(self.now, text)
            self.on_change()

    async def close(self) -> None:
        """End in order, within a bounded time. Once `run` has returned the recording is complete."""
        await self._source.close()

    def kill(self) -> None:
        """Leave no process behind, from anywhere, whatever happened."""
        self._source.kill()
