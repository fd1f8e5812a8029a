"""What the page plays, as JSON: hosts, steps, segments, marks. `player.js` is its only reader."""

import json
from collections.abc import Sequence
from typing import Any, Final

from sockviz import harmless
from sockviz.events import AnyEvent
from sockviz.export.html.delta import deltas
from sockviz.export.html.film import Film, Segment, snapshots
from sockviz.export.html.snapshot import sees
from sockviz.export.ladder import left_host
from sockviz.export.story import Story
from sockviz.inks import LIGHT

Hosts = Sequence[tuple[str, str]]
"""(name, address) of the one on the left, then of the other."""
_ROOMY: Final = 3
"""Segments at one time, up to which there is room for more than one line under each."""
_DENSE: Final = 5
"""The same, beyond which there is no room for words under each."""


def as_json(data: object) -> str:
    """As a script element may hold it: nothing in it ends the element."""
    told = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return told.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def data(
    story: Story, made: Film, events: Sequence[AnyEvent], heights: Sequence[Sequence[float]], hosts: Hosts
) -> dict[str, Any]:
    """All but the ladders.

    Args:
        story: What `events` brought to light.
        made: Its film.
        events: As often as they are asked for.
        heights: For each of the page's ladders the height of each step.
        hosts: Whose panels there are.
    """
    header = story.world.header
    about = (header.source, header.kernel, header.made_by) if header is not None else ()
    return {
        "hosts": [[harmless.replaced(name), harmless.replaced(address)] for name, address in hosts],
        "about": [harmless.replaced(one) for one in about if one],
        "hidden": [harmless.replaced(one) for one in header.hidden] if header is not None else [],
        "chips": len(LIGHT.chips),
        "dense": made.lanes > _DENSE,
        "table": sees(story.world, "table"),
        "steps": _steps(story, made, events, heights),
        "segments": [_segment(made, one, left_host(story)) for one in made.segments],
        "marks": [[step, told, int(own)] for step, told, own in made.marks],
    }


def _steps(
    story: Story, made: Film, events: Sequence[AnyEvent], heights: Sequence[Sequence[float]]
) -> list[list[Any]]:
    """`[time, ms of screen time, a height for each ladder …, what is new]`."""
    digits = 6 if made.quick else 3
    changes = deltas(snapshots(events, story, made.times))
    return [
        [f"{t / 1e9:.{digits}f}", round(at), *several, change]
        for t, at, *several, change in zip(made.times, made.at, *heights, changes, strict=True)
    ]


def _segment(made: Film, one: Segment, left: str) -> list[Any]:
    """`[connection, name, figures, to the right, height, gone, fate, way]`."""
    arrow = one.flight.arrow
    return [
        arrow.connection or 0,
        one.name,
        one.figures,
        int(arrow.sender == left),
        round(made.height(one.lane), 3),
        round(one.gone),
        one.fate(reason=made.lanes <= _ROOMY),
        [[round(ms), x] for ms, x in one.way],
    ]
