"""Puts a ladder together: chart, columns, and everything drawn into them."""

from collections.abc import Iterable
from typing import Final

from sockviz.export.ladder import left_host
from sockviz.export.story import Story
from sockviz.export.svg import furniture
from sockviz.export.svg.arrows import draw_arrows
from sockviz.export.svg.canvas import Canvas
from sockviz.export.svg.chart import Chart, chart
from sockviz.export.svg.queues import draw_queues, main_listener
from sockviz.export.svg.shape import Shape, places
from sockviz.export.svg.sides import draw_bars, draw_words, lanes

_AIR: Final = 26.0


def draw(
    story: Story, shape: Shape, top: float, times: Iterable[int] = (), *, captions: bool = False
) -> tuple[Canvas, float]:
    """The canvas with the whole ladder, its heads at `top`; and the height at which it ends.

    `times`: there is a row at each, whatever happened then.
    """
    made = chart(story, shape, times, captions=captions)
    below = top + furniture.HEAD
    _shift(made, below + _AIR)
    found = lanes(story, made)
    looks = main_listener(story)
    canvas = Canvas(made, places(shape, max(found.values(), default=0) + 1), left_host(story))
    furniture.draw_axes(canvas, below)
    furniture.draw_heads(canvas, furniture.hosts_of(story, looks), top)
    draw_queues(canvas, looks, below)
    draw_bars(canvas, story, found)
    draw_arrows(canvas, story)
    draw_words(canvas)
    furniture.draw_times(canvas)
    if captions:
        furniture.draw_captions(canvas)
    return canvas, made.bottom


def _shift(made: Chart, by: float) -> None:
    """Move all down."""
    for row in made.rows:
        row.y += by
    for heights in (made.sent, made.ended):
        for segment in heights:
            heights[segment] += by
    made.bottom += by
