"""One run as a view sees it: the log, the playhead, the link to the engine and the recording, behind one object.

A view calls `tick` once a frame, draws what the properties say, and calls `send` and the playhead's verbs. It knows no
screen: no Textual here. Times are ns on the recording's clock, unless a name says otherwise.
"""

from collections.abc import Sequence
from pathlib import Path

from sockviz.errors import UserError
from sockviz.events import AnyEvent, Header
from sockviz.intents import Intent, Setup
from sockviz.session.engine import EngineLink
from sockviz.session.playback import Mode, Playback
from sockviz.session.timeline import Timeline
from sockviz.world.model import Arrow, Transition, World


class Session:
    """A run, live.

    Use, in a view with an event loop::

        session = Session(link)          # made by the command line
        await session.run()              # in a task of its own: returns when the run ended, raises UserError
        session.tick(time.monotonic_ns())    # once a frame; then draw:
        session.world, session.now, session.arrows(40), session.transitions(200)
        await session.close()            # before leaving
    """

    timeline: Timeline
    playback: Playback
    setup: Setup
    notice: str = ""
    """One sentence that the user must know and that is no event: why loopback replaces the lab, a recording that failed."""
    failure: UserError | None = None
    """Why the run ended, if it did not end in order. `run` raised it, too."""
    ended: bool = False
    """The engine is gone: nothing more will come, and intents go nowhere."""

    # what comes in

    async def run(self) -> None:
        """Take the engine's events until it ends. Falls back from the lab to loopback where there is no lab.

        Raises:
            UserError: the run could not start, or the engine died.
        """

    def receive(self, events: Sequence[AnyEvent]) -> None:
        """Take events: into the recording and the log."""

    def tick(self, now: int) -> None:
        """Move the playhead; `now`: CLOCK_MONOTONIC, ns (`time.monotonic_ns()`)."""

    # what there is to see, at the playhead

    @property
    def world(self) -> World:
        """What is true at the playhead.

        Where the wire is not ours (loopback) and the playhead lags, each segment in flight has `due`: when it did arrive.
        """

    @property
    def now(self) -> int:
        """The playhead."""

    @property
    def ready(self) -> bool:
        """The first events are here: there is something to show."""

    @property
    def header(self) -> Header | None:
        """Of the run, if it has begun."""

    @property
    def mode(self) -> Mode:
        """live, playing (behind the run), paused."""

    @property
    def speed(self) -> float:
        """Of playing, and of slow motion."""

    @property
    def in_slow_motion(self) -> bool:
        """What is shown is shown slower than it was."""

    @property
    def behind(self) -> int:
        """ns from the playhead to the live edge."""

    @property
    def recording(self) -> Path | None:
        """Where the run is being recorded."""

    def arrows(self, count: int) -> list[Arrow]:
        """The last `count` segments up to the playhead, oldest first, their fate only if known by then."""

    def transitions(self, count: int) -> list[Transition]:
        """The last `count` state changes up to the playhead, oldest first."""

    # what can be done

    def send(self, intent: Intent) -> None:
        """Ask the engine for something. What came of it is seen in the world (`World.refused`, if it was refused)."""

    def toggle_pause(self) -> None:
        """Stand still, or go on from there."""

    def step(self, direction: int) -> None:
        """Stand still at the next (1) or the previous (-1) visible event."""

    def seek(self, t: int) -> None:
        """Stand still at `t`."""

    def live(self) -> None:
        """Jump to the live edge."""

    def faster(self, direction: int) -> None:
        """Play faster (1) or slower (-1)."""

    async def close(self) -> None:
        """End the run in order, within a bounded time; the recording is complete after it."""
