"""What the colours, patterns and signs of a ladder mean: only those that occur in it."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from sockviz.export.story import Story
from sockviz.export.svg import style
from sockviz.export.svg.canvas import Canvas, cross, words
from sockviz.export.svg.measure import width_of
from sockviz.export.svg.xml import path, tag
from sockviz.tcp.states import State
from sockviz.world.model import Provenance

_LINE: Final = 24.0
_SAMPLE: Final = 26.0


class _Entry(NamedTuple):
    sample: str
    """Markup around (0, 0), `_SAMPLE` pixels wide."""
    meaning: str
    colour: str


def legend(canvas: Canvas, story: Story, top: float) -> tuple[str, float]:
    """The legend as markup, and the height after it."""
    shape = canvas.places.shape
    start, end = shape.margin + shape.time, canvas.places.width - shape.margin
    x, y, parts = start, top, []
    for several in (list(_states(story)), list(_signs(canvas, story))):
        for entry in several:
            width = _SAMPLE + 7 + width_of(entry.meaning, canvas.size - 1) + 18
            if x > start and x + width > end:
                x, y = start, y + _LINE
            content = words(_SAMPLE + 7, 0, entry.meaning, entry.colour)
            parts.append(tag("g", entry.sample, content, transform=f"translate({x:.0f} {y:.0f})"))
            x += width
        if several:
            x, y = start, y + _LINE
    return "".join(parts), y


def _states(story: Story) -> Iterator[_Entry]:
    for state in State:
        if (
            any(one.after is state for one in story.transitions if one.connection)
            and state is not State.CLOSED
        ):
            fill = f"url(#{style.pattern_id(state)})"
            swatch = tag("rect", x=0, y=-6, width=_SAMPLE, height=12, rx=2, fill=fill)
            yield _Entry(swatch, state.value, f"n {style.state_class(state)}")


def _signs(canvas: Canvas, story: Story) -> Iterator[_Entry]:
    arrows = [flight.arrow for flight in canvas.chart.flights]
    line = path((0, 0), (_SAMPLE, 0))
    if any(arrow.retransmission for arrow in arrows):
        yield _Entry(tag("path", d=line, class_="way again l-chip"), "sent again", "k dim")
    if any(flight.held for flight in canvas.chart.flights):
        yield _Entry(tag("path", d=line, class_="held l-chip"), "held on the wire", "k dim")
    if any(arrow.ignored or arrow.dropped is not None for arrow in arrows):
        yield _Entry(cross(_SAMPLE / 2, 0), "lost or ignored", "k dim")
    if any(one.provenance is not Provenance.SAMPLED for one in story.transitions):
        star = words(10, 0, "*", "s dim")
        yield _Entry(star, "inferred from what was seen, not read from the socket table", "k dim")
