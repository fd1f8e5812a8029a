"""Watching as a view sees it: what is known, the playhead, and where the events come from.

A view calls `tick` once a frame, draws `watch`, and calls `send` and the playhead's verbs. No screen is known
here. Times are ns on the recording's clock, unless a name says otherwise.
"""

import time
from collections.abc import Callable

from sockviz.intents import Choose
from sockviz.session.pace import Pace
from sockviz.session.shown import Shown
from sockviz.session.source import Source
from sockviz.session.watch_timeline import WatchTimeline
from sockviz.world.watch.model import Watch


class Watching(Shown[WatchTimeline]):
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
        super().__init__(WatchTimeline(source.log), source, clock=clock, pace=Pace.REAL)

    @property
    def watch(self) -> Watch:
        """What is known at the playhead. Not to be kept: it changes in place when something comes in."""
        return self.timeline.watch_at(self.playback.t)

    def choose(self, *listeners: str) -> None:
        """Watch these listeners closely (by their local address); none: back to the list of all."""
        self.send(Choose(listeners=listeners))
