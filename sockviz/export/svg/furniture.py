"""Around the ladder: heads, axes, times, silences, captions."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from sockviz.export.looks import Look
from sockviz.export.story import Story
from sockviz.export.svg import style
from sockviz.export.svg.canvas import Canvas, Layer, words
from sockviz.export.svg.chart import CAPTION_LINE, caption_lines
from sockviz.export.svg.measure import fit, width_of
from sockviz.export.svg.xml import path, tag, text
from sockviz.harmless import replaced
from sockviz.world.labels import duration

HEAD: Final = 46.0
"""Height of a host's head."""
_TIME: Final = 13.0
"""Pixels between two times."""
_SLOW: Final = 1_000_000
"""ns; from this typical gap between rows on, milliseconds are fine enough."""


def draw_axes(canvas: Canvas, top: float) -> None:
    """The two lifelines, from `top` on."""
    places = canvas.places
    for x in (places.left, places.right):
        canvas.add(Layer.FRAME, 0, tag("path", d=path((x, top), (x, canvas.chart.bottom)), class_="axis"))


def draw_heads(canvas: Canvas, hosts: Sequence[tuple[str, str]], top: float) -> None:
    """A plate with name and address above each lifeline."""
    places = canvas.places
    spans = (
        (places.left_words - places.shape.words, places.left + 8),
        (places.right - 8, places.right_words + places.shape.words),
    )
    for (name, address), (x, end), left in zip(hosts, spans, (True, False), strict=False):
        inner, anchor = (end - 14, "end") if left else (x + 14, None)
        width = end - x - 24
        plate = tag("rect", x=x, y=top, width=end - x, height=HEAD, rx=8, class_="surface")
        title = tag(
            "text",
            text(fit(replaced(name), width, 15)),
            x=inner,
            y=top + 20,
            class_="h text",
            text_anchor=anchor,
        )
        below = words(inner, top + 34, fit(replaced(address), width, canvas.size), "m dim", anchor=anchor)
        canvas.add(Layer.FRAME, 0, plate, title, below)


def hosts_of(story: Story, looks: Sequence[Look]) -> list[tuple[str, str]]:
    """(name, address) of the two hosts; the listener's address with its port."""
    header = story.world.header
    found = {host.name: "" for host in header.hosts} if header is not None else {}
    for arrow in story.arrows:
        for host, address in (
            (arrow.sender, arrow.segment.source),
            (arrow.receiver, arrow.segment.destination),
        ):
            if not found.get(host):
                found[host] = address.rpartition(":")[0].strip("[]")
    for look in looks[:1]:
        found[look.host] = look.local
    return list(found.items())


def draw_times(canvas: Canvas) -> None:
    """When, beside each row that has something, as far as there is room; and the silences."""
    places, free, shown = canvas.places, -_TIME, ""
    rows = canvas.chart.rows
    digits = _digits([row.t for row in rows if row.tells])
    for number, row in enumerate(rows):
        if row.silence:
            _silence(canvas, number, row.y - 19, row.silence)
        if not places.shape.time or row.y < free + _TIME or not row.tells:
            continue
        time = f"{row.t / 1e9:.{digits}f}"
        if time == shown:
            continue
        free, shown = row.y, time
        canvas.add(Layer.OVER, number, words(places.time, row.y, time, "n faint", anchor="end"))


def _digits(times: Sequence[int]) -> int:
    """Milliseconds, or microseconds where most rows would have the same time."""
    gaps = sorted(after - before for before, after in pairwise(times))
    return 3 if gaps and gaps[len(gaps) // 2] >= _SLOW else 6


def _silence(canvas: Canvas, row: int, y: float, silence: int) -> None:
    """A dotted line across the ladder, and how long nothing happened."""
    places = canvas.places
    start, end = places.left_words - places.shape.words, places.right_words + places.shape.words
    content = f"{duration(silence)} later"
    middle = (places.left + places.right) / 2
    width = width_of(content, 11) + 16
    dots = path((start, y), (middle - width / 2, y)) + path((middle + width / 2, y), (end, y))
    said = tag("text", text(content), x=middle, y=y + 4, class_="k faint", text_anchor="middle")
    canvas.add(Layer.OVER, row, tag("path", d=dots, class_="quiet"), said)


def draw_captions(canvas: Canvas) -> None:
    """What happened, in sentences, beside it."""
    x = canvas.places.captions
    for number, row in enumerate(canvas.chart.rows):
        y = row.y
        for caption in row.captions:
            lines = caption_lines(caption)
            heavy = caption.weight > 1
            colour = "warn" if heavy else style.chip(caption.connection)
            bar = tag(
                "rect", x=x, y=y - 8, width=3, height=CAPTION_LINE * len(lines) - 1, rx=1.5, class_=colour
            )
            said = [
                tag("text", text(line), x=x + 14, y=y + 4.5 + CAPTION_LINE * at, class_="p text")
                for at, line in enumerate(lines)
            ]
            canvas.add(Layer.OVER, number, bar, *said)
            y += CAPTION_LINE * len(lines)
