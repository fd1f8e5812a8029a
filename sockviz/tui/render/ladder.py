"""Draws a ladder's rows: times, states as words and bars, and between them the segments' arrows.

Where things stand is `ladder_layout`'s and what an arrow looks like is `rungs`'; this knows the columns.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from sockviz.tcp.states import State
from sockviz.tui.density import Density
from sockviz.tui.palettes import Palette
from sockviz.tui.render import marks
from sockviz.tui.render.canvas import ActionTarget, Canvas, ConnectionTarget, Picture, fit, width_of
from sockviz.tui.render.flight import held
from sockviz.tui.render.ladder_layout import End, Layout, Row, Rung, lay_out
from sockviz.tui.render.rungs import draw_label, draw_line, stroke_of
from sockviz.tui.render.sheet import Part, Sheet, size_of
from sockviz.tui.view import StageView
from sockviz.world.beliefs import unmatched
from sockviz.world.labels import duration
from sockviz.world.model import Provenance, Transition, World

_HOSTS: Final = ("client", "server")
_BARS: Final = 3
"""Connections that have a bar of their own."""
_ROOM: Final = 16
"""Cells that an arrow with its label needs."""
_HEAD: Final = 6
"""Rows from which on one of them is for the names."""
_WIDE: Final = 76
"""Cells from which on there is a blank more between words and times."""
_MILLISECOND: Final = 1_000_000

BARS: Final = {**marks.GLYPHS, State.ESTABLISHED: "▉"}
"""A state's sign in a bar; not quite a whole block, so that bars beside each other stay apart."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Where things stand in a row, in cells."""

    time: int
    """Width of the column of times; 0: none."""
    words: bool
    """States have their words beside the bars."""
    several: bool
    """There is more than one connection."""
    bars: tuple[int, ...]
    """Connections with a bar."""
    left: int
    """First bar of the client."""
    right: int
    """First bar of the server."""

    @property
    def first(self) -> int:
        """First cell of an arrow."""
        return self.left + max(1, len(self.bars))

    @property
    def room(self) -> int:
        """Cells of an arrow."""
        return max(0, self.right - self.first)


def columns(width: int, layout: Layout, times: Sequence[str], chosen: int | None) -> Columns:
    """What fits into `width` cells. Words go after times; the newest and the chosen connections have bars."""
    bars = list(layout.connections[-_BARS:])
    if chosen is not None and chosen in layout.connections and chosen not in bars:
        bars[0] = chosen
    several = len(layout.connections) > 1
    count = max(1, len(bars))
    word = (13 if several else 12) + (width >= _WIDE)
    widest = max((width_of(text) for text in times), default=0)
    time = widest + 1 if widest else 0
    both = 2 * (word + count) + 1
    if width < both + time + _ROOM:
        time = 0
    words = width >= both + _ROOM
    left = time + (word if words else 0)
    right = width - count - (word + 1 if words else 0)
    return Columns(time, words, several, tuple(bars), left, max(left + count, right))


def draw_ladder(
    view: StageView,
    layout: Layout,
    *,
    width: int,
    height: int,
    colours: Palette,
    top: int = 0,
    only: int | None = None,
    key: str = "",
) -> Picture:
    """The ladder from row `top` on in `width` by `height` cells; `rows_of` says how many rows are shown.

    `only`: the connection that all others are left out for; `key`: what changes that, to be clicked.
    """
    sheet = Sheet(Canvas(width, height), view, colours)
    shown = layout.rows[top : top + rows_of(height)]
    fine = _fine(view)
    times = ["" if sheet.large else _time(layout.rows, top + at, fine=fine) for at in range(len(shown))]
    shape = columns(width, layout, times, view.selection.connection)
    head = height - rows_of(height)
    for at in range(height - head):
        _bars(sheet, head + at, shape, shown[at].states if at < len(shown) else {})
    waiting = {flight.id for flight in held(view.world)}
    strokes = [
        stroke_of(sheet, rung, shape.first, shape.right, held=rung.arrow.id in waiting)
        for rung in layout.rungs
        if rung.last >= top and rung.first < top + len(shown)
    ]
    for stroke in strokes:
        draw_line(sheet, stroke, shift=head - top, rows=range(head, head + len(shown)))
    for stroke in strokes:
        draw_label(sheet, stroke, shift=head - top, rows=range(head, head + len(shown)))
    for at, row in enumerate(shown):
        sheet.canvas.put_right(shape.time - 1, head + at, times[at] if shape.time else "", colours.dim)
        _words(sheet, head + at, row, shape)
        _note(sheet, head + at, row, shape)
    for rung in layout.rungs if shape.words else ():
        if top <= rung.last < top + len(shown):
            _missing(sheet, head + rung.last - top, rung, layout.rows[rung.last], shape)
    if head:
        _head(sheet, shape, only, key)
    newer = len(layout.rows) - top - len(shown)
    if newer > 0:
        sheet.more(height - 1, sheet.say(f"▼ {newer} newer · PgDn"))
    return sheet.picture()


def lay_out_for(view: StageView, width: int, *, only: int | None = None, compact: bool = False) -> Layout:
    """The ladder of a view, with causes that fit between the hosts in `width` cells."""
    ends = (end for c in view.world.connections.values() for end in ((c.id, c.client), (c.id, c.server)))
    current = {(end.host, number): end.state for number, end in ends}
    make = partial(
        lay_out,
        view.arrows,
        view.transitions,
        current,
        now=view.now,
        only=only,
        compact=compact,
        say=view.say,
    )
    layout = make()
    if not any(rung.end is End.IGNORED for rung in layout.rungs):
        return layout
    large, fine = view.density is Density.LARGE, _fine(view)
    times = ["" if large else _time(layout.rows, at, fine=fine) for at in range(len(layout.rows))]
    room = columns(width, layout, times, view.selection.connection).room
    return make(notes=max(0, room - 2)) if room >= _ROOM else layout


def rows_of(height: int) -> int:
    """How many rows of the ladder are shown in `height` rows."""
    return max(0, height - 1 if height >= _HEAD else height)


def _fine(view: StageView) -> bool:
    """Moments are closer than the clock tells apart."""
    return view.world.header is not None and view.world.header.source != "lab"


def _time(rows: Sequence[Row], at: int, *, fine: bool) -> str:
    """When; empty if the clock would say what it says in the row above, or (`fine`) how much later."""
    row = rows[at]
    if row.gap:
        return f"⋮ {duration(row.gap // 100_000_000 * 100_000_000)}"
    if at == 0 or rows[at - 1].gap:
        return marks.clock(row.t)
    later = row.t - rows[at - 1].t
    if fine and 0 < later < _MILLISECOND:
        return f"+{duration(later)}"
    return "" if marks.clock(row.t) == marks.clock(rows[at - 1].t) else marks.clock(row.t)


def _head(sheet: Sheet, shape: Columns, only: int | None, key: str) -> None:
    """The hosts' names over the lifelines; between them, that not all connections are shown."""
    canvas, colours = sheet.canvas, sheet.colours
    canvas.put_right(shape.time - 1, 0, sheet.say("time") if shape.time else "", colours.dim)
    after = shape.right + max(1, len(shape.bars))
    client, server = map(sheet.say, _HOSTS)
    if shape.words:
        canvas.put_right(shape.left - 1, 0, client, colours.accent)
        canvas.put(after + 1, 0, server, colours.accent)
    else:
        canvas.put(shape.first + 1, 0, fit(client, shape.room // 2), colours.accent)
        canvas.put_right(shape.right - 1, 0, fit(server, shape.room // 2), colours.accent)
    text = sheet.say(_choice(sheet, shape, only, key))
    if width_of(text) + 2 <= shape.room - (0 if shape.words else 2 * (width_of(client) + 2)):
        x = shape.first + (shape.room - width_of(text)) // 2
        canvas.put(x, 0, text, colours.dim if only is None else colours.warn, ActionTarget("only"))
    for at, connection in enumerate(shape.bars):
        for x in (shape.left + at, shape.right + at):
            sign = marks.badge(connection)[:1]
            canvas.put(x, 0, sign, colours.tint(connection), ConnectionTarget(connection))


def _choice(sheet: Sheet, shape: Columns, only: int | None, key: str) -> str:
    """`O only ●1`: what can be left out; `only ●1 · O all`."""
    if only is not None:
        return f"only {marks.badge(only)}" + (f" · {key} all" if key else "")
    chosen = marks.badge(sheet.view.selection.connection) or "one"
    return f"{key} only {chosen}" if key and shape.several else ""


def _bars(sheet: Sheet, y: int, shape: Columns, states: Mapping[tuple[str, int], State]) -> None:
    """A piece of each lifeline."""
    for host, start in zip(_HOSTS, (shape.left, shape.right), strict=True):
        line = shape.first - 1 if host == "client" else start
        sheet.canvas.put(line, y, "│", sheet.colours.faint)
        for at, connection in enumerate(shape.bars):
            state = states.get((host, connection), State.CLOSED)
            target, ink = ConnectionTarget(connection, host), sheet.colours.states[state]
            if _haunted(sheet.world, states, connection):
                sign = marks.GHOST if state is State.CLOSED else BARS[state]
                sheet.canvas.put(start + at, y, sign, sheet.colours.dim, target)
            elif state is not State.CLOSED:
                sheet.canvas.put(start + at, y, BARS[state], ink, target)


def _haunted(world: World, states: Mapping[tuple[str, int], State], number: int) -> bool:
    """In this row the client has a connection that the server has no socket for."""
    connection = world.connections.get(number)
    if connection is None or not unmatched(connection):
        return False
    client, server = (states.get((host, number), State.CLOSED) for host in _HOSTS)
    return server is State.CLOSED and client not in {State.CLOSED, State.SYN_SENT}


def _words(sheet: Sheet, y: int, row: Row, shape: Columns) -> None:
    """A state's word where it changes, outside of the bars."""
    if not shape.words:
        return
    for host, change in row.changes.items():
        parts = _word(sheet, change, several=shape.several)
        x = shape.left - 1 - size_of(parts) if host == "client" else shape.right + max(1, len(shape.bars)) + 1
        target = None if change.connection is None else ConnectionTarget(change.connection, host)
        sheet.parts(x, y, parts, right=sheet.canvas.width, target=target)


def _note(sheet: Sheet, y: int, row: Row, shape: Columns) -> None:
    """Why what arrived above was ignored, at the end where it was."""
    if row.note:
        text = f" {fit(row.note, shape.room - 2)} "
        sheet.canvas.put(max(shape.first, shape.right - width_of(text)), y, text, sheet.colours.bad)


def _missing(sheet: Sheet, y: int, rung: Rung, row: Row, shape: Columns) -> None:
    """Beside the ACK of a ghost: that there is no socket for it."""
    arrow = rung.arrow
    connection = sheet.world.connections.get(arrow.connection or 0)
    if rung.end is not End.IGNORED or connection is None or not unmatched(connection):
        return
    gone = row.states.get(("server", connection.id), State.CLOSED) is State.CLOSED
    if gone and arrow.receiver == "server" and "server" not in row.changes:
        sign = marks.badge(arrow.connection)[:1] if shape.several else ""
        parts = [(sign, sheet.colours.tint(arrow.connection)), (sheet.say("no socket"), sheet.colours.bad)]
        sheet.parts(shape.right + max(1, len(shape.bars)) + 1, y, parts, right=sheet.canvas.width)


def _word(sheet: Sheet, change: Transition, *, several: bool) -> list[Part]:
    """`●ESTABLISHED~`: of which connection, if there are several; `~`: inferred."""
    sign = marks.badge(change.connection)[:1] if several else ""
    guess = change.provenance is Provenance.INFERRED and change.after is not State.CLOSED
    word = change.after + (marks.INFERRED if guess else "")
    return [(sign, sheet.colours.tint(change.connection)), (word, sheet.colours.states[change.after])]
