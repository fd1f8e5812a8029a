"""Watching without a screen: what is observed as JSON lines, and a summary on standard error at the end.

What is true is decided by `sockviz.world.watch`; the loop is `sockviz.loop`.
"""

from collections.abc import Sequence

from sockviz import loop
from sockviz.errors import printable
from sockviz.events import AnyEvent
from sockviz.intents import Intent
from sockviz.session.run import Run
from sockviz.watching_summary import summary
from sockviz.world.watch.fold import fold
from sockviz.world.watch.model import Watch


def play(run: Run) -> int:
    """Watch on a started engine until the duration is over or somebody wants the end; the exit status.

    Raises:
        UserError: it could not start, its engine died, or its events could not be written.
        BrokenPipeError: nobody reads standard output any more.
    """
    player = _Player(run.plan.duration)
    failure = loop.play(run, player).failure
    loop.say([printable(line) for line in summary(player.watch)])
    if failure is not None:
        raise failure
    return 0


class _Player:
    """Takes in what is observed, and looks at the clock."""

    def __init__(self, duration: int | None) -> None:
        self.watch = Watch()
        self.done = False
        """Somebody wants the end, or the time is over."""
        self._duration = duration

    def receive(self, events: Sequence[AnyEvent]) -> list[Intent]:
        """Nothing is asked for."""
        for event in events:
            fold(self.watch, event)
        return []

    def tick(self, t: int) -> list[Intent]:
        """The duration may be over."""
        self.done |= self._duration is not None and t >= self._duration
        return []

    def end(self, t: int) -> list[Intent]:  # noqa: ARG002 - as its siblings
        """The operator wants the end."""
        self.done = True
        return []
