"""What actions, hints and status line are judged by: the session's present, in one value. Pure."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sockviz.session.index import Kind
from sockviz.session.playback import Mode
from sockviz.session.session import Session
from sockviz.session.shown import Events, Shown
from sockviz.tui.actions.action import Situation
from sockviz.tui.view import Selection
from sockviz.world.model import Arrow

if TYPE_CHECKING:
    from sockviz.lessons.text import Language


def situation_of(
    session: Session,
    selection: Selection,
    arrows: Sequence[Arrow],
    *,
    tabs: bool,
    inspecting: bool,
    large: bool = False,
    sourced: bool = False,
    only: bool = False,
    listed: bool = False,
    served: bool = False,
    language: "Language" = "en",
) -> Situation:
    """The situation now."""
    before, after = kinds(session)
    return Situation(
        world=session.world if session.recorded else session.timeline.edge,
        selection=selection,
        arrows=arrows,
        over=not session.recorded and (session.ended or session.timeline.edge.ended is not None),
        past=session.past,
        replayed=session.name,
        paused=session.mode is Mode.PAUSED,
        before=before,
        after=after,
        at_end=session.now >= session.playback.edge,
        speed=session.speed,
        pace=session.pace,
        slow=session.in_slow_motion,
        tabs=tabs,
        inspecting=inspecting,
        large=large,
        sourced=sourced,
        only=only,
        listed=listed,
        served=served,
        language=language,
    )


def same(one: Situation, other: Situation) -> bool:
    """Nothing that can be said or done differs. To look into two worlds would cost more than it saves."""
    return one.world is other.world and one == other


def kinds(shown: Shown[Events]) -> tuple[frozenset[Kind], frozenset[Kind]]:
    """What there is to step back to from the playhead, and what to step on to."""
    timeline, now = shown.timeline, shown.now
    return (
        frozenset(kind for kind in Kind if timeline.previous_event(now, kind) is not None),
        frozenset(kind for kind in Kind if timeline.next_event(now, kind) is not None),
    )


def moving(session: Session) -> bool:
    """The picture changes by itself: the playhead moves through the past, or a segment over the wire.

    What is held goes to the middle of the wire first, which takes half of its delay.
    """
    if session.mode is not Mode.LIVE:
        return session.mode is Mode.PLAYING
    wire = session.world.wire
    return any(
        flight.due is not None or session.now - flight.sent <= wire.delay // 2
        for flight in wire.in_flight.values()
    )
