"""Plays a recording on the real screen, without a terminal and faster than it takes, and gives what was seen.

The screen's clock is ours: it goes on by a frame when the frame before has been drawn. What the frames are
made into is not known here.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from statistics import median
from typing import Final, TypeAlias

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
from sockviz.session.playback import Mode
from sockviz.session.session import Session
from sockviz.tui.app import SockvizApp
from sockviz.tui.programs.app import ProgramsApp
from sockviz.tui.screens.furniture import LEAST
from sockviz.tui.screens.stage import StageScreen

Patch: TypeAlias = tuple[int, int, str]
"""(row, column, what is written there with its escape sequences), both from 0."""

RATE: Final = 10
"""Frames a second."""
LONGEST: Final = 600
"""Seconds that are played at most."""
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


def _of_programs(events: Sequence[AnyEvent]) -> bool:
    """The run was one of the user's own programs."""
    return any(isinstance(event, Header) and "programs" in event.capabilities for event in events[:1])


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
            UserError: the stage can't be read in that size.
        """
        if size[0] < LEAST[0] or size[1] < LEAST[1]:
            raise UserError(f"the stage needs {LEAST[0]}x{LEAST[1]} at least", "use --size 120x36")
        self.rest = ""
        """What was not played, if it was longer than what is played at most."""
        self._size = size
        self._clock = 0
        self._source = _Given(name, events)
        app = ProgramsApp if _of_programs(events) else SockvizApp
        self.app = app(lambda: self._source, lambda: self._clock, theme=theme)

    async def frames(self) -> AsyncIterator[tuple[float, int, list[Patch]]]:
        """(seconds since the first one, the playhead in ns, what differs from the frame before).

        Frames in which nothing differs are left out.
        """
        before: list[Strip] = []
        async with self.app.run_test(size=self._size) as pilot:
            session = await self._begin(pilot)
            for number in range(LONGEST * RATE):
                await self._draw()
                # Textual gives no other way to what is on its screen.
                now = self.app.screen._compositor.render_strips(self.app.size)  # noqa: SLF001
                if patches := list(_patches(before, now)):
                    yield number / RATE, session.now, patches
                before = now
                if session.mode is Mode.PAUSED:
                    return
                self._clock += _SECOND // RATE
            self.rest = f"what comes after the first {LONGEST // 60} minutes left out"

    async def _begin(self, pilot: Pilot[None]) -> Session:
        """Wait until the stage has all events, then play."""
        while not (isinstance(self.app.screen, StageScreen) and self._source.ended):
            if self.app.crash is not None:
                raise self.app.crash
            await pilot.pause(_PATIENCE)
        await pilot.pause()
        session = self.app.session
        assert session is not None  # noqa: S101 - the stage has one
        if _quick(session):
            session.set_pace(Pace.SLOW)
        session.seek(0)
        session.play()
        return session

    async def _draw(self) -> None:
        """One frame, for the clock as it is now, until nothing more follows from it."""
        drawn = asyncio.Event()
        screen = self.app.screen
        if isinstance(screen, StageScreen):
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
