"""What a widget is given to draw: one frozen value a frame. Widgets send messages back, know no session."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from sockviz.tui.density import Density
from sockviz.tui.translation import translated
from sockviz.world.model import Arrow, Transition, World

if TYPE_CHECKING:
    from sockviz.lessons.text import Language


@dataclass(frozen=True, slots=True)
class Selection:
    """What the operator points at."""

    connection: int | None = None
    side: str = "client"
    """The host that the calls (send, close …) are made on."""
    segment: int | None = None


class Spot(NamedTuple):
    """Something on the screen that is pointed at while it is spoken of.

    | kind | host | number | name |
    | --- | --- | --- | --- |
    | `host` | which | | |
    | `end`, `row` | which | the connection | |
    | `program`, `program-row` | which | its process: a socket that is no end of a connection | |
    | `listener`, `listener-row` | which | | |
    | `queue` | which | | `accept` or `SYN` |
    | `packet` | | the segment's id | |
    | `call` | | the call's id | |
    | `wire` | | | |

    A `row` is one of the socket table; it is pointed at in the host's panel, too.
    """

    kind: str
    host: str = ""
    number: int = 0
    name: str = ""


@dataclass(frozen=True, slots=True)
class StageView:
    """One frame of the stage."""

    world: World = field(default_factory=World)
    now: int = 0
    """The playhead, ns on the recording's clock; packets in flight are placed by it."""
    arrows: Sequence[Arrow] = ()
    """The recent segments with their fate, oldest first (fate not yet known at `now`: still on the wire)."""
    transitions: Sequence[Transition] = ()
    """The recent state changes up to `now`, oldest first."""
    selection: Selection = field(default_factory=Selection)
    pointed: frozenset[Spot] = frozenset()
    """What a lesson speaks of."""
    density: Density = Density.NORMAL
    language: "Language" = "en"
    frame: int = 0
    """Counts drawn frames; tests set it, so that animation is reproducible."""

    def say(self, text: str) -> str:
        """A text of ours in the view's language."""
        return translated(text, self.language)
