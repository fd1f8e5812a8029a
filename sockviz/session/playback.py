"""The playhead: which moment of the log is shown. Pure: time comes in through `tick`, never from a clock.

Three modes. *Live*: the playhead is the live edge. *Paused*: it stands still while the run goes on.
*Playing*: it moves on towards the edge, event by event, and is live again when it has shown them all. Of a
recording the end is no live edge: there it just stands still.

A handshake over loopback takes 100 µs, so there slow motion is how a run is shown at all: in that pace new
events are never shown live but played, and the playhead lags as far behind as that takes.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple, Protocol

from sockviz.session.index import Kind
from sockviz.session.pace import LONGEST, Pace, screen_time

SPEEDS: Final = (
    1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5,
    1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0,
)  # fmt: skip
"""What `faster` and `slower` go through."""
_HOP: Final = 2_000
"""Gaps played in one tick, at most: 100 times as fast is also 100 times as much to look up."""


class Mode(StrEnum):
    """What the playhead does."""

    LIVE = "live"
    PLAYING = "playing"
    PAUSED = "paused"


class Log(Protocol):
    """What the playhead needs to know of the log; `Timeline` is one. Times in ns on the recording's clock."""

    def next_event(self, t: int, kind: Kind = ...) -> int | None:
        """The first time after `t` at which something of that kind happened."""

    def previous_event(self, t: int, kind: Kind = ...) -> int | None:
        """The last time before `t` at which something of that kind happened."""

    def flight_at(self, t: int) -> int | None:
        """How long (ns) the segment on the wire just after `t` is under way; None: none is, or not known."""


class Gap(NamedTuple):
    """The time between two visible events."""

    begin: int
    end: int
    flight: int | None
    """Of a segment that is on the wire meanwhile, ns."""


@dataclass(slots=True)
class Playback:
    """The playhead over a log.

    Args:
        log: the events to move along.
        pace: what is done with the time between two events.
        recorded: all of it has happened already; nothing is live.
    """

    log: Log
    pace: Pace = Pace.SHORT
    recorded: bool = False
    mode: Mode = Mode.LIVE
    speed: float = 1.0
    t: int = 0
    """The playhead, ns on the recording's clock."""
    edge: int = 0
    """Now, on the recording's clock; of a recording, its end as far as it has been read."""
    more: bool = False
    """Of a recording: there is more to come of it."""
    _shown: int = -1
    """The last visible event at or before the playhead, ns."""
    _share: float = 0.0
    """How much of the gap after `_shown` has been played, 0 to 1."""
    _gap: Gap | None = field(default=None, repr=False)

    @property
    def behind(self) -> int:
        """How far the playhead is behind the live edge, ns."""
        return max(0, self.edge - self.t)

    @property
    def in_slow_motion(self) -> bool:
        """What is shown is shown slower than it was."""
        return self.pace is Pace.SLOW and self.mode is Mode.PLAYING

    def tick(self, dt: int, edge: int) -> None:
        """`dt` ns passed in front of the screen, and the live edge has come to `edge`."""
        self.edge = max(self.edge, edge)
        if self.mode is Mode.LIVE:
            self._follow()
        elif self.mode is Mode.PLAYING:
            self._move(dt)

    def pause(self) -> None:
        """Stand still."""
        self.mode = Mode.PAUSED

    def play(self) -> None:
        """Move on from where the playhead is; at the end of a recording, from its beginning."""
        if self.mode is not Mode.PAUSED:
            return
        if self.recorded and self.t >= self.edge and not self.more:
            self.t = 0
        self._place(self.t)
        gap = self._next_gap()
        if gap is not None:
            self._share = min(max((self.t - gap.begin) / (gap.end - gap.begin), 0.0), 1.0)
        self.mode = Mode.PLAYING

    def live(self) -> None:
        """Jump to the live edge; in slow motion: skip what has not been shown."""
        self.mode = Mode.PAUSED if self.recorded else Mode.LIVE
        self._place(self.edge)

    def skip(self, t: int) -> None:
        """Take everything up to `t` as shown, where the playhead is live."""
        if self.mode is Mode.LIVE:
            self._shown = max(self._shown, t)

    def step(self, direction: int, kind: Kind = Kind.MOMENT) -> None:
        """Stand still at the next (1) or the previous (-1) event of that kind, if there is one."""
        self.mode = Mode.PAUSED
        find = self.log.next_event if direction > 0 else self.log.previous_event
        target = find(self.t, kind)
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
        self._gap = None

    def set_pace(self, pace: Pace) -> None:
        """From here on in another pace."""
        self.pace = pace
        self._gap = None

    def _place(self, t: int) -> None:
        self.t = t
        at_or_before = self.log.previous_event(t + 1)
        self._shown = -1 if at_or_before is None else at_or_before
        self._share = 0.0

    def _follow(self) -> None:
        """Live: be at the edge; in slow motion begin to play as soon as there is something new."""
        new = self.log.next_event(self._shown) if self.pace is Pace.SLOW else None
        if new is None:
            self.t = self.edge
            return
        # The idle time before `new` has passed in front of the screen already.
        self._place(new)
        self.mode = Mode.PLAYING

    def _move(self, budget: float) -> None:
        """Play for `budget` ns of screen time, to the end of what there is to show at most."""
        for _ in range(_HOP):
            gap = self._next_gap()
            if gap is None:
                self._arrive()
                return
            duration = max(screen_time(gap.end - gap.begin, gap.flight, self.pace, self.speed), 1)
            left = duration * (1 - self._share)
            if budget < left:
                self._share += budget / duration
                self.t = gap.begin + int((gap.end - gap.begin) * self._share)
                return
            budget -= left
            self.t = self._shown = gap.end
            self._share = 0.0

    def _arrive(self) -> None:
        """There is nothing more to show: be live, or wait for what is still being read, or stop."""
        if not self.recorded:
            self.mode = Mode.LIVE
            self.t = self.edge
        elif not self.more:
            self.mode = Mode.PAUSED
            self.t = self.edge

    def _next_gap(self) -> Gap | None:
        """The gap after the last shown event."""
        end = self.log.next_event(self._shown)
        if end is None:
            return None
        if self._gap is None or (self._gap.begin, self._gap.end) != (self._shown, end):
            # What is under way matters only where it would make a difference.
            asked = self.pace is Pace.SLOW or end - self._shown > LONGEST * self.speed
            self._gap = Gap(self._shown, end, self.log.flight_at(self._shown) if asked else None)
        return self._gap
