"""The kernel's timers in words, to stand beside the sockets they belong to: as long as there is room for.

Pure: `sockviz.world.timers` says which one runs; here is only how it is written.
"""

from typing import Final

from sockviz.tcp.states import State
from sockviz.tui.render import marks
from sockviz.tui.render.canvas import width_of
from sockviz.tui.view import StageView
from sockviz.world.model import Connection, Endpoint
from sockviz.world.timers import Countdown, countdown

FORMS: Final = 3
"""How many ways there are to write one, from the longest to the shortest."""

_AGAIN: Final = {
    State.SYN_SENT: "SYN again",
    State.SYN_RECV: "SYN-ACK again",
    State.FIN_WAIT1: "FIN again",
    State.CLOSING: "FIN again",
    State.LAST_ACK: "FIN again",
}
_SECOND: Final = 1_000_000_000
_MINUTES: Final = 100
"""Seconds from which on minutes are told."""


def timer_forms(view: StageView, connection: Connection, end: Endpoint) -> tuple[str, ...]:
    """What the kernel will do by itself, and when: `SYN again in 2 s`, `again in 2 s`, `↻2s`.

    Empty: no timer runs, or it is due and the table was not read since.
    """
    running = countdown(connection, end, view.now)
    # A row of an earlier state tells of a timer that has ended since.
    if running is None or not running.left or end.disagrees:
        return ()
    long, medium, sign = _words(running, end.state)
    seconds = -(-running.left // _SECOND)
    span = f"{seconds} s" if seconds < _MINUTES else f"{seconds // 60} min"
    short = f"{seconds}s" if seconds < _MINUTES else f"{seconds // 60}m"
    return view.say(f"{long} in {span}"), view.say(f"{medium} in {span}"), sign + short


def fitting(forms: tuple[str, ...], room: int) -> str:
    """The longest that fits; empty if none does."""
    return next((form for form in forms if width_of(form) <= room), "")


def _words(running: Countdown, state: State) -> tuple[str, str, str]:
    """Long, medium, and the sign before a bare time."""
    match running.timer:
        case "retransmit":
            return _AGAIN.get(state, "resends"), "again", marks.AGAIN
        case "timewait":
            return "gone", "gone", marks.GONE
        case "keepalive" if state is State.FIN_WAIT2:
            return "gives up", "gone", marks.GONE
        case "keepalive":
            return "keepalive", "asks", marks.ASKS
        case _:
            return "probes", "asks", marks.ASKS
