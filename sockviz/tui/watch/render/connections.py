"""A connection of a watched listener in one line. Pure."""

from typing import Final

from sockviz.tui.palettes import Palette
from sockviz.tui.render import marks
from sockviz.tui.watch.render import words
from sockviz.tui.watch.render.columns import Column, Part
from sockviz.tui.watch.view import WatchView
from sockviz.world.watch.model import WatchedConnection
from sockviz.world.watch.query import Sort

_TIMERS: Final = {
    "retransmit": marks.AGAIN,
    "keepalive": marks.ASKS,
    "probe": marks.ASKS,
    "timewait": marks.GONE,
}
AT_LEAST: Final = "≥"
_LONG: Final = 1_000_000_000
"""ns; who waits longer than this for accept() has a reason to complain."""


def _peer(one: WatchedConnection, _: WatchView, colours: Palette) -> list[Part]:
    return [(words.address(one.remote), colours.text)]


def _state(one: WatchedConnection, _: WatchView, colours: Palette) -> list[Part]:
    state = words.state_of(one.state)
    style = colours.states[state] if state is not None else colours.dim
    guess = marks.INFERRED if one.provenance == "inferred" else ""
    return [(f"{words.glyph(one.state)} {one.state}{guess}", style)]


def _age(one: WatchedConnection, view: WatchView, colours: Palette) -> list[Part]:
    return [(f"{AT_LEAST if one.found else ''}{words.span(one.age(view.now))}", colours.dim)]


def wait_text(one: WatchedConnection, now: int) -> str:
    """How long it waits (`…`: still) or waited for accept(); empty: it did not, or that was not seen."""
    wait = one.wait(now)
    if wait is None or (one.found and not wait):
        return ""
    return f"{AT_LEAST if one.found else ''}{words.span(wait)}{' …' if one.waits else ''}"


def _wait(one: WatchedConnection, view: WatchView, colours: Palette) -> list[Part]:
    wait = one.wait(view.now)
    style = colours.dim if not one.waits else colours.bad if (wait or 0) > _LONG else colours.warn
    return [(wait_text(one, view.now), style)]


def _owner(one: WatchedConnection, view: WatchView, colours: Palette) -> list[Part]:
    style = colours.text if one.pid is not None else colours.warn if one.waits else colours.dim
    return [(words.owner(view.watch, one), style)]


def _bytes(count: int, colours: Palette) -> list[Part]:
    return [(f"{count:,}" if count else "·", colours.strong if count else colours.faint)]


def _again(one: WatchedConnection, _: WatchView, colours: Palette) -> list[Part]:
    if not one.resent and not one.retransmits:
        return [("·", colours.faint)]
    now = f"{marks.AGAIN}{one.retransmits}/" if one.retransmits else ""
    return [(f"{now}{one.resent:,}", colours.bad if one.retransmits else colours.warn)]


def timer_text(one: WatchedConnection, now: int) -> str:
    """`↻ retransmit 0.4 s`: what the kernel will do by itself, and when."""
    if one.timer is None:
        return ""
    left = "" if one.expires is None else f" {words.span(max(0, one.expires - now))}"
    name = "resend" if one.timer == "retransmit" else one.timer
    return f"{_TIMERS.get(one.timer, '')} {name}{left}".strip()


def _timer(one: WatchedConnection, view: WatchView, colours: Palette) -> list[Part]:
    return [(timer_text(one, view.now), colours.timer)]


COLUMNS: Final[tuple[Column[WatchedConnection], ...]] = (
    Column("state", "state", _state, 14, left=True),
    Column("peer", "peer", _peer, 21, most=47, left=True, endpoint=True),
    Column("age", "age", _age, 7, rank=3),
    Column("wait", "accept wait", _wait, 10, short="wait"),
    Column("owner", "owner", _owner, 15, most=26, left=True, rank=2),
    Column("recv", "Recv-Q", lambda one, _, c: _bytes(one.recv_queue, c), 6, rank=5),
    Column("send", "Send-Q", lambda one, _, c: _bytes(one.send_queue, c), 6, rank=6),
    Column("resent", "resent", _again, 7, rank=4),
    Column("timer", "timer", _timer, 15, left=True, rank=7),
)  # fmt: skip

SORTS: Final[dict[str, Sort]] = {
    "state": "state", "peer": "peer", "age": "age", "wait": "wait", "owner": "owner",
    "recv": "recv", "send": "send", "resent": "resent",
}  # fmt: skip
"""Column → what `Query` calls sorting by it; by its timer nothing is sorted."""
NUMBERS: Final = frozenset({"age", "wait", "recv", "send", "resent"})
"""By these the largest come first."""
