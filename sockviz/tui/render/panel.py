"""What the two host panels share: the box, a socket's row, a call's text, which rows to show when there are too many.

Pure: a `StageView`'s parts in, drawn on a `Canvas`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from rich.style import Style

from sockviz.tcp.states import State
from sockviz.tui.render import marks
from sockviz.tui.render.canvas import Canvas, ConnectionTarget, fit, width_of
from sockviz.tui.themes import Palette
from sockviz.tui.view import StageView
from sockviz.world.model import Connection, Endpoint, Program, SystemCall, World

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Area:
    """The inside of a box, in cells."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """The first cell to the right of it."""
        return self.x + self.width


def frame(canvas: Canvas, title: str, note: str, palette: Palette) -> Area:
    """A rounded box around the whole canvas: `title` in its top edge, `note` (as far as there is room) at the right.

    Returns:
        The inside, one cell of margin left and right.
    """
    width, height, edge = canvas.width, canvas.height, palette.border
    canvas.put(0, 0, "╭" + "─" * (width - 2) + "╮", edge)
    for y in range(1, height - 1):
        canvas.put(0, y, "│", edge)
        canvas.put(width - 1, y, "│", edge)
    canvas.put(0, height - 1, "╰" + "─" * (width - 2) + "╯", edge)
    name, _, address = title.partition(" ")
    end = canvas.put(2, 0, f" {fit(name, width - 6)} ", palette.accent)
    if address and width - end - 3 > 0:
        end = canvas.put(end, 0, f"{fit(address, width - end - 3)} ", palette.strong)
    if note and end + width_of(note) + 4 <= width:
        canvas.put_right(width - 2, 0, f" {note} ", palette.dim)
    return Area(2, 1, max(0, width - 4), max(0, height - 2))


def divider(canvas: Canvas, y: int, label: str, palette: Palette) -> None:
    """A line across the box, with a label."""
    canvas.put(0, y, "├" + "─" * (canvas.width - 2) + "┤", palette.border)
    canvas.put(2, y, f" {label} ", palette.dim)


def call_parts(call: SystemCall, now: int, palette: Palette) -> list[tuple[str, Style]]:
    """`accept(3) … blocked 3 s`, `connect(3) = -1 ECONNREFUSED`: text and style, in order."""
    text = f"{call.name}({'' if call.fd is None else call.fd})"
    if call.returned is None:
        waited = marks.age(now - call.entered)
        return [
            (text, palette.strong),
            (" ◷ blocked", palette.warn),
            (f" {waited}" if waited else "", palette.dim),
        ]
    if call.error:
        return [(text, palette.text), (" = -1 ", palette.dim), (call.error, palette.bad)]
    return [(text, palette.text), (f" = {call.result}", palette.dim)]


def put_parts(canvas: Canvas, x: int, y: int, parts: Sequence[tuple[str, Style]], right: int) -> int:
    """Write styled texts one after the other, clipped before cell `right`."""
    for text, style in parts:
        x = canvas.put(x, y, fit(text, right - x), style)
    return x


def last_call(world: World, end: Endpoint, connection: int) -> SystemCall | None:
    """The last call made on this end of a connection."""
    calls = [
        call
        for program in programs_of(world, end.host)
        for call in program.calls.values()
        if call.connection == connection
        or (program.pid == end.pid and end.fd is not None and call.fd == end.fd)
    ]
    return max(calls, key=lambda call: call.entered, default=None)


def programs_of(world: World, host: str) -> list[Program]:
    """The host's programs, in order of start."""
    return [program for (name, _), program in world.programs.items() if name == host]


def disputed(world: World, end: Endpoint) -> State | None:
    """What the kernel's table says, if it was read after the end's state was last inferred, and differs."""
    changed = world.row_changed.get((end.host, end.local, end.remote), 0)
    return end.sampled if end.disagrees and changed > end.since else None


def state_parts(world: World, end: Endpoint, palette: Palette) -> list[tuple[str, Style]]:
    """The state's sign; where the kernel's table says otherwise, both."""
    parts = [(marks.state_sign(end), palette.states[end.state])]
    said = disputed(world, end)
    if said is not None:
        parts += [(" ≠ ", palette.bad), (f"{marks.GLYPHS[said]} {said}", palette.states[said])]
    elif end.reset:
        parts.append((" RST", palette.bad))
    return parts


def socket_row(
    canvas: Canvas,
    y: int,
    area: Area,
    view: StageView,
    connection: Connection,
    end: Endpoint,
    palette: Palette,
) -> None:
    """One end of a connection in one row: badge, state, and at the right the descriptor and since when."""
    chosen = view.selection.connection == connection.id
    if chosen:
        canvas.underlay(y, palette.selected, area.x - 1, area.width + 2)
        canvas.put(area.x - 1, y, "▸", palette.accent)
    x = canvas.put(area.x, y, marks.badge(connection.id), palette.chip(connection.id)) + 1
    x = put_parts(canvas, x, y, state_parts(view.world, end, palette), area.right)
    x = _right_hand(canvas, x, y, area.right, view.now, end, palette)
    if chosen:
        canvas.underlay(y, palette.selected, area.x - 1, area.width + 2)
    canvas.row_target(y, ConnectionTarget(connection.id, end.host), area.x - 1, area.width + 2)


def _right_hand(canvas: Canvas, x: int, y: int, right: int, now: int, end: Endpoint, palette: Palette) -> int:
    """The descriptor, then the port and the age as far as there is room between `x` and `right`."""
    if end.state is State.CLOSED:
        return x
    fd = f"fd {marks.NOBODY if end.fd is None else end.fd}"
    far = marks.port(end.local if end.host == "client" else end.remote)
    since = marks.age(now - end.since)
    columns = [
        (fd, 5, palette.dim if end.fd is None else palette.text),
        (far, 7, palette.dim),
        (since, 5, palette.dim),
    ]
    room = right - x - 1
    while columns and sum(width for _, width, _ in columns) > room:
        columns.pop()
    at = right - sum(width for _, width, _ in columns)
    for text, width, style in columns:
        at += width
        canvas.put_right(at, y, text, style)
    return right


def choose(items: Sequence[Item], room: int, keep: Sequence[bool], prefer: Sequence[bool]) -> list[Item]:
    """At most `room` of the items in their order: the kept, then the preferred, then the newest of the others."""
    if len(items) <= room:
        return list(items)
    order = sorted(range(len(items)), key=lambda i: (keep[i], prefer[i], i), reverse=True)
    return [items[i] for i in sorted(order[: max(0, room)])]
