"""The real app on the events of a real run, at a time that stands still."""

import asyncio
from contextlib import asynccontextmanager
from pathlib import Path

from sockviz.events import SegmentDelivered, SegmentSent, decode
from sockviz.session.plan import Plan
from sockviz.session.run import Run
from sockviz.tui.app import SockvizApp
from sockviz.tui.screens.stage import StageScreen

DATA = Path(__file__).parents[1] / "data"


def recorded(name):
    """The events of a recording."""
    return [decode(line) for line in (DATA / f"{name}.jsonl").read_bytes().splitlines()]


def up_to(events, condition):
    """The events before and with the first that `condition` holds for."""
    for count, event in enumerate(events, 1):
        if condition(event):
            return events[:count]
    raise AssertionError("nothing of the kind was recorded")


def sent(number):
    """Segment `number` is put on the wire."""
    return lambda event: isinstance(event, SegmentSent) and event.id == number


def delivered(number):
    """Segment `number` arrived."""
    return lambda event: isinstance(event, SegmentDelivered) and event.id == number


class Replayed:
    """Stands in for the engine's process: events that it sent once, and what it is asked for now."""

    def __init__(self, events, failure=None):
        self.asked = []
        self.more = asyncio.Queue()
        self._events = list(events)
        self._failure = failure

    async def run(self, receive):
        receive(self._events)
        if self._failure is not None:
            raise self._failure
        while (events := await self.more.get()) is not None:
            receive(events)

    def send(self, intent):
        self.asked.append(intent)

    async def close(self):
        self.more.put_nowait(None)

    def kill(self):
        self.more.put_nowait(None)


@asynccontextmanager
async def staged(events=(), size=(120, 36), failure=None, clock=lambda: 0, **look):
    """The app after `events`, with a pilot that has the link to the engine as `link`."""
    link = Replayed(events, failure)
    app = SockvizApp(lambda: Run(Plan(), link), clock=clock, **look)
    async with app.run_test(size=size) as pilot:
        pilot.link = link
        await begun(pilot)
        yield pilot


async def begun(pilot):
    """Wait until the stage has taken the place of what was there first."""
    while pilot.app.is_running and not isinstance(pilot.app.screen, StageScreen):
        await pilot.pause(0.01)
    await pilot.pause()


def screen_text(app):
    """What is on the screen, line by line."""
    lines = app.screen._compositor.render_strips(app.size)
    return "\n".join(strip.text for strip in lines)


async def until(pilot, condition):
    """Wait for it, ten seconds at the most."""
    for _ in range(500):
        if condition():
            return
        await pilot.pause(0.02)
    raise AssertionError(screen_text(pilot.app))
