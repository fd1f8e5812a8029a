"""A listener in one line: who it is, how full its queues are, what it dropped. Pure."""

from collections.abc import Callable, Collection, Sequence
from typing import Any, Final

from sockviz.tui.palettes import Palette
from sockviz.tui.render.marks import TIMES
from sockviz.tui.watch.render import words
from sockviz.tui.watch.render.columns import Column, Part
from sockviz.tui.watch.render.meter import meter
from sockviz.tui.watch.view import WatchView
from sockviz.world.watch.model import Watch, WatchedListener

BAR: Final = 8
_SHORT: Final = 5
_LONG: Final = 24
_LONGEST: Final = 24
"""Cells of a listener's address; an IPv6 one may be longer."""
RISES: Final = "▲"
FULL: Final = "FULL"


def _address(one: WatchedListener, _: WatchView, colours: Palette) -> list[Part]:
    parts = [
        (words.shortened(words.address(one.local), _LONGEST), colours.dim if one.gone else colours.strong)
    ]
    if one.dual:
        parts.append((" +IPv4", colours.dim))
    if len(one.sockets) > 1:
        parts.append((f" {TIMES}{len(one.sockets)}", colours.dim))
    return parts


def _owners(one: WatchedListener, view: WatchView, colours: Palette) -> list[Part]:
    if one.gone is not None:
        return [("nobody listens", colours.warn)]
    text = words.owners(view.watch, one)
    if text:
        return [(text, colours.text)]
    user = "" if one.uid is None else f" user {one.uid}"
    return [(f"?{user}", colours.dim)]


def queue(one: WatchedListener, width: int, colours: Palette) -> list[Part]:
    """The accept queue: slots or a bar, `depth/limit`, FULL."""
    if one.gone is not None:
        return [("–".center(width), colours.dim)]  # noqa: RUF001 - a dash, as tables have it
    depth, limit = fullest(one)
    style = colours.bad if one.full else colours.strong if one.depth else colours.dim
    bar = meter(depth, limit + 1, width, colours, full=one.full)
    used = sum(len(text) for text, _ in bar)
    return [*bar, (" " * (width - used) + f" {depth}/{limit}", style)]


def fullest(one: WatchedListener) -> tuple[int, int]:
    """Depth and limit of the fullest one of its queues: of several sockets one may be full alone."""
    queues = ((socket.depth, socket.limit) for socket in one.sockets.values())
    return max(queues, key=lambda queue: queue[0] / (queue[1] + 1), default=(0, 0))


def _queue(one: WatchedListener, _: WatchView, colours: Palette) -> list[Part]:
    parts = queue(one, BAR, colours)
    return [*parts, (f" {FULL}", colours.bad)] if one.full else parts


def _tight(one: WatchedListener, _: WatchView, colours: Palette) -> list[Part]:
    parts = queue(one, _SHORT, colours)
    return [*parts, (f" {FULL}", colours.bad)] if one.full else parts


def _wide(one: WatchedListener, colours: Palette) -> list[Part]:
    parts = queue(one, _LONG, colours)
    return [*parts, (f" {FULL}", colours.bad)] if one.full else parts


def _count(value: int | None, colours: Palette, *, warn: bool = False) -> list[Part]:
    if value is None:
        return [("?", colours.dim)]
    style = colours.dim if not value else colours.warn if warn else colours.text
    return [(f"{value:,}", style)]


def dropped(one: WatchedListener, view: WatchView, colours: Palette) -> list[Part]:
    """What it dropped since watching began; a rise is a word and a sign, too."""
    if not one.drops_known:
        return [("not told", colours.dim)]
    if one.local in view.drops:
        return [(f"{RISES} {one.dropped:,} rising", colours.bad)]
    return _count(one.dropped, colours, warn=True)


def _briefly(one: WatchedListener, view: WatchView, colours: Palette) -> list[Part]:
    """The same with less words."""
    if one.drops_known and one.local in view.drops:
        return [(f"{RISES} {one.dropped:,}", colours.bad)]
    return dropped(one, view, colours)


COLUMNS: Final[tuple[Column[WatchedListener], ...]] = (
    Column("address", "address", _address, 21, most=34, left=True),
    Column("process", "process", _owners, 14, most=30, left=True, rank=1),
    Column("accept", "accept queue", _queue, BAR + 15, left=True),
    Column("half-open", "half-open", lambda one, _, c: _count(one.half_open, c, warn=True), 9, rank=3),
    Column("established", "established", lambda one, _, c: _count(one.established, c), 11, rank=2),
    Column("un-accepted", "un-accepted", lambda one, _, c: _count(one.unaccepted, c, warn=True), 11, rank=4),
    Column("dropped", "dropped", dropped, 15),
)  # fmt: skip
NARROW: Final[tuple[Column[WatchedListener], ...]] = (
    Column("address", "address", _address, 15, most=26, left=True),
    Column("process", "process", _owners, 13, most=20, left=True, rank=1),
    Column("accept", "accept queue", _tight, 14, left=True),
    Column("half-open", "half-open", lambda one, _, c: _count(one.half_open, c, warn=True), 4, short="half"),
    Column("established", "established", lambda one, _, c: _count(one.established, c), 5, short="estab"),
    Column("un-accepted", "un-accepted", lambda one, _, c: _count(one.unaccepted, c, warn=True), 5,
           short="unacc"),
    Column("dropped", "dropped", _briefly, 8),
)  # fmt: skip
"""Below `ROOMY` cells."""
LARGE: Final[tuple[Column[WatchedListener], ...]] = (
    Column("address", "address", _address, 15, most=34, left=True),
    Column("process", "process", _owners, 14, most=24, left=True, rank=1),
    Column("accept", "accept queue", lambda one, _, c: _wide(one, c), _LONG + 15, left=True),
    Column("dropped", "dropped", dropped, 15),
)  # fmt: skip
"""For the last row of a lecture hall."""
ROOMY: Final = 112


def columns(width: int, *, large: bool = False) -> tuple[Column[WatchedListener], ...]:
    """What is told of a listener in so many cells; `large`: for an audience."""
    if large:
        return LARGE
    return COLUMNS if width >= ROOMY else NARROW


def _host(one: WatchedListener) -> tuple[Any, ...]:
    return (one.port, one.local)


_KEYS: Final[dict[str, Callable[[Watch, WatchedListener], Any]]] = {
    "address": lambda _, one: _host(one),
    "process": words.owners,
    "accept": lambda _, one: (fullest(one)[0] / (fullest(one)[1] + 1), one.depth),
    "half-open": lambda _, one: one.half_open,
    "established": lambda _, one: one.established or 0,
    "un-accepted": lambda _, one: one.unaccepted,
    "dropped": lambda _, one: one.dropped,
}
NUMBERS: Final = frozenset({"accept", "half-open", "established", "un-accepted", "dropped"})
"""By these the largest come first."""


def listed(watch: Watch, text: str, order: str, *, descending: bool) -> list[WatchedListener]:
    """Those that have each word of `text` in their address or their processes, in that order."""
    found = [one for one in watch.listeners.values() if _has(watch, one, text.lower().split())]
    found.sort(key=_host)
    found.sort(key=lambda one: _KEYS[order](watch, one), reverse=descending)
    return found


def _has(watch: Watch, one: WatchedListener, wanted: Collection[str]) -> bool:
    text = f"{words.address(one.local)} {words.owners(watch, one)} {FULL if one.full else ''}".lower()
    return all(word in text for word in wanted)


def named(listeners: Sequence[str]) -> str:
    """`:80`, `:80 and 127.0.0.1:443`, `4 listeners`."""
    few = 2
    if len(listeners) <= few:
        return " and ".join(words.address(one) for one in listeners)
    return f"{len(listeners)} listeners"
