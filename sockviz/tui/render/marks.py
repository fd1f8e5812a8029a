"""The vocabulary of the screen: how a connection, a state, a time is written, the same in every view.

Pure: data in, text out.
"""

from typing import Final

from sockviz.tcp.states import State
from sockviz.world.labels import SHAPES, badge, numbers, numbers_text
from sockviz.world.model import Endpoint, Provenance

__all__ = [
    "AGAIN", "ASKS", "BLOCKED", "GHOST", "GLYPHS", "GONE", "HELD", "INFERRED", "LOST", "NOBODY", "SHAPES",
    "SPLIT", "TIMES",
    "age", "badge", "clock", "numbers", "numbers_text", "port", "short_age", "state_sign",
]  # fmt: skip

GLYPHS: Final = {
    State.CLOSED: "·",
    State.LISTEN: "┊",
    State.SYN_SENT: "░",
    State.SYN_RECV: "▒",
    State.ESTABLISHED: "█",
    State.FIN_WAIT1: "▙",
    State.FIN_WAIT2: "▌",
    State.CLOSE_WAIT: "▐",
    State.CLOSING: "▚",
    State.LAST_ACK: "▗",
    State.TIME_WAIT: "╎",
}
"""A state's sign, also the pattern of its bar in the ladder: filling up while a connection opens, a whole
block while both directions are open, losing quarters while it closes."""

NOBODY: Final = "–"  # noqa: RUF001 - a dash, as tables have it
"""In place of a descriptor that nobody has."""
INFERRED: Final = "~"
BLOCKED: Final = "◷"
HELD: Final = "‖"
LOST: Final = "✗"
GHOST: Final = "◌"
"""In place of a state's sign: the other side has no socket for it."""
SPLIT: Final = "≠"
AGAIN: Final = "↻"
ASKS: Final = "?"
GONE: Final = "†"
"""Before the time after which a kernel sends again, asks its peer, forgets a connection."""
TIMES: Final = "\N{MULTIPLICATION SIGN}"

_SECOND: Final = 1_000_000_000
_LONG: Final = 100
"""Seconds from which on minutes are easier to read."""


def state_sign(end: Endpoint) -> str:
    """`▒ SYN_RECV`, with `~` if the kernel's table has not confirmed it."""
    mark = INFERRED if end.provenance is Provenance.INFERRED and end.state is not State.CLOSED else ""
    return f"{GLYPHS[end.state]} {end.state}{mark}"


def port(address: str) -> str:
    """`:8001` of `10.0.0.1:8001` or `[fd00::1]:8001`."""
    return ":" + address.rpartition(":")[2]


def age(ns: int) -> str:
    """How long something has been so: `3 s`, `2 min`; empty below a second. Changes once a second at most."""
    seconds = ns // _SECOND
    if seconds < 1:
        return ""
    return f"{seconds} s" if seconds < _LONG else f"{seconds // 60} min"


def short_age(ns: int) -> str:
    """The same in four cells at most: `3 s`, `2 m`, `99 m`, `2 h`."""
    minutes = ns // (60 * _SECOND)
    if ns < _LONG * _SECOND:
        return age(ns)
    return f"{minutes} m" if minutes < _LONG else f"{minutes // 60} h"


def clock(ns: int) -> str:
    """A time since the start: `3.120`, `1:02.500`."""
    minutes, rest = divmod(max(0, ns), 60 * _SECOND)
    seconds = f"{rest // _SECOND}.{rest % _SECOND // 1_000_000:03}"
    return f"{minutes}:{seconds:0>6}" if minutes else seconds
