"""The terminals of the user's programs, one below the other; side by side by host where there is room.

     server  ./chat_server 8001                pid 11  accept4(3) ◷ blocked 3 s
    │ listening on port 8001
    │ client 2: hello
     client 1  nc 10.0.0.1 8001                 pid 17  read(0) ◷ blocked 1 s
    │ hello

A program that has forked has a row for each process that runs. Whose keyboard it is has a thick line.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from rich.style import Style

from sockviz.errors import printable
from sockviz.tui.palettes import Palette
from sockviz.tui.programs import choosing
from sockviz.tui.programs.at_first import BESIDE, FRAME, GAP
from sockviz.tui.programs.emulator import Look, Piece, shown
from sockviz.tui.render import marks
from sockviz.tui.render.canvas import ActionTarget, Canvas, Picture, fit, width_of
from sockviz.tui.render.panel import call_parts
from sockviz.tui.render.sheet import Area, Part, Sheet, size_of
from sockviz.tui.view import StageView
from sockviz.world.guests import how_it_ended
from sockviz.world.model import Program, SystemCall, World

_LEAST: Final = 2
"""Rows of a pane: who, and the last line."""
_COMMAND: Final = 12
"""Cells of a command below which it is left out."""
_REVERSE: Final = Style(reverse=True)


@dataclass(frozen=True, slots=True)
class Keyboard:
    """Whose program the keyboard is, or the terminal."""

    host: str
    pid: int


def draw_programs(
    view: StageView, width: int, height: int, colours: Palette, keyboard: Keyboard | None = None
) -> Picture:
    """The terminals in `width` by `height` cells."""
    sheet = Sheet(Canvas(width, height), view, colours)
    columns = _columns(view.world, width, height)
    if not columns:
        sheet.centred(height // 2, sheet.say("no program has been started"), colours.dim)
    for area, programs in columns:
        panes, left_out = _panes(view.world, area, programs, keyboard)
        for place, program in panes:
            _pane(sheet, place, program, _is(program, keyboard))
        if panes and left_out:
            more = fit(f"… {left_out} more", area.width - 1)
            sheet.canvas.put(area.x + 1, area.bottom - 1, more, colours.more)
    return sheet.picture()


def sizes(
    world: World, width: int, height: int, keyboard: Keyboard | None = None
) -> dict[Keyboard, tuple[int, int]]:
    """How many columns and rows each pane has for what is printed, of those programs that run.

    As many for each in a column: that one of them has a row more is nothing that its program has to be told.
    """
    found: dict[Keyboard, tuple[int, int]] = {}
    for area, programs in _columns(world, width, height):
        panes = _panes(world, area, programs, keyboard)[0]
        rows = max(1, min((place.height for place, _ in panes), default=1) - 1)
        found |= {
            Keyboard(program.host, program.pid): (place.width - FRAME, rows)
            for place, program in panes
            if program.running and place.width > FRAME
        }
    return found


def _columns(world: World, width: int, height: int) -> list[tuple[Area, list[Program]]]:
    """Which programs stand in which column; none: there are no programs."""
    server, client = (choosing.started(world, host) for host in choosing.HOSTS)
    if not (server or client):
        return []
    if width < BESIDE:
        return [(Area(0, 0, width, height), [*server, *client])]
    each = (width - GAP) // 2
    # As on the stage: clients at the left.
    return [
        (Area(at * (each + GAP), 0, each, height), programs) for at, programs in enumerate((client, server))
    ]


def _panes(
    world: World, area: Area, programs: Sequence[Program], keyboard: Keyboard | None
) -> tuple[list[tuple[Area, Program]], int]:
    """The panes of a column, and how many programs there is no room for."""
    shown = _fitting(world, programs, area.height // _LEAST, keyboard)
    left_out = len(programs) - len(shown)
    rows, y, found = area.height - (1 if left_out else 0), area.y, []
    for at, program in enumerate(shown):
        height = rows // len(shown) + (1 if at < rows % len(shown) else 0)
        found.append((Area(area.x, y, area.width, height), program))
        y += height
    return found, left_out


def _fitting(
    world: World, programs: Sequence[Program], room: int, keyboard: Keyboard | None
) -> list[Program]:
    """Those that there is room for, in their order: whose keyboard it is, who runs, who came last."""
    if len(programs) <= room:
        return list(programs)
    ranks = {
        program.pid: (_is(program, keyboard), choosing.alive(world, program), at)
        for at, program in enumerate(programs)
    }
    best = sorted(ranks, key=lambda pid: ranks[pid], reverse=True)[: max(1, room)]
    return [program for program in programs if program.pid in best]


def _is(program: Program, keyboard: Keyboard | None) -> bool:
    return keyboard is not None and (program.host, program.pid) == (keyboard.host, keyboard.pid)


def _pane(sheet: Sheet, area: Area, program: Program, typing: bool) -> None:  # noqa: FBT001 - the frame's kind
    colours, canvas = sheet.colours, sheet.canvas
    forked = choosing.family(sheet.world, program)
    _title(sheet, area, program, len(forked), typing=typing)
    line, ink = ("┃", colours.accent) if typing else ("│", colours.border)
    processes = _some(forked, max(0, (area.height - 1) // 2))
    for y in range(area.y + 1, area.bottom):
        canvas.put(area.x, y, line, ink)
    for at, process in enumerate(processes):
        _process(sheet, Area(area.x + 2, area.y + 1 + at, area.width - 2, 1), process)
    top = area.y + 1 + len(processes)
    _screen(sheet, Area(area.x + FRAME, top, max(0, area.width - FRAME), area.bottom - top), program)
    canvas.row_target(area.y, ActionTarget("type"), area.x, area.width)


def _screen(sheet: Sheet, area: Area, program: Program) -> None:
    """What its terminal shows."""
    cut = program.printed > len(program.output)
    rows = shown(program.output, area.width, area.height, own=program.terminal, cut=cut)
    if not rows and area.height > 0:
        sheet.canvas.put(area.x, area.y, fit(sheet.say(_silence(program)), area.width), sheet.colours.faint)
    for y, row in enumerate(rows, area.y):
        _row(sheet, area, y, row)


def _row(sheet: Sheet, area: Area, y: int, row: Sequence[Piece]) -> None:
    """One row of a terminal, as far as there is room."""
    x = area.x
    for text, look in row:
        room = area.right - x
        clipped = text if width_of(text) <= room else fit(text, room + 1).removesuffix("…")
        x = sheet.canvas.put(x, y, clipped, sheet.colours.text + _style(look))


@lru_cache(maxsize=16)
def _style(look: Look) -> Style:
    return Style(bold=look.bold or None, underline=look.underlined or None, reverse=look.reverse or None)


def _silence(program: Program) -> str:
    return "(has printed nothing)" if not program.printed else ""


def _some(forked: list[Program], room: int) -> list[Program]:
    """Who is blocked in something says more than who is not."""
    return sorted(forked, key=lambda one: not one.blocked)[:room]


def _title(sheet: Sheet, area: Area, program: Program, forked: int, *, typing: bool) -> None:
    """Who it is and what it does; the command has what room is left between them."""
    colours, canvas = sheet.colours, sheet.canvas
    ink = colours.accent + (_REVERSE if typing else Style())
    x = canvas.put(area.x, area.y, f" {program.name} ", ink)
    room = area.right - x - 2
    doing = _doing(sheet, program, room)
    processes = sheet.say(f" {1 + forked} processes") if forked and program.running else ""
    pid = "" if sheet.large else f"pid {program.pid}"
    note: list[Part] = [(f"{pid}{processes}  ", colours.dim)] if pid or processes else []
    if size_of(note) + size_of(doing) > room:
        note = []
    right = area.right - 1 - size_of(note) - size_of(doing)
    sheet.parts(right, area.y, [*note, *doing], right=area.right)
    command = printable(program.command)
    if right - x - 2 >= min(_COMMAND, width_of(command)):
        canvas.put(x + 1, area.y, fit(command, right - x - 3), colours.dim)
    canvas.underlay(area.y, colours.selected, area.x, area.width)


def _doing(sheet: Sheet, program: Program, room: int) -> list[Part]:
    """What it is blocked in, what it called last, or how it ended."""
    if not program.running:
        bad = program.status not in (0, None)
        sign = f"{marks.LOST} " if bad else ""
        return [
            (sign + sheet.say(how_it_ended(program.status)), sheet.colours.bad if bad else sheet.colours.dim)
        ]
    call = _telling(program)
    return call_parts(sheet, call, room) if call is not None else [(sheet.say("running"), sheet.colours.dim)]


def _telling(program: Program) -> SystemCall | None:
    """Of all threads: the newest call that blocks, else the newest."""
    calls = program.blocked or tuple(program.calls.values())
    return max(calls, key=lambda call: call.entered, default=None)


def _process(sheet: Sheet, area: Area, process: Program) -> None:
    """`server/1 pid 17  read(4) ◷ blocked 3 s`."""
    x = sheet.canvas.put(area.x, area.y, f"{process.name} ", sheet.colours.strong)
    x = sheet.canvas.put(x, area.y, f"pid {process.pid}  ", sheet.colours.dim)
    sheet.parts(x, area.y, _doing(sheet, process, area.right - x), right=area.right)
