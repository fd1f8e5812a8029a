"""A listener's queue as slots: `[●1][■2][  ]`.

Pure geometry.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sockviz.tui.render import marks
from sockviz.tui.render.canvas import Canvas, ConnectionTarget, width_of
from sockviz.tui.render.panel import Area
from sockviz.tui.themes import Palette


@dataclass(frozen=True, slots=True)
class Queue:
    """One of the two queues."""

    name: str
    members: tuple[int, ...]
    """Connections, oldest first."""
    depth: int
    """How many there are, as the kernel says; may exceed the members that are known."""
    capacity: int | None
    """None: not known."""
    full: bool = False


def draw_queue(
    canvas: Canvas, y: int, area: Area, queue: Queue, label: int, host: str, palette: Palette
) -> int:
    """One row: name, count, slots, FULL. `label`: cells for the name.

    Returns:
        The cell of the first slot.
    """
    canvas.put(area.x, y, queue.name, palette.text)
    count = str(queue.depth) if queue.capacity is None else f"{queue.depth}/{queue.capacity}"
    x = canvas.put(
        area.x + label + 1,
        y,
        count,
        palette.bad if queue.full else palette.strong if queue.depth else palette.dim,
    )
    start = max(x, area.x + label + 4) + 1
    room = area.right - start - (5 if queue.full else 0)
    x = _slots(canvas, start, y, room, queue, host, palette)
    if queue.full:
        canvas.put(x + 1 if x + 5 <= area.right else area.right - 4, y, "FULL", palette.bad)
    return start


def _slots(canvas: Canvas, x: int, y: int, room: int, queue: Queue, host: str, palette: Palette) -> int:
    """Bracketed slots if they fit, else bare ones, else the first members and how many more."""
    members: Sequence[int | None] = [*queue.members, *[None] * (queue.depth - len(queue.members))]
    texts = [marks.badge(member) or "??" for member in members]
    wide = max([2, *map(width_of, texts)])
    slots = max(queue.capacity or 0, len(members))
    if slots * (wide + 2) <= room:
        for at in range(slots):
            canvas.put(x, y, "[" + " " * wide + "]", palette.dim if at < len(members) else palette.faint)
            if at < len(members):
                _member(canvas, x + 1, y, members[at], texts[at], host, palette)
            x += wide + 2
        return x
    bare = slots * (wide + 1) - 1 <= room
    shown = slots if bare else max(0, (room - len(f"… +{slots}")) // (wide + 1))
    for at in range(shown):
        if at < len(members):
            _member(canvas, x, y, members[at], texts[at], host, palette)
        else:
            canvas.put(x, y, "·" * wide, palette.faint)
        x += wide + 1
    rest = len(members) - shown
    return canvas.put(x, y, f"… +{rest}", palette.strong) if not bare and rest > 0 else x - 1


def _member(
    canvas: Canvas, x: int, y: int, member: int | None, text: str, host: str, palette: Palette
) -> None:
    target = None if member is None else ConnectionTarget(member, host)
    canvas.put(x, y, text, palette.chip(member), target)
