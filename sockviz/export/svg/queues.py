"""The listener's queues down the page: a column for each slot, in the colour of who is in it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Final

from sockviz.export.looks import Look
from sockviz.export.story import Story
from sockviz.export.svg import style
from sockviz.export.svg.canvas import Canvas, Layer, words
from sockviz.export.svg.xml import path, tag, text

_SLOT: Final = 14.0
_MOST: Final = 5
"""Slots that are drawn; the count says how many there are."""
_LEAST: Final = 11.0
"""Pixels that a slot's rectangle needs for a number."""


@dataclass(frozen=True, slots=True)
class _Strip:
    """One queue."""

    name: str
    x: float
    slots: int


def main_listener(story: Story) -> list[Look]:
    """The looks at the listener that had the most to do."""
    several: dict[tuple[str, str], list[Look]] = {}
    for look in story.looks:
        several.setdefault((look.host, look.local), []).append(look)
    return max(several.values(), key=len, default=[])


def draw_queues(canvas: Canvas, looks: Sequence[Look], top: float) -> None:
    """Both queues of one listener, with their names above `top`."""
    places = canvas.places
    if not places.shape.queues or not looks:
        return
    most = max(look.half_open for look in looks)
    room = max(max(look.depth, look.capacity or 0) for look in looks)
    opening = _Strip("SYN", places.queues, min(max(most, 1), _MOST))
    waiting = _Strip("accept", opening.x + opening.slots * _SLOT + 24, min(max(room, 1), _MOST))
    for strip in (opening, waiting):
        width = strip.slots * _SLOT
        for line, y in ((strip.name, top - 24), ("queue", top - 11)):
            canvas.add(Layer.FRAME, 0, tag("text", text(line), x=strip.x + width / 2 - 1, y=y, class_="k dim",
                                           text_anchor="middle"))  # fmt: skip
    for look, until in _spans(looks, lambda look: look.capacity if look.listening else None):
        bottom = canvas.chart.bottom if until is None else canvas.chart.y(until)
        _rails(canvas, waiting, look, canvas.chart.y(look.t), bottom)
    for strip in (opening, waiting):
        for member, slot, first, last in _stays(looks, accept=strip is waiting):
            if slot < strip.slots:
                end = canvas.chart.y(last) if last is not None else canvas.chart.bottom
                _stay(canvas, strip, member, slot, (first, canvas.chart.y(first), end))
    edge = waiting.x + waiting.slots * _SLOT
    for look, until in _spans(looks, lambda look: (look.full and look.listening) or None):
        bottom = canvas.chart.bottom if until is None else canvas.chart.y(until)
        way = path((edge + 1, canvas.chart.y(look.t)), (edge + 1, bottom))
        canvas.add(Layer.GROWING, canvas.chart.row(look.t), tag("path", d=way, class_="full"))
    _counts(canvas, looks, edge + 9)


def _spans(looks: Sequence[Look], what: Callable[[Look], int | None]) -> Iterator[tuple[Look, int | None]]:
    """The look since which `what` is the same, and until when (None: it stays so); where it is something."""
    for value, same in groupby(looks, key=what):
        first, *rest = same
        last = rest[-1] if rest else first
        after = next((look.t for look in looks if look.t > last.t), None)
        if value is not None:
            yield first, after


def _rails(canvas: Canvas, strip: _Strip, look: Look, y: float, bottom: float) -> None:
    """The places that there are."""
    row = canvas.chart.row(look.t)
    for slot in range(min(look.capacity or 0, strip.slots)):
        x = strip.x + slot * _SLOT
        canvas.add(Layer.GROWING, row, tag("rect", x=x + 0.5, y=y, width=_SLOT - 3, height=max(1, bottom - y),
                                           class_="rail"))  # fmt: skip


def _stays(looks: Sequence[Look], *, accept: bool) -> Iterator[tuple[int, int, int, int | None]]:
    """(connection, slot, from, to) for each stay of a connection in a slot; None: it is still there."""
    open_: dict[tuple[int, int], int] = {}
    for look in looks:
        members = look.accept if accept else look.syn
        now = {(member, slot) for slot, member in enumerate(members)}
        for key in [key for key in open_ if key not in now]:
            yield *key, open_.pop(key), look.t
        for key in sorted(now):
            open_.setdefault(key, look.t)
    for key, since in open_.items():
        yield *key, since, None


def _stay(canvas: Canvas, strip: _Strip, member: int, slot: int, span: tuple[int, float, float]) -> None:
    t, top, bottom = span
    x, row = strip.x + slot * _SLOT, canvas.chart.row(t)
    height = max(3.0, bottom - top - 1)
    colour = style.chip(member)
    canvas.add(
        Layer.GROWING, row, tag("rect", x=x, y=top, width=_SLOT - 2, height=height, rx=2, class_=colour)
    )
    if height >= _LEAST and member < 100:  # noqa: PLR2004 - two digits fit
        number = tag("text", text(str(member)), x=x + _SLOT / 2 - 1, y=top + 9.5, class_="q on",
                     text_anchor="middle")  # fmt: skip
        canvas.add(Layer.OVER, row, number)


def _counts(canvas: Canvas, looks: Sequence[Look], x: float) -> None:
    """`2/3 FULL` wherever the accept queue changes."""
    for before, look in pairwise([None, *looks]):
        if look is None or not look.listening:
            continue
        if before is not None and (before.depth, before.capacity) == (look.depth, look.capacity):
            continue
        size = str(look.depth) if look.capacity is None else f"{look.depth}/{look.capacity}"
        content, colour = (f"{size} FULL", "n bad") if look.full else (size, "n dim")
        canvas.add(Layer.OVER, canvas.chart.row(look.t), words(x, canvas.chart.y(look.t), content, colour))
