"""The upper part of the server's panel: what its programs hold, a row for each descriptor, and what they do.

    fd 3 ┊ LISTEN   accept(3) ◷ blocked
    fd 4 ●1         recv(4) = 5

Where several programs run, each row begins with its program's name.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rich.style import Style

from sockviz.tcp.states import State
from sockviz.tui.render import marks
from sockviz.tui.render.canvas import ConnectionTarget, fit, width_of
from sockviz.tui.render.panel import call_parts, point_at_call, point_at_program
from sockviz.tui.render.queues import TIGHT
from sockviz.tui.render.sheet import Area, Sheet
from sockviz.tui.view import Spot
from sockviz.world.model import Descriptor, Program, SystemCall, World
from sockviz.world.selectors import programs_of, sees

_KIND: Final = 10
"""Cells for what a descriptor is."""
_NAME: Final = 8
"""Cells for a program's name."""


@dataclass(frozen=True, slots=True)
class Holding:
    """A descriptor of a program, or (None) a program that holds none."""

    program: Program
    descriptor: Descriptor | None


def holdings(world: World, host: str) -> list[Holding]:
    """What the running programs of a host hold; one that has done nothing yet counts only if it is alone."""
    running = [program for program in programs_of(world, host) if program.running]
    busy = [program for program in running if program.descriptors or program.calls] or running[:1]
    return [Holding(program, descriptor) for program in busy for descriptor in _sorted(program) or (None,)]


def _sorted(program: Program) -> Sequence[Descriptor]:
    return sorted(program.descriptors.values(), key=lambda one: one.fd)


def draw_holdings(sheet: Sheet, area: Area, held: Sequence[Holding]) -> None:
    """A row for each; those that there is no row for share the last one."""
    if not held:
        known = sees(sheet.world, "calls")
        text = "no program is running" if known else "programs are not seen"
        sheet.canvas.put(area.x, area.y, fit(sheet.say(text), area.width), sheet.colours.dim)
        return
    several = len({one.program.pid for one in held}) > 1
    own_rows = len(held) if len(held) <= area.height else area.height - 1
    for y, one in enumerate(held[:own_rows], area.y):
        x = area.x
        if several:
            first = y == area.y or held[y - area.y - 1].program.pid != one.program.pid
            sheet.canvas.put(x, y, fit(one.program.name, _NAME) if first else "", sheet.colours.dim)
            x += max(width_of(fit(other.program.name, _NAME)) for other in held) + 1
        _holding(sheet, y, Area(x, area.y, area.right - x, area.height), one)
        if several or one.descriptor is None:
            point_at_program(sheet, y, area, one.program)
    _side_by_side(sheet, area.y + own_rows, area, held[own_rows:], held[max(0, own_rows - 1)].program)


def _holding(sheet: Sheet, y: int, area: Area, one: Holding) -> None:
    calls = sorted(one.program.calls.values(), key=lambda call: call.entered)
    if one.descriptor is None:
        parts = call_parts(sheet, calls[-1], area.width) if calls else ()
        sheet.parts(area.x, y, parts, right=area.right)
        return
    call = {call.fd: call for call in calls}.get(one.descriptor.fd)
    _descriptor(sheet, y, area, one.descriptor, call)


def _descriptor(sheet: Sheet, y: int, area: Area, descriptor: Descriptor, call: SystemCall | None) -> None:
    """`fd 4 ●1  recv(4) ◷ blocked`; in a narrow panel a call goes without what it is made on."""
    canvas, colours, listens = sheet.canvas, sheet.colours, descriptor.kind == "listening"
    wide = area.width >= TIGHT
    x = canvas.put(area.x, y, f"fd {descriptor.fd} ", colours.text)
    beside = area.x + len("fd 3 ") + _KIND if wide else x
    if descriptor.connection is not None:
        target = ConnectionTarget(descriptor.connection, "server")
        beside = max(beside, sheet.badge(x, y, descriptor.connection, target) + 1)
    elif wide or (call is None and not listens):
        beside = max(beside, canvas.put(x, y, sheet.say(_kind(descriptor)), _ink(sheet, listens=listens)) + 1)
    if call is not None:
        sheet.parts(beside, y, call_parts(sheet, call, area.right - beside), right=area.right)
    elif listens:
        sheet.parts(beside, y, [(sheet.say("not in accept()"), colours.dim)], right=area.right)
    if listens:
        point_at_listener(sheet, y, area)
    elif sheet.points_at(Spot("end", "server", descriptor.connection or 0)):
        sheet.point(area, y)
    point_at_call(sheet, y, area, call)


def point_at_listener(sheet: Sheet, y: int, area: Area) -> None:
    """If the server's listening socket is spoken of."""
    if sheet.points_at(Spot("listener", "server"), Spot("listener-row", "server")):
        sheet.point(area, y)


def _kind(descriptor: Descriptor) -> str:
    """`┊ LISTEN`, `UDP :9000`, `socket`."""
    if descriptor.kind == "listening":
        return f"{marks.GLYPHS[State.LISTEN]} {State.LISTEN}"
    if descriptor.kind == "datagram":
        return f"UDP {marks.port(descriptor.local)}" if descriptor.local else "UDP"
    return descriptor.kind


def _ink(sheet: Sheet, *, listens: bool) -> Style:
    return sheet.colours.states[State.LISTEN] if listens else sheet.colours.dim


def _side_by_side(sheet: Sheet, y: int, area: Area, held: Sequence[Holding], program: Program) -> None:
    """Descriptors in one row: `fd 4 ●1  fd 5 ■2  … +3`; `program`: whose needs no name."""
    x, canvas, colours = area.x, sheet.canvas, sheet.colours
    for at, one in enumerate(held):
        descriptor = one.descriptor
        name = f"{fit(one.program.name, _NAME)} " if one.program.pid != program.pid and descriptor else ""
        text = name + (f"fd {descriptor.fd} " if descriptor is not None else "")
        program = one.program
        connection = descriptor.connection if descriptor is not None else None
        sign = marks.badge(connection) or (
            sheet.say(descriptor.kind) if descriptor is not None else one.program.name
        )
        more = f"… +{len(held) - at}"
        needed = width_of(text) + width_of(sign) + (2 + len(more) if at < len(held) - 1 else 0)
        if x + needed > area.right:
            canvas.put(x, y, more, colours.strong)
            return
        x = canvas.put(x, y, text, colours.dim)
        x = canvas.put(x, y, sign, colours.tint(connection)) + 2
