"""A run as text, for a terminal or a handout: calls, segments, states, and a summary.

Time runs down; the client's lifeline is on the left, the server's on the right. Characters that a terminal
would obey are replaced, wherever they came from.
"""

from collections.abc import Iterable, Iterator
from textwrap import wrap
from typing import Final

from sockviz import harmless
from sockviz.events import AnyEvent
from sockviz.export.ladder import ladder
from sockviz.export.story import Story, tell
from sockviz.export.summary import summary
from sockviz.world.model import Provenance

NARROWEST: Final = 72
_LEGEND: Final = "* inferred from what was seen; no reading of the socket table shows it"


def render(events: Iterable[AnyEvent], width: int = 80) -> Iterator[str]:
    """The lines of the text, without line ends, none wider than `width` columns (72 at least).

    All events are read before the first line comes.
    """
    story = tell(events)
    width = max(width, NARROWEST)
    yield from _heading(story, width)
    yield from ladder(story, width)
    if any(transition.provenance is not Provenance.SAMPLED for transition in story.transitions):
        yield _LEGEND
    yield ""
    yield from summary(story, width)


def _heading(story: Story, width: int) -> Iterator[str]:
    header = story.world.header
    if header is None:
        return
    parts = (header.made_by, header.source, header.kernel)
    yield harmless.replaced(" · ".join(part for part in parts if part))[:width]
    for hidden in header.hidden:
        yield from wrap(harmless.replaced(hidden), width)
    yield ""
