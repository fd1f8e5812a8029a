"""A listener's queue as slots: `[●1][■2][  ]`."""

import re
from dataclasses import dataclass
from typing import Final

from rich.style import Style

from sockviz.tui.render import marks
from sockviz.tui.render.canvas import ConnectionTarget, width_of
from sockviz.tui.render.sheet import Area, Sheet

_LABELS: Final = (len("accept queue"), len("accept"))
TIGHT: Final = 32
"""Cells below which a queue is called by its first word, and its slots have no brackets."""
_LABEL_LARGE: Final = len("accept  ")
_FULL: Final = "FULL"
_BREAK: Final = re.compile("[ \u200b]")
"""Where a queue's name is broken: at the blank, or where Chinese has a mark that takes no cell."""


@dataclass(frozen=True, slots=True)
class Queue:
    """One of the two queues."""

    name: str
    host: str
    members: tuple[int, ...]
    """Connections, oldest first."""
    depth: int
    """How many there are, as the kernel says; may exceed the members that are known."""
    capacity: int | None = None
    """None: not known."""
    full: bool = False
    aside: str = ""
    """What that leads to, where there is room to say it."""


def first_slot(area: Area, *, large: bool = False) -> int:
    """Where the slots begin, if the count is not longer than usual."""
    if large:
        return area.x + _LABEL_LARGE
    return area.x + _LABELS[area.width < TIGHT] + len(" 0/3 ")


def draw_queue(sheet: Sheet, y: int, area: Area, queue: Queue) -> None:
    """One row: name, count, slots, FULL; `BOX` rows where everything is large."""
    if sheet.large:
        _draw_large(sheet, y, area, queue)
        return
    canvas, colours = sheet.canvas, sheet.colours
    tight = area.width < TIGHT
    name = sheet.say(queue.name)
    canvas.put(area.x, y, _BREAK.split(name)[0] if tight else name, colours.text)
    count = str(queue.depth) if queue.capacity is None else f"{queue.depth}/{queue.capacity}"
    style = colours.bad if queue.full else colours.strong if queue.depth else colours.dim
    x = canvas.put(area.x + _LABELS[tight] + 1, y, count, style)
    start = max(x + 1, first_slot(area))
    full = f" {sheet.say(_FULL)}"
    room = area.right - start - (width_of(full) if queue.full else 0)
    x = _slots(sheet, start, y, queue, room=room, tight=tight)
    if queue.full:
        words = (f"{full} {queue.aside}", f" {queue.aside}") if queue.aside else ()
        text = next((one for one in words if x + width_of(one) <= area.right), full)
        canvas.put(min(x, area.right - width_of(text)), y, text, colours.bad)


def _draw_large(sheet: Sheet, y: int, area: Area, queue: Queue) -> None:
    """Name and count in three rows, and boxes beside them: filled ones are taken.

    accept  ▄▄▄▄▄▄ ╭────╮
    queue     ●1   │    │
    1/2     ▀▀▀▀▀▀ ╰────╯
    """
    canvas, colours = sheet.canvas, sheet.colours
    first, second = _BREAK.split(sheet.say(queue.name))
    count = str(queue.depth) if queue.capacity is None else f"{queue.depth}/{queue.capacity}"
    canvas.put(area.x, y, first, colours.strong)
    canvas.put(area.x, y + 1, second, colours.strong)
    if queue.full:
        canvas.put(area.x, y + 1, f" {sheet.say(_FULL)} ", colours.bad + Style(reverse=True))
    canvas.put(area.x, y + 2, count, colours.bad if queue.full else colours.strong)
    x = first_slot(area, large=True)
    members: list[int | None] = [*queue.members, *[None] * (queue.depth - len(queue.members))]
    slots = max(queue.capacity or 0, len(members))
    room = area.right - x
    widest = max([2, *(width_of(marks.badge(member)) for member in members)])
    wide = next((one for one in (widest + 4, widest + 2) if slots * (one + 1) <= room + 1), widest + 2)
    step = wide + 1
    shown = slots if slots * step <= room + 1 else max(0, (room - len(f"… +{slots}")) // step)
    for at in range(shown):
        if at < len(members):
            text = (marks.badge(members[at]) or "??").center(wide)
            _taken(sheet, x + at * step, y, text, _target(members[at], queue.host))
        else:
            _free(sheet, x + at * step, y, wide)
    if shown < slots:
        canvas.put(x + shown * step, y + 1, f"… +{slots - shown}", colours.strong)


def _taken(sheet: Sheet, x: int, y: int, text: str, target: ConnectionTarget | None) -> None:
    """A slot with somebody in it."""
    member = None if target is None else target.id
    fill, edge = sheet.colours.chip(member), sheet.colours.tint(member)
    sheet.box(x, y, text, fill=fill, edge=edge, target=target)


def _free(sheet: Sheet, x: int, y: int, wide: int) -> None:
    """A slot with nobody in it."""
    lines = ("╭" + "─" * (wide - 2) + "╮", "│" + " " * (wide - 2) + "│", "╰" + "─" * (wide - 2) + "╯")
    for row, line in enumerate(lines):
        sheet.canvas.put(x, y + row, line, sheet.colours.border)


def _slots(sheet: Sheet, x: int, y: int, queue: Queue, *, room: int, tight: bool) -> int:
    """Slots in brackets if there is room, else bare ones, else the first and how many more are taken."""
    members: list[int | None] = [*queue.members, *[None] * (queue.depth - len(queue.members))]
    wide = max([2, *(width_of(marks.badge(member)) for member in members)])
    slots = max(queue.capacity or 0, len(members))
    if slots * (wide + 2) <= room and not tight:
        for at in range(slots):
            taken = at < len(members)
            brackets = sheet.colours.dim if taken else sheet.colours.faint
            sheet.canvas.put(x, y, "[" + " " * wide + "]", brackets)
            if taken:
                _member(sheet, x + 1, y, members[at], queue.host)
            x += wide + 2
        return x
    if slots * (wide + 1) - 1 <= room:
        shown, rest = slots, 0
    else:
        shown = max(0, (room - len(f"… +{len(members)}")) // (wide + 1))
        rest = len(members) - shown
    for at in range(shown):
        if at < len(members):
            _member(sheet, x, y, members[at], queue.host)
        else:
            sheet.canvas.put(x, y, "·" * wide, sheet.colours.faint)
        x += wide + 1
    if rest > 0:
        return sheet.canvas.put(x, y, f"… +{rest}", sheet.colours.strong)
    return sheet.canvas.put(x, y, "…", sheet.colours.faint) if shown < slots else x - 1


def _member(sheet: Sheet, x: int, y: int, member: int | None, host: str) -> None:
    """A connection in its slot; `??`: the kernel counts it, but which one it is is not known."""
    text = marks.badge(member) or "??"
    sheet.canvas.put(x, y, text, sheet.colours.chip(member), _target(member, host))


def _target(member: int | None, host: str) -> ConnectionTarget | None:
    """What a click on it picks."""
    return None if member is None else ConnectionTarget(member, host)
