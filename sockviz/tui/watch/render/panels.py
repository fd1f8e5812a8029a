"""The panels of one watched listener: its queues over time, states, waits and rates. Pure."""

from collections.abc import Sequence
from typing import Final

from rich.style import Style

from sockviz.tui.palettes import Palette
from sockviz.tui.render.canvas import ActionTarget, Canvas, fit, width_of
from sockviz.tui.render.sheet import Area, Part
from sockviz.tui.watch.render import words
from sockviz.tui.watch.render.connections import AT_LEAST
from sockviz.tui.watch.render.listeners import FULL
from sockviz.tui.watch.render.meter import meter, spark
from sockviz.tui.watch.render.plot import AXIS, Past, Series, draw_plot, draw_times, past
from sockviz.tui.watch.view import SECOND, WatchView
from sockviz.world.watch.history import STATES
from sockviz.world.watch.model import WatchedListener
from sockviz.world.watch.waits import WaitSummary

METER: Final = 16
_NAME: Final = 13
_REFUSES: Final = ": no SYN gets in"
RATES: Final = ("opened", "accepted", "closed", "resent", "dropped")
WINDOW: Final = 10 * SECOND


def frame(canvas: Canvas, area: Area, title: str, note: str, colours: Palette) -> Area:
    """A rounded box with a title in its top edge; returns its inside."""
    ink, right = colours.border, area.right - 1
    canvas.put(area.x, area.y, "╭" + "─" * (area.width - 2) + "╮", ink)
    for y in range(area.y + 1, area.bottom - 1):
        canvas.put(area.x, y, "│", ink)
        canvas.put(right, y, "│", ink)
    canvas.put(area.x, area.bottom - 1, "╰" + "─" * (area.width - 2) + "╯", ink)
    end = canvas.put(area.x + 2, area.y, f" {fit(title, area.width - 6)} ", colours.accent)
    if note and end + width_of(note) + 4 <= area.right:
        canvas.put_right(right - 1, area.y, f" {note} ", colours.dim)
    return Area(area.x + 2, area.y + 1, area.width - 4, area.height - 2)


def parts(canvas: Canvas, x: int, y: int, said: Sequence[Part], right: int) -> int:
    """Styled texts one after the other, cut before cell `right`."""
    for text, style in said:
        x = canvas.put(x, y, fit(text, right - x), style)
    return x


# queues


def queues(canvas: Canvas, area: Area, view: WatchView, colours: Palette) -> None:
    """Both queues: how full they are now, and were; below them what was dropped."""
    one = view.listener
    if one is None:
        return
    shown = past(one.history, view.now, view.span, area.width - AXIS)
    small = 2 if area.height >= 11 else 1  # noqa: PLR2004 - rows
    tall = area.height - small - 4
    y = area.y
    parts(canvas, area.x, y, accept_now(one, view, colours, area.width), area.right)
    accept = Series(
        [each.depth if each.known else None for each in shown.slices],
        one.limit or max((each.limit for each in shown.slices), default=0),
        [each.known and each.depth > each.limit for each in shown.slices],
    )
    draw_plot(canvas, Area(area.x, y + 1, area.width, tall), accept, colours.good, colours)
    y += 1 + tall
    parts(canvas, area.x, y, syn_now(one, colours), area.right)
    half_open = Series(
        [each.half_open if each.known else None for each in shown.slices], 0, [False] * len(shown.slices)
    )
    draw_plot(canvas, Area(area.x, y + 1, area.width, small), half_open, _syn(colours), colours)
    _drops(canvas, area, area.bottom - 2, shown, colours)
    draw_times(canvas, area, area.bottom - 1, span=view.span, end=view.end, colours=colours)


def _syn(colours: Palette) -> Style:
    state = words.state_of("SYN_RECV")
    return colours.states[state] if state is not None else colours.warn


def accept_now(one: WatchedListener, view: WatchView, colours: Palette, room: int) -> list[Part]:
    """`accept queue  ▉▉▉▉▉▉▉▉▉ 9/8 FULL`, and what there is room for: `2 sockets: 9/8 0/8`."""
    name = "accept queue".ljust(_NAME)
    if one.gone is not None:
        since = words.span(max(0, view.now - one.gone))
        return [(name, colours.strong), (f"nobody listens any more, since {since}", colours.warn)]
    style = colours.bad if one.full else colours.strong
    bar = meter(one.depth, one.limit + len(one.sockets), METER, colours, full=one.full)
    said = [(name, colours.strong), *bar, (f" {one.depth}/{one.limit}", style)]
    if one.full:
        said.append((f" {FULL}", colours.bad))
    left = room - sum(width_of(text) for text, _ in said)
    each = " ".join(f"{socket.depth}/{socket.limit}" for socket in one.sockets.values())
    if len(one.sockets) > 1:
        forms = (f"  {len(one.sockets)} sockets: {each}", f"  in {len(one.sockets)} sockets")
        said.append((next((form for form in forms if len(form) <= left), ""), colours.dim))
    elif one.full and len(_REFUSES) <= left:
        said.append((_REFUSES, colours.bad))
    return said


def syn_now(one: WatchedListener, colours: Palette) -> list[Part]:
    """`SYN queue  ▉▉▉ 3 half-open`."""
    bar = meter(one.half_open, one.limit + 1, METER, colours, full=False) if one.half_open else []
    count = (f" {one.half_open}".lstrip(" " if not bar else ""), colours.strong)
    return [("SYN queue".ljust(_NAME), colours.strong), *bar, count, (" half-open (SYN_RECV)", colours.text)]


def _drops(canvas: Canvas, area: Area, y: int, shown: Past, colours: Palette) -> None:
    """In which columns something was dropped."""
    dropped = [each.dropped for each in shown.slices]
    canvas.put(area.x, y, "drops"[: AXIS - 1], colours.bad if any(dropped) else colours.dim)
    text = spark(dropped) if any(dropped) else ""
    canvas.put(area.x + AXIS, y, text or "none", colours.bad if text else colours.dim)


# states


def states(canvas: Canvas, area: Area, view: WatchView, colours: Palette) -> None:
    """A line for each state: its key, sign and word, how many now, and over time."""
    one = view.listener
    if one is None:
        return
    columns = max(area.width - 24, 4)
    shown = past(one.history, view.now, view.span, columns)
    rows = [(at, name, [each.states[at] for each in shown.slices]) for at, name in enumerate(STATES)]
    while len(rows) > max(area.height, 0):
        # What never was is missed least.
        rows.remove(min(rows, key=lambda row: (one.states[row[1]] + max(row[2]), -row[0])))
    for y, (at, name, values) in enumerate(rows, start=area.y):
        _state(canvas, area, y, colours=colours, name=name, number=at + 1, count=one.states[name],
               values=values, picked=name in view.states)  # fmt: skip


def _state(
    canvas: Canvas,
    area: Area,
    y: int,
    *,
    colours: Palette,
    name: str,
    number: int,
    count: int,
    values: Sequence[int],
    picked: bool,
) -> None:
    state = words.state_of(name)
    ink = colours.states[state] if state is not None and (count or any(values)) else colours.dim
    target = ActionTarget(f"watch-state-{number}")
    canvas.put(area.x, y, "▸" if picked else str(number), colours.accent if picked else colours.dim, target)
    canvas.put(area.x + 2, y, f"{words.glyph(name)} {name}", ink, target)
    canvas.put_right(area.x + 21, y, f"{count:,}", colours.strong if count else colours.dim, target)
    canvas.put(area.x + 23, y, spark(values), ink, target)
    canvas.row_target(y, target, area.x, area.width)
    if picked:
        canvas.underlay(y, colours.selected, area.x, area.width)


# waits and rates


def waits(view: WatchView, colours: Palette) -> list[list[Part]]:
    """How long connections wait for accept(), line by line."""
    one = view.listener
    if one is None:
        return []
    said = one.waits.summary(view.now)
    oldest = "–" if said.oldest is None else at_least(view, one) + words.span(said.oldest)  # noqa: RUF001
    style = colours.bad if (said.oldest or 0) > SECOND else colours.strong
    lines = [
        [
            ("waiting now  ", colours.text),
            (f"{said.waiting}", colours.strong if said.waiting else colours.dim),
        ],
        [("the oldest   ", colours.text), (oldest, style if said.waiting else colours.dim)],
    ]
    if said.p50 is None or said.p99 is None:
        none = "no whole wait seen yet" if one.accepted else "none taken in a minute"
        return [*lines, [(none, colours.dim)]]
    lines.append(
        [("half within  ", colours.text), (words.span(said.p50), colours.strong), (" p50", colours.dim)]
    )
    lines.append(
        [("99 % within  ", colours.text), (words.span(said.p99), colours.strong), (" p99", colours.dim)]
    )
    return [*lines, [(exactness(said), colours.dim)]]


def at_least(view: WatchView, one: WatchedListener) -> str:
    """`≥` if the one that has waited longest waited before it was seen."""
    head = view.watch.connections.get(next(iter(one.waits.queue), 0))
    return AT_LEAST if head is not None and head.found else ""


def exactness(said: WaitSummary) -> str:
    """Of how many that is told, and how exactly."""
    return f"{said.measured:,} in a minute, ±{words.span(said.within)}"


def rates(view: WatchView, columns: int, colours: Palette) -> list[list[Part]]:
    """What happens a second, line by line, and over time."""
    one = view.listener
    if one is None:
        return []
    begin = max(view.now - WINDOW, one.told)
    seconds = max((view.now - begin) / SECOND, 1.0)
    recent = one.history.total(begin, view.now)
    shown = past(one.history, view.now, view.span, max(columns, 1)).slices
    lines = []
    for name in RATES:
        rate = getattr(recent, name) / seconds
        bad = rate and name in {"dropped", "resent"}
        style = colours.bad if bad else colours.strong if rate else colours.dim
        values = [getattr(each, name) for each in shown]
        text = f"{rate:,.1f}" if rate < 100 else f"{rate:,.0f}"  # noqa: PLR2004 - three digits
        lines.append(
            [
                (f"{name:<9}", colours.text),
                (f"{text:>7}", style),
                (f" {spark(values)}" if columns else "", style),
            ]
        )
    return lines
