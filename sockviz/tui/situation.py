"""What actions, hints and status line are judged by: the session's present, in one value. Pure."""

from collections.abc import Sequence

from sockviz.session.playback import Mode
from sockviz.session.session import Session
from sockviz.tui.actions.action import Situation
from sockviz.tui.view import Selection
from sockviz.world.model import Arrow


def situation_of(
    session: Session, selection: Selection, arrows: Sequence[Arrow], *, tabs: bool, inspecting: bool
) -> Situation:
    """The situation now.

    A playhead behind the newest event shows the past, unless slow motion has simply not come to it yet.
    """
    paused = session.mode is Mode.PAUSED
    behind = session.now < session.timeline.end
    return Situation(
        world=session.timeline.edge,
        selection=selection,
        arrows=arrows,
        past=behind and not session.in_slow_motion,
        paused=paused,
        speed=session.speed,
        slow=session.in_slow_motion,
        tabs=tabs,
        inspecting=inspecting,
    )
