"""How addresses, processes, spans of time and states of watched sockets are written. Pure."""

from typing import Final

from sockviz.tcp.states import State
from sockviz.tui.render.canvas import clean
from sockviz.tui.render.marks import GLYPHS
from sockviz.world.watch.model import Watch, WatchedConnection, WatchedListener
from sockviz.world.watch.naming import plain

_SECOND: Final = 1_000_000_000
_MS: Final = 1_000_000
_MINUTE, _HOUR = 60 * _SECOND, 3600 * _SECOND
_PRECISE: Final = 10 * _SECOND
LEVELS: Final = {
    "trace": "tracepoint",
    "packets": "packets",
    "sampling": "sampling",
}
_CLOSING: Final = frozenset({"FIN_WAIT1", "FIN_WAIT2", "CLOSING", "LAST_ACK", "TIME_WAIT", "CLOSED"})


def span(ns: int) -> str:
    """`340 ms`, `8.4 s`, `42 s`, `3 min`, `2 h`: as exact as somebody reads it while it changes."""
    if ns < _SECOND:
        return f"{ns // _MS} ms"
    if ns < _PRECISE:
        return f"{ns / _SECOND:.1f} s"
    if ns < 2 * _MINUTE:
        return f"{ns // _SECOND} s"
    return f"{ns // _MINUTE} min" if ns < 2 * _HOUR else f"{ns // _HOUR} h"


def address(text: str) -> str:
    """An endpoint; an IPv4 address that came to a dual-stack listener as what it is."""
    return plain(clean(text))


def shortened(text: str, room: int) -> str:
    """An endpoint in so many cells: the port at its end is what tells it from others."""
    if len(text) <= room:
        return text
    return f"{text[: (room - 1) // 2]}…{text[len(text) - room // 2 :]}" if room > 1 else text[:room]


def owners(watch: Watch, listener: WatchedListener) -> str:
    """`nginx 4711 +3`: the first process that listens, and how many others do; empty: not known."""
    pids = sorted({owner.pid for owner in listener.owners})
    if not pids:
        return ""
    names = dict.fromkeys(process(watch, pid) for pid in pids)
    first = next(iter(names))
    more = f" +{len(pids) - 1}" if len(pids) > 1 else ""
    return f"{first} {pids[0]}{more}"


def process(watch: Watch, pid: int) -> str:
    """Its name, made harmless."""
    known = watch.processes.get(pid)
    return clean(known.name) or "?" if known is not None else "?"


def owner(watch: Watch, one: WatchedConnection) -> str:
    """`4711/5 python3`: pid, descriptor, name; who has it, or that nobody has, or that it is not known."""
    if one.pid is not None:
        fd = "" if one.fd is None else f"/{one.fd}"
        return f"{one.pid}{fd} {process(watch, one.pid)}"
    if one.waits:
        return "nobody yet"
    if not one.accepted:
        return "nobody"
    return "nobody: closed" if one.state in _CLOSING else "not known"


def level(watch: Watch) -> str:
    """How much is seen: `trace`, `packets` or `sampling`."""
    if watch.settings.get("level") in LEVELS:
        return watch.settings["level"]
    known = watch.header.capabilities if watch.header is not None else ()
    return next((one for one in LEVELS if one in known), "sampling")


def state_of(name: str) -> State | None:
    """A state by the kernel's name."""
    return State.__members__.get(name)


def glyph(name: str) -> str:
    """A state's sign, as everywhere."""
    state = state_of(name)
    return GLYPHS[state] if state is not None else "?"
