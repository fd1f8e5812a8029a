"""What the two screens of watched listeners share: who is shown, how it is drawn. Draws nothing."""

from dataclasses import dataclass, field

from sockviz.session.playback import Mode
from sockviz.session.watching import Watching
from sockviz.tui.actions.action import Situation, Watched
from sockviz.tui.density import Density
from sockviz.tui.situation import kinds
from sockviz.tui.textual_themes import DEFAULT, textual_name
from sockviz.tui.watch.view import SPANS
from sockviz.world.model import World


@dataclass
class Attention:
    """What somebody looks at, and how."""

    watching: Watching
    density: Density = Density.NORMAL
    echo: bool = False
    theme_before: str = field(default_factory=lambda: textual_name(DEFAULT))
    """What the projector mode is left for."""
    followed: tuple[str, ...] = ()
    """The chosen listeners that a screen was opened for."""
    focus: str = ""
    """The one of them that is shown."""
    span: int = SPANS[1]

    @property
    def large(self) -> bool:
        """For a projector."""
        return self.density is Density.LARGE

    def look_at(self, local: str) -> None:
        """Show this one of those that are watched closely."""
        self.focus = local

    def next(self, by: int = 1) -> None:
        """Show the next one."""
        chosen = self.watching.watch.chosen
        if chosen:
            at = chosen.index(self.focus) if self.focus in chosen else -by
            self.focus = chosen[(at + by) % len(chosen)]

    def settle(self) -> None:
        """One of those that are watched closely is shown."""
        chosen = self.watching.watch.chosen
        if chosen and self.focus not in chosen:
            self.focus = chosen[0]

    def shown_span(self, now: int) -> int:
        """How much is plotted: no more than there is, or there would be little to see at the beginning."""
        return min(self.span, next((span for span in SPANS if span >= now), self.span))

    def stretch(self, direction: int) -> None:
        """Plot a longer (1) or a shorter time."""
        self.span = SPANS[min(max(SPANS.index(self.span) + direction, 0), len(SPANS) - 1)]

    def situation(self, watched: Watched) -> Situation:
        """What actions and hints are judged by."""
        watching, edge = self.watching, self.watching.timeline.edge
        before, after = kinds(watching)
        read = watching.recorded or watching.ended or edge.sampled
        return Situation(
            world=World(header=watching.header if read else None, refused=edge.refused),
            over=not watching.recorded and (watching.ended or edge.ended is not None),
            past=watching.past,
            replayed=watching.name,
            paused=watching.mode is Mode.PAUSED,
            before=before,
            after=after,
            at_end=watching.now >= watching.playback.edge,
            speed=watching.speed,
            pace=watching.pace,
            large=self.large,
            watched=watched,
        )
