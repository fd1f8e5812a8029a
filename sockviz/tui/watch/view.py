"""What the parts of a screen of watched listeners are given to draw: one value a frame."""

from dataclasses import dataclass, field
from typing import Final

from sockviz.tui.density import Density
from sockviz.world.watch.causes import GOES_ON
from sockviz.world.watch.model import Finding, Watch, WatchedListener

SECOND: Final = 1_000_000_000
SPANS: Final = (15 * SECOND, 60 * SECOND, 180 * SECOND, 600 * SECOND)
"""How much of the past is plotted, ns."""
RISING: Final = 10 * SECOND
"""ns; a drop is news for so long."""


@dataclass(frozen=True, slots=True)
class WatchView:
    """One frame. The `Watch` changes in place: compare `mark`, not what is in it."""

    watch: Watch = field(default_factory=Watch)
    now: int = 0
    """The playhead; ages and waits are told up to it."""
    focus: str = ""
    """The listener that is shown; empty: none is watched closely."""
    span: int = SPANS[1]
    states: frozenset[str] = frozenset()
    """Only connections in these are listed; none: all."""
    density: Density = Density.NORMAL
    tab: str = ""
    """Which one of `TABS` is shown, where they share a place."""
    end: str = "now"
    """What the plots' right end is called."""
    drops: frozenset[str] = frozenset()
    """Listeners that dropped something lately."""

    @property
    def listener(self) -> WatchedListener | None:
        """The one that is shown."""
        return self.watch.listeners.get(self.focus)

    @property
    def large(self) -> bool:
        """For a projector."""
        return self.density is Density.LARGE

    @property
    def mark(self) -> tuple[object, ...]:
        """Equal for two frames of the same moment."""
        watch = (id(self.watch), self.watch.version)
        return (*watch, self.focus, self.span, self.states, self.density, self.tab, self.drops)


TABS: Final = ("queues", "states", "table")


def rising(watch: Watch, now: int) -> frozenset[str]:
    """Listeners that dropped something in the last seconds."""
    return frozenset(
        local
        for local, listener in watch.listeners.items()
        if listener.dropped and listener.history.total(now - RISING, now).dropped
    )


def goes_on(finding: Finding, now: int) -> bool:
    """It is not over yet, as far as can be told."""
    return finding.last >= now - GOES_ON


def foremost(watch: Watch, now: int) -> Finding | None:
    """The finding to be shown first: one that goes on before one that is over, sure ones first, then new."""
    ranked = (
        (goes_on(one, now), one.listener is not None, one.certain, one.count, at)
        for at, one in enumerate(watch.findings)
    )
    best = max(ranked, default=None)
    if best is None:
        return None
    return watch.findings[best[-1]] if best[0] else watch.findings[-1]
