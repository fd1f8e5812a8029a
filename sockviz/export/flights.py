"""The way of each segment over the wire, as points of time and place. Pure kinematics, no drawing.

What flows moves evenly from sender to receiver. What is held goes to the middle, stands there until it is
released, and goes on from where it stood, as on the stage.
"""

from dataclasses import dataclass
from typing import Final

from sockviz.export.looks import Hold
from sockviz.export.story import Story
from sockviz.world.model import Arrow

MIDDLE: Final = 0.5


@dataclass(frozen=True, slots=True)
class Flight:
    """A segment and its way."""

    arrow: Arrow
    points: tuple[tuple[int, float], ...]
    """(t in ns, 0 at the sender … 1 at the receiver), in order of time; the last one is where it ends."""
    held: tuple[int, int] | None = None
    """From when to when it stood still, ns."""

    @property
    def end(self) -> int:
        """When it ended, or the end of what is known, ns."""
        return self.points[-1][0]


def flights(story: Story, until: int) -> list[Flight]:
    """All segments that are to be drawn, in order of sending; `until` (ns): as far as is known.

    What the kernel repeated while the wire held the first copy is left out.
    """
    return [
        _flight(arrow, story.holds.get(arrow.id), until) for arrow in story.arrows if arrow.cause != "resent"
    ]


def _flight(arrow: Arrow, hold: Hold | None, until: int) -> Flight:
    end = arrow.arrived if arrow.arrived is not None else arrow.dropped
    last = until if end is None else end
    if hold is None:
        return Flight(arrow, ((arrow.sent, 0.0), (last, _place(arrow))))
    stopped = min(arrow.sent + hold.delay // 2, last)
    released = last if hold.released is None else min(max(hold.released, arrow.sent), last)
    if released <= stopped:
        return Flight(arrow, ((arrow.sent, 0.0), (last, _place(arrow))))
    way = [(arrow.sent, 0.0), (stopped, MIDDLE), (released, MIDDLE)]
    if last > released or arrow.arrived is not None:
        way.append((last, _place(arrow)))
    return Flight(arrow, tuple(way), (stopped, released))


def _place(arrow: Arrow) -> float:
    """Where it ends: at the receiver, or, lost or still under way, in the middle."""
    return MIDDLE if arrow.arrived is None else 1.0
