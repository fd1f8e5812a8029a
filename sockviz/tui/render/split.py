"""Split truth, below the packets between the two hosts: what each end takes for true, side by side.

    client believes    ◆4   server believes
    █ ESTABLISHED       ≠        ▒ SYN_RECV
      The server's kernel ignored the final
      ACK, and will send its SYN-ACK again.
           ●5 ESTABLISHED ≠ no socket

The first one, which is the one that is pointed at or the one that matters most, with the reason; the others
in a row each. While what will tell the other end moves over the wire for a moment, that alone says it.
"""

from collections.abc import Sequence
from typing import Final

from rich.style import Style

from sockviz.tcp.states import State
from sockviz.tui.render import marks
from sockviz.tui.render.canvas import ConnectionTarget, width_of
from sockviz.tui.render.caption import wrap
from sockviz.tui.render.sheet import BOX, Area, Part, Sheet, size_of
from sockviz.tui.view import StageView
from sockviz.world.beliefs import Belief, Difference, Reason, Split, differing, reason_of, split_of
from sockviz.world.model import World

LASTING: Final = 1_000_000_000
"""Where packets move at the clock's speed, ns from which on a difference is no mere moment."""
_LEAST: Final = 2
"""Rows of one: who, and what."""
_LINES: Final = 3
"""Rows of the reason at most."""
_SENTENCE: Final = 34
"""Cells from which on the reason is a sentence."""
_FIRST: Final = (Reason.GHOST, Reason.ACK_IGNORED, Reason.FORGED, Reason.DEFERRED, Reason.UNTOLD, Reason.CUT)
"""What matters most."""
_REVERSE: Final = Style(reverse=True)


def shown_splits(view: StageView) -> list[Difference]:
    """The connections whose ends differ for longer than a moment; the one to be looked at first is first."""
    world, now = view.world, view.now
    found = [one for one in differing(world) if lasts(world, one, now)]
    weight = {reason: at for at, reason in enumerate(reversed(_FIRST), 1)}
    chosen = view.selection.connection

    def importance(one: Difference) -> tuple[bool, int, int]:
        number = one.connection.id
        return number == chosen, weight.get(reason_of(world, one), 0), number

    return sorted(found, key=importance, reverse=True)


def lasts(world: World, one: Difference, now: int) -> bool:
    """A difference stays for a while: nothing that moves is about to end it."""
    connection, under_way = one
    if now - max(connection.client.since, connection.server.since) >= LASTING:
        return True
    if under_way:
        lab = world.header is None or world.header.source == "lab"
        return not lab or any(flight.due is None for flight in under_way)
    # Without a reason that is known it may be that what will tell has just not been sent.
    return reason_of(world, one) is not Reason.UNTOLD


def rows_of(sheet: Sheet, found: Sequence[Difference], room: int) -> int:
    """How many rows of `room` are for them."""
    if not found or room < _LEAST:
        return 0
    tall = BOX if sheet.large and room > BOX + 1 else 1
    return min(room, 1 + tall + len(_reason(sheet, split_of(sheet.world, found[0]), _LINES)) + len(found) - 1)


def draw_splits(sheet: Sheet, area: Area, found: Sequence[Difference]) -> None:
    """As many as there is room for; below them, how many more there are."""
    first, rest = split_of(sheet.world, found[0]), found[1:]
    tall = sheet.large and area.height > BOX + 1
    y = area.y + (BOX if tall else 1) + 1
    reason = _reason(sheet, first, max(0, min(_LINES, area.bottom - y)))
    hidden = len(rest) if y + len(reason) >= area.bottom else 0
    _names(sheet, area, first, f" +{hidden}" if hidden else "")
    _both(sheet, area, first, tall=tall)
    for line in reason:
        sheet.centred(y, line, sheet.colours.text)
        y += 1
    for at, one in enumerate(rest):
        if y >= area.bottom:
            return
        more = len(rest) - at
        if y == area.bottom - 1 and more > 1:
            sheet.centred(y, sheet.say(f"{marks.SPLIT} {more} more"), sheet.colours.strong)
            return
        _brief(sheet, y, split_of(sheet.world, one))
        y += 1


def _names(sheet: Sheet, area: Area, one: Split, others: str) -> None:
    """Who they are, and between them of which connection; `others`: how many more can't be shown."""
    colours, target = sheet.colours, ConnectionTarget(one.connection)
    believes = " believes" if area.width >= _SENTENCE else ""
    sheet.canvas.put(area.x, area.y, sheet.say(one.client.host + believes), colours.dim)
    sheet.canvas.put_right(area.right, area.y, sheet.say(one.server.host + believes), colours.dim)
    badge = marks.badge(one.connection) + others
    sheet.canvas.put((area.width - width_of(badge)) // 2, area.y, badge, colours.tint(one.connection), target)


def _both(sheet: Sheet, area: Area, one: Split, *, tall: bool) -> None:
    """The two states, each at its host's side; `≠` between them."""
    y = area.y + 1
    pad = " " if sheet.large and _width(sheet, one, " ", bare=True) + 3 <= area.width else ""
    bare = sheet.large or _width(sheet, one, pad, bare=False) + 3 > area.width
    for belief in (one.client, one.server):
        text = f"{pad}{_named(sheet, belief, bare=bare)}{pad}"
        ink = _ink(sheet, belief)
        size = width_of(text)
        x = area.x if belief is one.client else area.right - size
        target = ConnectionTarget(one.connection, belief.host)
        if tall:
            sheet.box(x, y, text, fill=ink + _REVERSE, edge=ink, target=target)
        else:
            sheet.canvas.put(x, y, text, ink + _REVERSE if sheet.large else ink, target)
    left = area.x + width_of(f"{pad}{_named(sheet, one.client, bare=bare)}{pad}")
    right = area.right - width_of(f"{pad}{_named(sheet, one.server, bare=bare)}{pad}")
    sheet.canvas.put((left + right) // 2, y + tall, marks.SPLIT, sheet.colours.bad)


def _width(sheet: Sheet, one: Split, pad: str, *, bare: bool) -> int:
    texts = [_named(sheet, belief, bare=bare) for belief in (one.client, one.server)]
    return sum(width_of(f"{pad}{text}{pad}") for text in texts)


def _named(sheet: Sheet, belief: Belief, *, bare: bool) -> str:
    """`▒ SYN_RECV`, `◌ no socket`; `bare`: without the sign."""
    name = sheet.say(belief.name)
    return name if bare else f"{_sign(belief)} {name}"


def _sign(belief: Belief) -> str:
    return marks.GHOST if belief.state is State.CLOSED else marks.GLYPHS[belief.state]


def _ink(sheet: Sheet, belief: Belief) -> Style:
    return sheet.colours.dim if belief.state is State.CLOSED else sheet.colours.states[belief.state]


def _reason(sheet: Sheet, one: Split, rows: int) -> list[str]:
    """The reason, in a sentence where there is room for one."""
    width = sheet.canvas.width
    if width >= _SENTENCE and rows > 1:
        lines = wrap(sheet.say(one.why), width, _LINES + 1)
        return lines if len(lines) <= rows else wrap(sheet.say(one.brief), width, rows)
    return wrap(sheet.say(one.brief), width, min(rows, 1))


def _brief(sheet: Sheet, y: int, one: Split) -> None:
    """`●5 ESTABLISHED ≠ no socket`."""
    colours, width = sheet.colours, sheet.canvas.width
    parts: list[Part] = [
        (f"{marks.badge(one.connection)} ", colours.tint(one.connection)),
        (sheet.say(one.client.name), _ink(sheet, one.client)),
        (f" {marks.SPLIT} ", colours.bad),
        (sheet.say(one.server.name), _ink(sheet, one.server)),
    ]
    if size_of(parts) > width:
        parts[2] = (marks.SPLIT, colours.bad)
    x = max(0, (width - size_of(parts)) // 2)
    sheet.parts(x, y, parts, right=width, target=ConnectionTarget(one.connection))
