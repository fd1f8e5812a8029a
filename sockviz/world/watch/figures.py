"""The figures that explain a drop: how full a queue was, how often accept() was called, what limits it."""

from typing import Final, NamedTuple

from sockviz.world.watch.history import WIDTH
from sockviz.world.watch.model import Watch, WatchedListener

WINDOW: Final = 10_000_000_000
"""ns; rates are told of the last so many."""
_JUST_NOW: Final = 1_000_000_000
_LEAST: Final = 2_000_000_000
"""ns; of less nothing is said of how often something happens."""

_DIGITS: Final = 10
SOMAXCONN: Final = "net.core.somaxconn"


class Rate(NamedTuple):
    """What happened in the last `seconds`."""

    accepted: int
    """Calls of accept() that were seen to take one of its connections."""
    perhaps: int
    """Those, and others that took one between two readings: this listener's, or another's."""
    came: int
    """Connections that began."""
    ignored: int
    """Packets that it ignored."""
    seconds: int


def was_full(watch: Watch, listener: WatchedListener) -> bool:
    """Its accept queue was, within the last second, longer than its limit (or one of several sockets')."""
    recent = listener.history.total(watch.t - _JUST_NOW, watch.t)
    return listener.full or (len(listener.sockets) == 1 and recent.depth > recent.limit)


def syn_queue_was_full(watch: Watch, listener: WatchedListener) -> bool:
    """So many were half open as its backlog allows."""
    recent = listener.history.total(watch.t - _JUST_NOW, watch.t)
    return max(recent.half_open, listener.half_open) >= max(listener.limit, 1)


def rate(watch: Watch, listener: WatchedListener) -> Rate | None:
    """How fast connections came and were taken; None: its connections are not told (for long enough)."""
    if not listener.chosen or not listener.read or watch.t - listener.told < _LEAST:
        return None
    begin = max(watch.t - WINDOW, listener.told)
    recent = listener.history.total(begin, watch.t)
    seconds = max(1, round((watch.t - begin) / 1e9))
    perhaps = max(recent.accepted, _accepted_by_all(watch, begin) if _samples_only(watch) else 0)
    return Rate(recent.accepted, perhaps, recent.opened, recent.dropped, seconds)


def _accepted_by_all(watch: Watch, begin: int) -> int:
    """Since `begin`, by all listeners: what came into their queues and is not in them any more."""
    begin += WIDTH  # what was at the end of the slice that it is in is known
    recent, before = watch.namespace.total(begin, watch.t), watch.namespace.before(begin)
    return recent.opened + before.depth_now - recent.depth_now


def _samples_only(watch: Watch) -> bool:
    """Connections may come and go unseen."""
    level = watch.settings.get("level", "")
    return level == "sampling" or watch.header is None or "sampling" in watch.header.capabilities


def overfull(watch: Watch, listener: WatchedListener) -> str:
    """How full its accept queue was when it was full: `9 > 8`; of several sockets that of the fullest."""
    if len(listener.sockets) > 1:
        fullest = max(listener.sockets.values(), key=lambda one: one.depth - one.limit)
        where = f"of one of its {len(listener.sockets)} sockets"
        return f"{fullest.depth} > {fullest.limit}, {where}" if fullest.depth > fullest.limit else where
    recent = listener.history.total(watch.t - _JUST_NOW, watch.t)
    depth, limit = max(recent.depth, listener.depth), listener.limit or recent.limit
    # It may have been full between two readings only.
    return f"{max(depth, limit + 1)} > {limit}"


def setting(watch: Watch, name: str) -> str | None:
    """A sysctl as it is now, as far as it is known."""
    if name in watch.settings:
        return watch.settings[name]
    return watch.header.sysctls.get(name) if watch.header is not None else None


def is_number(text: str) -> bool:
    """Digits, and not more of them than a setting has."""
    return text.isascii() and text.isdecimal() and len(text) <= _DIGITS
