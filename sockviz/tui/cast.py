"""Plays a recording on the real screen, without a terminal and faster than it takes, and gives what was seen.

The screen's clock is ours: it goes on by a frame when the frame before has been drawn. What the frames are
made into is not known here.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from statistics import median
from typing import Any, Final, TypeAlias

from rich.cells import get_character_cell_size
from rich.color import ColorSystem
from rich.style import Style
from textual.pilot import Pilot
from textual.strip import Strip

from sockviz.errors import UserError
from sockviz.events import AnyEvent, Header
from sockviz.intents import Intent
from sockviz.session.batches import Receive
from sockviz.session.pace import Pace
from sockviz.session.plan import Plan
from sockviz.session.playback import SPEEDS, Mode
from sockviz.session.session import Session
from sockviz.session.shown import Shown
from sockviz.session.watching import Watching
from sockviz.tui.app import SockvizApp
from sockviz.tui.programs.app import ProgramsApp
from sockviz.tui.screens.furniture import LEAST
from sockviz.tui.screens.stage import StageScreen
from sockviz.tui.watch.app import WatchApp
from sockviz.tui.watch.screen import WatchScreen

Patch: TypeAlias = tuple[int, int, str]
"""(row, column, what is written there with its escape sequences), both from 0."""

RATE: Final = 10
"""Frames a second."""
LONGEST: Final = 600
"""Seconds that are played at most."""
SOON: Final = 120
"""Seconds in which all that was watched is played, if it can be played so fast."""
_SECOND: Final = 1_000_000_000
_FOLLOWED: Final = 20_000_000
"""ns; flights that take less are played in slow motion, else nobody sees them."""
_CHUNK: Final = 2_000
"""Events handed over in one go."""
_PATIENCE: Final = 0.01
"""Seconds between two looks whether the stage is there."""


class _Given:
    """Events as a session's source (`session.source.Source`)."""

    plan: Final = Plan()
    log: Final = None
    recording: Final = None
    recording_failure: Final = None
    notice: Final = ""
    failure: UserError | None = None
    progress: Final = 1.0

    def __init__(self, name: str, events: Sequence[AnyEvent]) -> None:
        self.replayed = name
        self.ended = False
        self._events = events

    async def carry(self, receive: Receive) -> None:
        """All at once."""
        for begin in range(0, len(self._events), _CHUNK):
            receive(self._events[begin : begin + _CHUNK])
            await asyncio.sleep(0)
        self.ended = True

    def send(self, intent: Intent) -> None:
        """Nobody is there to ask."""

    async def close(self) -> None:
        """Nothing to end."""

    def kill(self) -> None:
        """Nothing to end."""


def _app_for(events: Sequence[AnyEvent]) -> type[SockvizApp]:
    """What shows such a run."""
    for event in events[:1]:
        if isinstance(event, Header) and event.source == "watch":
            return WatchApp
        if isinstance(event, Header) and "programs" in event.capabilities:
            return ProgramsApp
    return SockvizApp


class Recital:
    """A recording that is played once, from its beginning to its end.

    Use::

        async for seconds, now, patches in Recital("run.jsonl", events, size=(120, 36)).frames():
            ...
    """

    def __init__(
        self, name: str, events: Sequence[AnyEvent], *, size: tuple[int, int], theme: str | None = None
    ) -> None:
        """What is to be played.

        Args:
            name: What the screen calls it.
            events: In order of time.
            size: Columns and rows.
            theme: One of `sockviz.inks.INKS`; None: the default.

        Raises:
            UserError: the screen can't be read in that size.
        """
        if size[0] < LEAST[0] or size[1] < LEAST[1]:
            raise UserError(f"the screen needs {LEAST[0]}x{LEAST[1]} at least", "use --size 120x36")
        self.rest = ""
        """What was not played, or faster, if it was longer than what is played at most."""
        self._size = size
        self._clock = 0
        self._source = _Given(name, events)
        self.app = _app_for(events)(lambda: self._source, lambda: self._clock, theme=theme)

    async def frames(self) -> AsyncIterator[tuple[float, int, list[Patch]]]:
        """(seconds since the first one, the playhead in ns, what differs from the frame before).

        Frames in which nothing differs are left out.
        """
        before: list[Strip] = []
        async with self.app.run_test(size=self._size) as pilot:
            shown = await self._begin(pilot)
            for number in range(LONGEST * RATE):
                await self._draw()
                # Textual gives no other way to what is on its screen.
                now = self.app.screen._compositor.render_strips(self.app.size)  # noqa: SLF001
                if patches := list(_patches(before, now)):
                    yield number / RATE, shown.now, patches
                before = now
                if shown.mode is Mode.PAUSED:
                    return
                self._clock += _SECOND // RATE
            self.rest = f"what comes after the first {LONGEST // 60} minutes left out"

    async def _begin(self, pilot: Pilot[None]) -> Shown[Any]:
        """Wait until the screen has all events, then play."""
        while not (isinstance(self.app.screen, StageScreen | WatchScreen) and self._source.ended):
            if self.app.crash is not None:
                raise self.app.crash
            await pilot.pause(_PATIENCE)
        await pilot.pause()
        shown = self.app.watching if isinstance(self.app, WatchApp) else self.app.session
        assert shown is not None  # noqa: S101 - the screen has one
        if isinstance(shown, Session) and _quick(shown):
            shown.set_pace(Pace.SLOW)
        if isinstance(shown, Watching):
            self._hurry(shown)
        shown.seek(0)
        shown.play()
        return shown

    def _hurry(self, watching: Watching) -> None:
        """What would take too long is played faster: of a night that was watched no hour is left out."""
        while watching.timeline.end / watching.speed > SOON * _SECOND and watching.speed < SPEEDS[-1]:
            watching.faster(1)
        if watching.speed > 1:
            self.rest = f"played {watching.speed:g} times as fast as it was"

    async def _draw(self) -> None:
        """One frame, for the clock as it is now, until nothing more follows from it."""
        drawn = asyncio.Event()
        screen = self.app.screen
        if isinstance(screen, StageScreen | WatchScreen):
            screen.wake()
        screen.call_after_refresh(drawn.set)
        await drawn.wait()


def _patches(before: Sequence[Strip], now: Sequence[Strip]) -> Iterator[Patch]:
    for row, strip in enumerate(now):
        old = before[row] if row < len(before) else Strip([])
        if old != strip:
            first, last = _difference(_cells(old), _cells(strip))
            yield row, first, _written(strip.crop(first, last))


def _cells(strip: Strip) -> list[tuple[str, Style | None]]:
    """What is in each cell; a wide character is in its first one."""
    cells: list[tuple[str, Style | None]] = []
    for part in strip:
        for char in part.text:
            width = get_character_cell_size(char)
            cells += [(char, part.style)] + [("", part.style)] * (width - 1)
    return cells


def _difference(old: list[tuple[str, Style | None]], new: list[tuple[str, Style | None]]) -> tuple[int, int]:
    """From which cell to which they differ; no wide character is cut."""
    if len(old) != len(new):
        return 0, len(new)
    differ = [at for at, (one, other) in enumerate(zip(old, new, strict=True)) if one != other] or [0]
    first, last = differ[0], differ[-1] + 1
    while first > 0 and "" in {old[first][0], new[first][0]}:
        first -= 1
    while last < len(new) and "" in {old[last][0], new[last][0]}:
        last += 1
    return first, last


def _written(strip: Strip) -> str:
    """As a terminal is told to draw it; neighbours of one style are told at once."""
    return "".join(
        part.style.render(part.text, color_system=ColorSystem.TRUECOLOR) if part.style else part.text
        for part in strip.simplify()
    )


def _quick(session: Session) -> bool:
    """Its segments are too fast for anybody to see them move."""
    arrows = session.timeline.last_arrows(60, session.timeline.end)
    flights = [arrow.arrived - arrow.sent for arrow in arrows if arrow.arrived is not None]
    return bool(flights) and median(flights) < _FOLLOWED
