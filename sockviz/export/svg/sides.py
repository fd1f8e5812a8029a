"""Beside the lifelines: each end's states as bars, and words for states, calls and what was ignored."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from sockviz.export.story import Story
from sockviz.export.svg import style
from sockviz.export.svg.canvas import BADGE, Canvas, Layer, badge, badge_width, shape_of, words
from sockviz.export.svg.chart import LINE, Chart
from sockviz.export.svg.measure import fit
from sockviz.export.svg.rows import Words
from sockviz.export.svg.xml import tag
from sockviz.harmless import replaced
from sockviz.tcp.states import State

if TYPE_CHECKING:
    from sockviz.world.model import Transition

MOST_LANES: Final = 16
"""Connections at one time that have a bar."""

Key = tuple[str, int]
"""(host, connection)."""


def lanes(story: Story, chart: Chart) -> dict[int, int]:
    """Connection → its bars' place: 0 is next to the wire; as few as there are connections at one time.

    Connections that find no place have no bar.
    """
    spans: dict[int, list[float]] = {}
    for flight in chart.flights:
        if flight.arrow.connection is not None:
            spans.setdefault(flight.arrow.connection, []).append(chart.sent[flight.arrow.id])
    for transition in story.transitions:
        if transition.connection is not None:
            spans.setdefault(transition.connection, []).append(chart.y(transition.t))
    free: list[float] = []
    found: dict[int, int] = {}
    for number, ys in sorted(spans.items(), key=lambda span: (min(span[1]), span[0])):
        connection = story.world.connections.get(number)
        over = connection is None or connection.closed is not None
        end = max(ys) + LINE if over else chart.bottom
        lane = next((lane for lane, y in enumerate(free) if y < min(ys)), len(free))
        if lane == len(free) and len(free) < MOST_LANES:
            free.append(end)
        elif lane < len(free):
            free[lane] = end
        else:
            continue
        found[number] = lane
    return found


def draw_bars(canvas: Canvas, story: Story, found: dict[int, int]) -> None:
    """Each end's states one after the other, down to where it is gone or the chart ends."""
    heights = _heights(canvas.chart)
    ends: dict[Key, list[Transition]] = {}
    for transition in story.transitions:
        if transition.connection in found:
            ends.setdefault((transition.host, transition.connection or 0), []).append(transition)
    for (host, connection), several in ends.items():
        left = canvas.is_left(host)
        x = canvas.places.lane(found[connection], right=not left)
        width = canvas.places.bar - 2
        tops = [*(heights[id(one)] for one in several), canvas.chart.bottom]
        for transition, top, bottom in zip(several, tops, tops[1:], strict=False):
            row = canvas.chart.row(transition.t)
            if transition is several[0] and width > BADGE - 3:
                mark = shape_of(connection, x + width / 2, top - 7, style.chip(connection), min(width - 1, 7))
                canvas.add(Layer.OVER, row, mark)
            if transition.after is not State.CLOSED:
                canvas.add(Layer.GROWING, row, _bar(transition.after, x, top, width, bottom - top))


def _heights(chart: Chart) -> dict[int, float]:
    """Transition (by identity) → the height of its word."""
    return {
        id(line.transition): row.y + LINE * number
        for row in chart.rows
        for lines in row.beside.values()
        for number, line in enumerate(lines)
        if line.transition is not None
    }


def _bar(state: State, x: float, y: float, width: float, height: float) -> str:
    fill = f"url(#{style.pattern_id(state)})"
    return tag("rect", x=x, y=y, width=width, height=max(2.0, height - 1), rx=1.5, fill=fill)


def draw_words(canvas: Canvas) -> None:
    """All lines beside the lifelines."""
    for number, row in enumerate(canvas.chart.rows):
        for host, lines in row.beside.items():
            for at, line in enumerate(lines):
                markup = _line(canvas, line, row.y + LINE * at, left=canvas.is_left(host))
                canvas.add(Layer.OVER, number, *markup)


def _line(canvas: Canvas, line: Words, y: float, *, left: bool) -> Iterator[str]:
    """The badge next to the bars, the words outside of it."""
    size, places = canvas.size, canvas.places
    sign = badge_width(line.connection, size)
    gap = 6 if sign else 0
    content = replaced(line.text)
    if line.kind == "state" and line.connection is None:
        content = f"listener {content}"
    content = fit(content, places.shape.words - sign - gap, size)
    state = line.transition.after if line.transition is not None else None
    colour = f"s {style.state_class(state)}" if state is not None else f"m {_COLOURS[line.kind]}"
    if left:
        yield badge(line.connection, places.left_words - sign, y)
        yield words(places.left_words - sign - gap, y, content, colour, anchor="end")
    else:
        yield badge(line.connection, places.right_words, y)
        yield words(places.right_words + sign + gap, y, content, colour)


_COLOURS: Final = {"call": "dim", "bad": "bad"}
