"""`export --to svg`: the whole picture, complete in itself: no script, no font, no reference to anything."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from sockviz.events import AnyEvent
from sockviz.export.excerpt import Excerpt
from sockviz.export.story import Story, tell
from sockviz.export.svg import style
from sockviz.export.svg.canvas import Canvas, Layer, words
from sockviz.export.svg.ladder import draw
from sockviz.export.svg.legend import legend
from sockviz.export.svg.shape import CAPTION, WIDE
from sockviz.export.svg.xml import number, tag, text
from sockviz.harmless import replaced
from sockviz.inks import DARK, LIGHT, Inks
from sockviz.tcp.states import State

MOST: Final = 300
"""Segments that are drawn."""
THEMES: Final = {"light": LIGHT, "dark": DARK}
_TOP: Final = 34.0
_FOOT: Final = 34.0


def render(events: Iterable[AnyEvent], theme: str = "light", *, captions: bool = False) -> Iterator[str]:
    """The lines of the picture, without line ends. All events are read before the first line comes.

    Args:
        events: A recording's.
        theme: One of `THEMES`.
        captions: With sentences beside the ladder that say what happens and why.
    """
    excerpt = Excerpt(events, MOST)
    story = tell(excerpt)
    shape = replace(WIDE, caption=CAPTION) if captions else WIDE
    canvas, height = draw(story, shape, _TOP, captions=captions)
    key, bottom = legend(canvas, story, height + 26)
    rest = excerpt.said()
    foot = words(shape.margin + shape.time, bottom + 4, _origin(story, rest), "k faint")
    yield from _document(canvas, THEMES[theme], story, key + foot, bottom + _FOOT)


def _origin(story: Story, rest: str) -> str:
    """Where it comes from, and what is not in it."""
    header = story.world.header
    parts = [rest]
    if header is not None:
        parts = [header.made_by, header.source, header.kernel, rest]
    return replaced(" · ".join(part for part in parts if part))


def _document(canvas: Canvas, inks: Inks, story: Story, after: str, height: float) -> Iterator[str]:
    width = canvas.places.width
    states = [state for state in State if any(one.after is state for one in story.transitions)]
    size = {"width": number(width), "height": number(height)}
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size["width"]}" height="{size["height"]}" '
        f'viewBox="0 0 {size["width"]} {size["height"]}" role="img">'
    )
    yield tag("title", text(f"TCP between {' and '.join(story_hosts(story)) or 'two hosts'}"))
    yield tag("style", text(style.sheet(inks, canvas.size)))
    yield tag("defs", *style.patterns(states)) if states else ""
    yield tag("rect", width=width, height=height, class_="paper")
    for layer in Layer:
        yield from (markup for _, markup in canvas.layers[layer] if markup)
    yield after
    yield "</svg>"


def story_hosts(story: Story) -> list[str]:
    """The hosts' names."""
    header = story.world.header
    return [host.name for host in header.hosts] if header is not None else []
