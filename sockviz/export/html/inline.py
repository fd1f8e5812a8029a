"""A ladder as an element of the page: what grows is cut off at the playhead, the rest comes step by step."""

from itertools import groupby

from sockviz.export.html.film import Film
from sockviz.export.story import Story
from sockviz.export.svg.canvas import Canvas, Layer
from sockviz.export.svg.ladder import draw
from sockviz.export.svg.shape import Shape
from sockviz.export.svg.xml import number, tag

_TOP, _FOOT = 8.0, 24.0


def ladder(name: str, story: Story, made: Film, shape: Shape) -> tuple[str, list[float]]:
    """The element, and the height of each step in it. A part with `data-s` belongs to that step."""
    canvas, height = draw(story, shape, _TOP, made.times)
    heights = [round(canvas.chart.y(t), 1) for t in made.times]
    return _element(name, canvas, height + _FOOT, made), heights


def _element(name: str, canvas: Canvas, height: float, made: Film) -> str:
    width, layers = canvas.places.width, canvas.layers
    whole = tag("rect", x=0, y=0, width=width, height=height)
    growing = [markup for _, markup in layers[Layer.GROWING]]
    rows = canvas.chart.rows
    over = [(made.step(rows[row].t), at, markup) for at, (row, markup) in enumerate(layers[Layer.OVER])]
    parts = [
        *(markup for _, markup in layers[Layer.FRAME]),
        tag("g", *growing, clip_path=f"url(#grow-{name})") if growing else "",
        *(
            tag("g", *(markup for *_, markup in several), data_s=str(step))
            for step, several in groupby(sorted(over), key=lambda item: item[0])
        ),
    ]
    return (
        f'<svg class="ladder {name}" viewBox="0 0 {number(width)} {number(height)}" role="img" '
        f'aria-label="What went over the wire, time flowing down">\n'
        + tag("clipPath", whole, id=f"grow-{name}")
        + "\n".join(parts)
        + "</svg>"
    )
