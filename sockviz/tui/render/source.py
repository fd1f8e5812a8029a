"""The source of the selected program, with a mark at the line that it is in now.

     server.py                                         y C
    16       while True:
    17 ▶         connection, _client = listener.accept()   ◷ blocked 3 s
    18           while data := connection.recv(4096):

`▷`: what another thread of the same program is blocked in. For an audience: fewer lines, more room for each.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rich.style import Style

from sockviz.listings import Language, Listing, listing
from sockviz.tui.palettes import Palette
from sockviz.tui.render import marks
from sockviz.tui.render.canvas import ActionTarget, Canvas, Picture, fit
from sockviz.tui.render.code import Line, broken, code_of
from sockviz.tui.render.panel import call_parts
from sockviz.tui.render.sheet import BOX, Area, Part, Sheet, size_of
from sockviz.tui.render.whereabouts import Whereabouts, shows_toys, whereabouts
from sockviz.tui.view import StageView

BESIDE: Final = 110
"""Cells from which on two languages stand side by side."""
NAMES: Final[dict[Language, str]] = {"python": "Python", "c": "C"}
_GUTTER: Final = 6
"""Cells of a line's number and its mark."""
_GAP: Final = 2
_REVERSE: Final = Style(reverse=True)
_BOLD: Final = Style(bold=True)


@dataclass(frozen=True, slots=True)
class Pane:
    """One program in one language, laid out for a width."""

    listing: Listing
    lines: tuple[tuple[Line, ...], ...]
    """The rows of each line."""
    here: int | None
    """The line that it is in, from 1."""
    others: tuple[int, ...]
    """Those of its other threads."""

    @property
    def middle(self) -> int:
        """The line that is to be seen in any case: where it is, else the first call."""
        return self.here or min(self.listing.calls.values(), default=1)


def draw_source(
    view: StageView,
    languages: Sequence[Language],
    *,
    width: int,
    height: int,
    colours: Palette,
    scrolled: int = 0,
    hint: str = "",
) -> Picture:
    """The selected program in `width` by `height` cells, in one language, or in two side by side.

    `scrolled`: rows that the text is moved from where it would be; `hint`: what a click there does.
    """
    sheet = Sheet(Canvas(width, height), view, colours)
    if not shows_toys(view.world):
        sheet.centred(height // 2, sheet.say("no source is known of these programs"), colours.dim)
        return sheet.picture()
    where = whereabouts(view.world, view.selection)
    shown = languages if width >= BESIDE else languages[:1]
    each = (width - _GAP * (len(shown) - 1)) // max(1, len(shown))
    for at, language in enumerate(shown):
        area = Area(at * (each + _GAP), 0, each, height)
        pane = pane_of(where, language, each - _GUTTER, colours)
        last = language is shown[-1]
        _title(sheet, area, pane, where, f" {hint} " if hint and last else "")
        below = Area(area.x, 1, each, max(0, height - 1))
        draw = _large if sheet.large else _normal
        draw(sheet, below, pane, where, scrolled)
    return sheet.picture()


def pane_of(where: Whereabouts, language: Language, width: int, colours: Palette) -> Pane:
    """The program's lines in rows of at most `width` cells."""
    source = listing(where.role, language, where.protocol)
    code = code_of(where.role, language, where.protocol, colours)
    others = (where.line(source, call) for call in where.others)
    return Pane(
        source,
        tuple(tuple(broken(line, width)) for line in code),
        where.line(source, where.call),
        tuple(one for one in others if one is not None),
    )


def _title(sheet: Sheet, area: Area, pane: Pane, where: Whereabouts, hint: str) -> None:
    """The file's name, whose it is, what the program does, and `hint`: how to see another language."""
    colours = sheet.colours
    first = sheet.canvas.put_right(area.right, area.y, hint, colours.more, ActionTarget("language"))
    x = sheet.canvas.put(area.x + 1, area.y, pane.listing.name, colours.accent)
    if where.call is not None and where.call.connection is not None:
        x = sheet.badge(x + 1, area.y, where.call.connection)
    if where.call is None:
        sheet.parts(x + 2, area.y, [(sheet.say("has made no call yet"), colours.dim)], right=first)
        return
    doing = call_parts(sheet, where.call, first - x - 3)
    missing = [(f"  {sheet.say('not in this program')}", colours.dim)] if pane.here is None else []
    sheet.parts(x + 2, area.y, [*doing, *missing], right=first)


def _normal(sheet: Sheet, area: Area, pane: Pane, where: Whereabouts, scrolled: int) -> None:
    """As many lines as there are rows for."""
    rows = [(number, at, piece) for number, line in enumerate(pane.lines, 1) for at, piece in enumerate(line)]
    middle = next((at for at, row in enumerate(rows) if row[0] == pane.middle), 0)
    last = max(0, len(rows) - area.height)
    top = max(0, min(max(0, min(middle - area.height // 2, last)) + scrolled, last))
    for y, (number, at, piece) in enumerate(rows[top : top + area.height], area.y):
        _number(sheet, area.x, y, number if at == 0 else None)
        after = sheet.parts(area.x + _GUTTER, y, piece, right=area.right)
        mark = "▶" if number == pane.here else "▷" if number in pane.others else " "
        sheet.canvas.put(area.x + _GUTTER - 2, y, mark if at == 0 else " ", sheet.colours.accent)
        if number == pane.here:
            note = (
                _note(sheet, where, area.right - after - 2) if at == len(pane.lines[number - 1]) - 1 else []
            )
            sheet.parts(area.right - size_of(note) - 1, y, note, right=area.right)
            sheet.canvas.underlay(y, sheet.colours.selected, area.x, area.width)


def _large(sheet: Sheet, area: Area, pane: Pane, _: Whereabouts, scrolled: int) -> None:
    """A blank row after each line, and the one that it is in on a filled ground of its own."""
    middle = max(1, min(pane.middle + scrolled, len(pane.lines)))
    room, first = max(0, area.height - _rows(pane, middle)) // 2, middle
    while first > 1 and _rows(pane, first - 1) <= room:
        first -= 1
        room -= _rows(pane, first)
    y = area.y
    for number in range(first, len(pane.lines) + 1):
        if y + _rows(pane, number) > area.bottom + (number != pane.here):
            return
        if number == pane.here:
            _filled(sheet, y, area, pane)
        for at, piece in enumerate(pane.lines[number - 1] if number != pane.here else ()):
            _number(sheet, area.x, y + at, number if at == 0 else None)
            sign = "▷" if number in pane.others and at == 0 else " "
            sheet.canvas.put(area.x + _GUTTER - 2, y + at, sign, sheet.colours.accent)
            bold = [(text, style + _BOLD) for text, style in piece]
            sheet.parts(area.x + _GUTTER, y + at, bold, right=area.right)
        y += _rows(pane, number)


def _rows(pane: Pane, number: int) -> int:
    """Rows of a line where everything is large."""
    return len(pane.lines[number - 1]) + (BOX - 1 if number == pane.here else 1)


def _filled(sheet: Sheet, y: int, area: Area, pane: Pane) -> None:
    """The line that it is in: half a row, its text, half a row."""
    number = pane.here or 0
    pieces, ink = pane.lines[number - 1], sheet.colours.accent
    sheet.canvas.put(area.x, y, "▄" * area.width, ink)
    for at, piece in enumerate(pieces, 1):
        head = f"{number:>{_GUTTER - 3}} ▶ " if at == 1 else " " * _GUTTER
        text = fit(head + "".join(part for part, _ in piece), area.width)
        sheet.canvas.put(area.x, y + at, text.ljust(area.width), ink + _REVERSE)
    sheet.canvas.put(area.x, y + len(pieces) + 1, "▀" * area.width, ink)


def _number(sheet: Sheet, x: int, y: int, number: int | None) -> None:
    """Of the line, where it begins."""
    sheet.canvas.put_right(x + _GUTTER - 3, y, "" if number is None else str(number), sheet.colours.faint)


def _note(sheet: Sheet, where: Whereabouts, room: int) -> list[Part]:
    """What became of the call, or how long it has been waited for; in `room` cells, or nothing."""
    call, colours = where.call, sheet.colours
    if call is None:
        return []
    if call.returned is None:
        waited = marks.age(sheet.view.now - call.entered)
        parts: list[Part] = [
            (f"{marks.BLOCKED} {sheet.say('blocked')}", colours.warn),
            (f" {waited}".rstrip(), colours.dim),
        ]
    elif call.error:
        parts = [("= -1 ", colours.dim), (call.error, colours.bad)]
    else:
        parts = [(sheet.say("ended") if call.result is None else f"= {call.result}", colours.strong)]
    return parts if size_of(parts) <= room else []
