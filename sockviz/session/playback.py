"""The playhead: which moment of the log is shown. Pure: time comes in through `tick`, never from a clock.

Three modes. *Live*: the playhead is the live edge. *Paused*: it stands still while the run goes on.
*Playing*: it moves on towards the edge, event by event, and is live again when it has shown them all.

While playing, idle time is cut short, and in *slow motion* every gap between two visible events takes about
as long on the screen as a person needs to see it. A handshake over loopback takes 100 µs, so there slow
motion is how a run is shown at all: new events are never shown live but played, and the playhead lags as
far behind as that takes.
"""

import math
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple, Protocol

SECOND: Final = 1_000_000_000
SHORTEST: Final = 350_000_000
"""Screen time of the shortest gap in slow motion, ns at speed 1."""
LONGEST: Final = 1_200_000_000
"""Screen time of the longest gap, ns at speed 1 (a flight in real time may take longer)."""
FLIGHT: Final = SECOND
"""Screen time of one segment's flight in slow motion, ns at speed 1."""
SPEEDS: Final = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 10.0)
"""What `faster` and `slower` go through."""


class Mode(StrEnum):
    """What the playhead does."""

    LIVE = "live"
    PLAYING = "playing"
    PAUSED = "paused"


class Log(Protocol):
    """What the playhead needs to know of the log; `Timeline` is one. Times in ns on the recording's clock."""

    def next_event(self, t: int) -> int | None:
        """The first visible event's time after `t`."""

    def previous_event(self, t: int) -> int | None:
        """The last visible event's time before `t`."""

    def flight_at(self, t: int) -> int | None:
        """How long (ns) the segment on the wire just after `t` is under way; None: none is, or not known."""


def screen_time(gap: int, flight: int | None, *, slow: bool) -> int:
    """How long (ns, at speed 1) to take on the screen over a `gap` (ns) between two visible events.

    `flight` (ns) is that of a segment that is on the wire meanwhile. In slow motion a flight takes about a
    second and the gap its share of it; without a flight a gap takes the longer, the more orders of
    magnitude it spans (10 µs: the shortest; a second: the longest). Else it takes as long as it took, but
    idle time is cut.
    """
    if not slow:
        return gap if flight else min(gap, LONGEST)
    if flight:
        wanted = FLIGHT * gap // flight
    else:
        decades = math.log10(max(gap, 1) / 10_000) / 5
        wanted = SHORTEST + int((LONGEST - SHORTEST) * decades)
    return min(max(wanted, SHORTEST), LONGEST)


class Gap(NamedTuple):
    """The time between two visible events, and what it takes on the screen."""

    begin: int
    end: int
    duration: int


@dataclass(slots=True)
class Playback:
    """The playhead over a log.

    Args:
        log: the events to move along.
        slow: never show new events live, play them in slow motion.
    """

    log: Log
    slow: bool = False
    mode: Mode = Mode.LIVE
    speed: float = 1.0
    t: int = 0
    """The playhead, ns on the recording's clock."""
    edge: int = 0
    """Now, on the recording's clock."""
    _shown: int = -1
    """The last visible event at or before the playhead, ns."""
    _elapsed: float = 0.0
    """Screen time (ns, at speed 1) already spent in the gap after `_shown`."""
    _gap: Gap | None = field(default=None, repr=False)

    @property
    def behind(self) -> int:
        """How far the playhead is behind the live edge, ns."""
        return max(0, self.edge - self.t)

    @property
    def in_slow_motion(self) -> bool:
        """What is shown is shown slower than it was."""
        return self.slow and self.mode is Mode.PLAYING

    def tick(self, dt: int, edge: int) -> None:
        """`dt` ns passed in front of the screen, and the live edge has come to `edge`."""
        self.edge = max(self.edge, edge)
        if self.mode is Mode.LIVE:
            self._follow()
        elif self.mode is Mode.PLAYING:
            self._move(dt * self.speed)

    def pause(self) -> None:
        """Stand still."""
        self.mode = Mode.PAUSED

    def play(self) -> None:
        """Move on from where the playhead is."""
        if self.mode is not Mode.PAUSED:
            return
        self._place(self.t)
        gap = self._next_gap()
        if gap is not None:
            share = (self.t - gap.begin) / (gap.end - gap.begin)
            self._elapsed = gap.duration * min(max(share, 0.0), 1.0)
        self.mode = Mode.PLAYING

    def live(self) -> None:
        """Jump to the live edge; in slow motion: skip what has not been shown."""
        self.mode = Mode.LIVE
        self._place(self.edge)

    def skip(self, t: int) -> None:
        """Take everything up to `t` as shown, where the playhead is live."""
        if self.mode is Mode.LIVE:
            self._shown = max(self._shown, t)

    def step(self, direction: int) -> None:
        """Stand still at the next (1) or the previous (-1) visible event, if there is one."""
        self.mode = Mode.PAUSED
        target = self.log.next_event(self.t) if direction > 0 else self.log.previous_event(self.t)
        if target is not None:
            self._place(target)

    def seek(self, t: int) -> None:
        """Stand still at `t`."""
        self.mode = Mode.PAUSED
        self._place(min(max(t, 0), self.edge))

    def faster(self, direction: int) -> None:
        """One step up (1) or down (-1) in `SPEEDS`."""
        nearest = min(range(len(SPEEDS)), key=lambda index: abs(SPEEDS[index] - self.speed))
        self.speed = SPEEDS[min(max(nearest + direction, 0), len(SPEEDS) - 1)]

    def _place(self, t: int) -> None:
        self.t = t
        at_or_before = self.log.previous_event(t + 1)
        self._shown = -1 if at_or_before is None else at_or_before
        self._elapsed = 0.0

    def _follow(self) -> None:
        """Live: be at the edge; in slow motion begin to play as soon as there is something new."""
        new = self.log.next_event(self._shown) if self.slow else None
        if new is None:
            self.t = self.edge
            return
        # The idle time before `new` has passed in front of the screen already.
        self._place(new)
        self.mode = Mode.PLAYING

    def _move(self, budget: float) -> None:
        """Play for `budget` ns of screen time; live again when there is nothing more to show."""
        while (gap := self._next_gap()) is not None:
            left = gap.duration - self._elapsed
            if budget < left:
                self._elapsed += budget
                self.t = gap.begin + int((gap.end - gap.begin) * self._elapsed / gap.duration)
                return
            budget -= left
            self.t = self._shown = gap.end
            self._elapsed = 0.0
        self.mode = Mode.LIVE
        self.t = self.edge

    def _next_gap(self) -> Gap | None:
        """The gap after the last shown event, its screen time fixed when it is first looked at."""
        end = self.log.next_event(self._shown)
        if end is None:
            return None
        if self._gap is None or (self._gap.begin, self._gap.end) != (self._shown, end):
            flight = self.log.flight_at(self._shown)
            duration = screen_time(end - self._shown, flight, slow=self.slow)
            self._gap = Gap(self._shown, end, max(duration, 1))
        return self._gap
