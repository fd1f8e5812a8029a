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
from typing import Final

from rich.style import Style

from sockviz.errors import printable
from sockviz.tui.programs import choosing
from sockviz.tui.programs.transcript import lines, wrapped
from sockviz.tui.render import marks
from sockviz.tui.render.canvas import ActionTarget, Canvas, Picture, fit, width_of
from sockviz.tui.render.panel import call_parts
from sockviz.tui.render.sheet import Area, Part, Sheet, size_of
from sockviz.tui.themes import Palette
from sockviz.tui.view import StageView
from sockviz.world.guests import how_it_ended
from sockviz.world.model import Program, SystemCall

BESIDE: Final = 76
"""Cells from which on the hosts' programs stand side by side."""
_GAP: Final = 1
_LEAST: Final = 2
"""Rows of a pane: who, and the last line."""
_COMMAND: Final = 12
"""Cells of a command below which it is left out."""
_REVERSE: Final = Style(reverse=True)


@dataclass(frozen=True, slots=True)
class Keyboard:
    """Whose program the keyboard is."""

    host: str
    pid: int


def draw_programs(
    view: StageView, width: int, height: int, colours: Palette, keyboard: Keyboard | None = None
) -> Picture:
    """The terminals in `width` by `height` cells."""
    sheet = Sheet(Canvas(width, height), view, colours)
    hosts = [choosing.started(view.world, host) for host in choosing.HOSTS]
    if not any(hosts):
        sheet.centred(height // 2, "no program has been started", colours.dim)
        return sheet.picture()
    if width < BESIDE:
        _column(sheet, Area(0, 0, width, height), [one for programs in hosts for one in programs], keyboard)
        return sheet.picture()
    each = (width - _GAP) // 2
    # As on the stage: clients at the left.
    for at, programs in enumerate(reversed(hosts)):
        _column(sheet, Area(at * (each + _GAP), 0, each, height), programs, keyboard)
    return sheet.picture()


def _column(sheet: Sheet, area: Area, programs: Sequence[Program], keyboard: Keyboard | None) -> None:
    shown = _fitting(sheet, programs, area.height // _LEAST, keyboard)
    if not shown:
        return
    left_out = len(programs) - len(shown)
    rows, y = area.height - (1 if left_out else 0), area.y
    for at, program in enumerate(shown):
        height = rows // len(shown) + (1 if at < rows % len(shown) else 0)
        _pane(sheet, Area(area.x, y, area.width, height), program, _is(program, keyboard))
        y += height
    if left_out:
        sheet.canvas.put(area.x + 1, y, fit(f"… {left_out} more", area.width - 1), sheet.colours.more)


def _fitting(
    sheet: Sheet, programs: Sequence[Program], room: int, keyboard: Keyboard | None
) -> list[Program]:
    """Those that there is room for, in their order: whose keyboard it is, who runs, who came last."""
    if len(programs) <= room:
        return list(programs)
    ranks = {
        program.pid: (_is(program, keyboard), choosing.alive(sheet.world, program), at)
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
    rows = wrapped(lines(program.output), area.width - 2, area.bottom - top)
    if not rows and top < area.bottom:
        canvas.put(area.x + 2, top, fit(_silence(program), area.width - 2), colours.faint)
    for at, row in enumerate(rows):
        canvas.put(area.x + 2, top + at, row, colours.text)
    canvas.row_target(area.y, ActionTarget("type"), area.x, area.width)


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
    processes = f" {1 + forked} processes" if forked and program.running else ""
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
        return [(sign + how_it_ended(program.status), sheet.colours.bad if bad else sheet.colours.dim)]
    call = _telling(program)
    return call_parts(sheet, call, room) if call is not None else [("running", sheet.colours.dim)]


def _telling(program: Program) -> SystemCall | None:
    """Of all threads: the newest call that blocks, else the newest."""
    calls = program.blocked or tuple(program.calls.values())
    return max(calls, key=lambda call: call.entered, default=None)


def _process(sheet: Sheet, area: Area, process: Program) -> None:
    """`server/1 pid 17  read(4) ◷ blocked 3 s`."""
    x = sheet.canvas.put(area.x, area.y, f"{process.name} ", sheet.colours.strong)
    x = sheet.canvas.put(x, area.y, f"pid {process.pid}  ", sheet.colours.dim)
    sheet.parts(x, area.y, _doing(sheet, process, area.right - x), right=area.right)
