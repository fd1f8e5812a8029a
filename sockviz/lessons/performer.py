"""Carries out a list of actions, one after the other, each when the one before has come to rest. Pure."""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple, Protocol

from sockviz.intents import Intent
from sockviz.lessons.performance import REST, Look, Performance, Waiting
from sockviz.lessons.phrases import plain, said
from sockviz.lessons.text import Text

RESTLESS: Final = 3_000_000_000
"""Rest is waited for no longer than this, ns, on top of what the wire's delay takes."""


class Performable(Protocol):
    """What can be carried out: an action, or something between two."""

    def endures(self) -> bool:
        """It is meant to be refused."""

    def perform(self, look: Look) -> Performance:
        """As `Action.perform`."""


class Task(NamedTuple):
    """Something to be carried out."""

    action: Performable
    timeout: int
    """How long it may wait for what it needs, ns."""


class Performer:
    """Tasks under way."""

    def __init__(self, tasks: Iterable[Task], look: Look) -> None:
        self.waiting = plain("")
        """What is waited for."""
        self.failed: Performable | None = None
        """What waited too long; nothing more is done."""
        self._left = list(tasks)
        self._look = look
        self._task = self._left[0] if self._left else None
        self._performance: Performance | None = None
        self._resting = False
        self._since: int | None = None
        """Since when the present wait lasts."""

    @property
    def current(self) -> Performable | None:
        """What is being carried out, or was last."""
        return self._task.action if self._task is not None else None

    @property
    def done(self) -> bool:
        """All is done and at rest, or it failed."""
        return self.failed is not None or not (self._left or self._performance or self._resting)

    def go(self, t: int, *, rests: bool) -> Iterator[Intent]:
        """Go on as far as possible: what is to be sent now. `rests`: everything is at rest."""
        while not self.done:
            if self._resting and not self._rested(t, rests=rests):
                return
            if self._performance is None:
                if not self._left:
                    return
                self._task = self._left.pop(0)
                self._performance = self._task.action.perform(self._look)
            step = next(self._performance, None)
            if isinstance(step, Intent):
                self._since = None
                yield step
            elif isinstance(step, Waiting):
                self._wait(t, step.what)
                return
            else:
                self._performance = self._performance if step == REST else None
                self._resting, self._since, rests = True, None, False

    def _rested(self, t: int, *, rests: bool) -> bool:
        self.waiting = said("rest")
        self._since = t if self._since is None else self._since
        if rests or t - self._since > RESTLESS + 4 * self._look().world.wire.delay:
            self._resting, self._since = False, None
        return not self._resting

    def _wait(self, t: int, what: Text) -> None:
        self.waiting = what
        self._since = t if self._since is None else self._since
        patience = 4 * self._look().world.wire.delay
        if self._task is not None and t - self._since > self._task.timeout + patience:
            self.failed = self._task.action
