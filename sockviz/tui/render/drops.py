"""What a listener's kernel dropped, and why, by its counters and limits: to stand beside the queues. Pure."""

from typing import Final

from sockviz.tui.render import marks
from sockviz.tui.render.canvas import width_of
from sockviz.tui.view import StageView
from sockviz.world.cause import Cause
from sockviz.world.model import Listener, World

_OVERFLOW: Final = {
    Cause.ACCEPT_QUEUE_FULL: "accept queue full",
    Cause.FINAL_ACK_IGNORED: "accept queue full",
    Cause.COOKIE_IGNORED: "accept queue full",
    Cause.ABORT_ON_OVERFLOW: "queue full: RST sent",
}
"""Counted by ListenOverflows."""
_OTHERS: Final = {
    Cause.SYN_QUEUE_FULL: "SYN queue full",
    Cause.SYN_BACKLOG: "tcp_max_syn_backlog",
    Cause.NO_ROOM: "no room half-open",
}
"""Counted by ListenDrops alone."""


def drops_text(view: StageView, listener: Listener, room: int) -> str:
    """`✗ 17 dropped: accept queue full`, or less, in `room` cells; empty: nothing was dropped."""
    overflows = listener.overflows
    others = max(0, listener.drops - overflows)
    if not overflows + others:
        return ""
    total = overflows + others
    reasons = [
        (count, _newest(view.world, words))
        for count, words in ((overflows, _OVERFLOW), (others, _OTHERS))
        if count
    ]
    forms = (
        " · ".join(view.say(f"{count} dropped: {reason}") for count, reason in reasons),
        " · ".join(f"{count}: {view.say(reason)}" for count, reason in reasons),
        view.say(f"{total} dropped"),
        f"{total}",
    )
    return next((text for form in forms if width_of(text := f"{marks.LOST} {form}") <= room), "")


def _newest(world: World, words: dict[Cause, str]) -> str:
    """Why the newest connection that one of these causes hit was."""
    causes = (one.cause for one in reversed(tuple(world.connections.values())))
    return next((words[cause] for cause in causes if cause in words), next(iter(words.values())))
