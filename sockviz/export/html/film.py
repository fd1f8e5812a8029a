"""A run as a film: its steps, how long each is on the screen, and each segment's way in screen time.

Pure. Screen time is slow motion (`session.pace`): what took 10 µs can be followed, and an hour of nothing is
over soon.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from sockviz import harmless
from sockviz.events import AnyEvent
from sockviz.export import words
from sockviz.export.flights import MIDDLE, Flight, flights
from sockviz.export.html.snapshot import Snapshot, snapshot
from sockviz.export.ladder import left_host
from sockviz.export.story import Story
from sockviz.session.pace import Pace, screen_time
from sockviz.world.draft import Draft
from sockviz.world.fold import step
from sockviz.world.labels import label, numbers_text
from sockviz.world.model import World

MS: Final = 1_000_000
LINGER: Final = 1_500
"""ms of screen time that a lost segment stays where it was lost."""
_PASSING: Final = 400
"""ms of screen time, at most, that a segment takes to a point where it was seen."""
_MARK_WEIGHT: Final = 2


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment on the wire."""

    flight: Flight
    name: str
    figures: str
    way: tuple[tuple[float, float], ...]
    """(ms of screen time, 0 at the sender … 1 at the receiver)."""
    gone: float
    """When it is not shown any more, ms."""
    lane: int

    def fate(self, *, reason: bool) -> str:
        """What became of it, if it did not just arrive; and why it was ignored."""
        arrow = self.flight.arrow
        if arrow.dropped is not None:
            return words.cause(arrow) or "lost"
        told = f"ignored: {words.cause(arrow)}" if reason and arrow.cause else "ignored"
        return told if arrow.ignored else ""


@dataclass(slots=True)
class Film:
    """All that is played."""

    times: list[int]
    """The steps, ns."""
    at: list[float]
    """The steps, ms of screen time."""
    segments: list[Segment] = field(default_factory=list)
    lanes: int = 0
    marks: list[tuple[int, str, bool]] = field(default_factory=list)
    """(step, text, the operator's own)."""

    def step(self, t: int) -> int:
        """The step that a time belongs to."""
        return max(0, bisect_right(self.times, t) - 1)

    def height(self, lane: int) -> float:
        """Where a lane is, 0 … 1: the first one in the middle, the others above and below it in turn."""
        lanes = max(3, self.lanes | 1)
        return 0.5 + (lane + 1) // 2 * (1 if lane % 2 else -1) / lanes

    @property
    def quick(self) -> bool:
        """Most steps are less than a millisecond after the one before."""
        gaps = sorted(after - before for before, after in pairwise(self.times))
        return bool(gaps) and gaps[len(gaps) // 2] < MS


def film(story: Story) -> Film:
    """The film of a story."""
    until = max([story.world.t, *(one.t for one in story.transitions[-1:])])
    ways = flights(story, until)
    times = _times(story, ways)
    made = Film(times, _schedule(times, ways))
    made.segments = _segments(story, made, ways)
    made.lanes = max((segment.lane for segment in made.segments), default=-1) + 1
    made.marks = list(_marks(story, made))
    return made


def snapshots(events: Iterable[AnyEvent], story: Story, times: Sequence[int]) -> Iterator[Snapshot]:
    """What is shown at each step: the world just before the next one, so with what was sampled meanwhile."""
    left, draft, at = left_host(story), Draft(World()), 0
    for event in events:
        while at + 1 < len(times) and event.t >= times[at + 1]:
            world = draft.freeze()
            yield snapshot(world, times[at], left)
            draft, at = Draft(world), at + 1
        step(draft, event)
    world = draft.freeze()
    for t in times[at:]:
        yield snapshot(world, t, left)


def _times(story: Story, ways: Iterable[Flight]) -> list[int]:
    """Whenever something happens that can be seen."""
    found = {t for t, _ in story.notes}
    found.update(one.t for one in story.transitions)
    found.update(look.t for look in story.looks)
    found.update(one.t for one in story.narrations if one.weight)
    found.update(drop.t for drop in story.drops)
    for call in story.calls:
        found.add(call.entered)
        if call.returned is not None and call.name in words.BLOCKING:
            found.add(call.returned)
    for flight in ways:
        found.update((flight.arrow.sent, flight.end))
        hold = story.holds.get(flight.arrow.id)
        if hold is not None and hold.released is not None:
            found.add(hold.released)
    return sorted(found) or [0]


def _schedule(times: Sequence[int], ways: Sequence[Flight]) -> list[float]:
    """When each step is on the screen, ms."""
    at = [0.0]
    moving = [
        (t0, t1, round((t1 - t0) / (x1 - x0)))
        for flight in ways
        for (t0, x0), (t1, x1) in pairwise(flight.points)
        if x1 > x0 and t1 > t0
    ]
    moving.sort()
    for begin, end in pairwise(times):
        under_way = [whole for t0, t1, whole in moving if t0 < end and t1 > begin]
        at.append(at[-1] + screen_time(end - begin, min(under_way, default=None), Pace.SLOW) / MS)
    return at


def _segments(story: Story, made: Film, ways: Iterable[Flight]) -> list[Segment]:
    found: list[Segment] = []
    free: list[float] = []
    for flight in ways:
        arrow = flight.arrow
        way = _passing(made, flight) or tuple((_screen(made, t), x) for t, x in flight.points)
        lost = arrow.dropped is not None or arrow.ignored
        gone = way[-1][0] + (LINGER if lost else 0)
        lane = next((lane for lane, until in enumerate(free) if until <= way[0][0]), len(free))
        free[lane : lane + 1] = [gone]
        connection = story.world.connections.get(arrow.connection or 0)
        name = label(arrow.segment) + (" again" if arrow.retransmission else "")
        figures = numbers_text(arrow.segment, arrow.sender, connection)
        found.append(Segment(flight, harmless.replaced(name), figures, way, gone, lane))
    return found


def _passing(made: Film, flight: Flight) -> tuple[tuple[float, float], ...]:
    """The way of a segment that was seen at one point only: then, in the middle. Empty: it is not one."""
    if flight.end > flight.arrow.sent or flight.arrow.arrived is None:
        return ()
    step = made.step(flight.end)
    at, last = made.at[step], len(made.at) - 1
    before = min(_PASSING, (at - made.at[step - 1]) / 2 if step else 0)
    after = min(_PASSING, (made.at[step + 1] - at) / 2 if step < last else 0)
    return ((at - before, 0.0), (at, MIDDLE), (at + after, 1.0))


def _screen(made: Film, t: int) -> float:
    """A time of the recording as ms of screen time."""
    after = bisect_right(made.times, t)
    if not after or after == len(made.times):
        return made.at[-1 if after else 0]
    begin, end = made.times[after - 1], made.times[after]
    return made.at[after - 1] + (made.at[after] - made.at[after - 1]) * (t - begin) / (end - begin)


def _marks(story: Story, made: Film) -> Iterator[tuple[int, str, bool]]:
    """What the operator did, and what must not be missed."""
    found = [(t, text, True) for t, text in story.notes]
    found += [(one.t, one.text, False) for one in story.narrations if one.weight >= _MARK_WEIGHT]
    for t, text, own in sorted(dict.fromkeys(found)):
        yield made.step(t), harmless.replaced(text), own
