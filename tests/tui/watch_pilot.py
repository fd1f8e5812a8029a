"""The screens of `sockviz watch` for tests: on a recording, on what an engine told, or on an engine."""

from contextlib import asynccontextmanager

from staging import Replayed
from watched import OVERLOADED

from sockviz.intents import Setup, Watched
from sockviz.session.plan import Plan
from sockviz.session.replay import Replay
from sockviz.session.run import Run
from sockviz.tui.watch.app import WatchApp
from sockviz.tui.watch.lists import ConnectionTable
from sockviz.tui.watch.screen import WatchScreen

LOCAL = "127.0.0.1:8001"


class Seen:
    """The app, and what is on its screen."""

    def __init__(self, app, pilot, link=None):
        self.app, self.pilot, self.link = app, pilot, link

    @property
    def watching(self):
        return self.app.watching

    @property
    def screen(self):
        return self.app.screen

    @property
    def text(self):
        lines = self.screen._compositor.render_strips(self.app.size)
        return "\n".join(line.text for line in lines)

    async def until(self, condition, seconds=20):
        """Wait until it holds; the screen goes into the failure otherwise."""
        for _ in range(int(seconds / 0.02)):
            if condition(self):
                return
            await self.pilot.pause(0.02)
        raise AssertionError(f"never seen; the screen at the end:\n{self.text}")

    async def see(self, *words):
        await self.until(lambda seen: all(word in seen.text for word in words))

    async def press(self, *keys):
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def shows(self, screen):
        await self.until(lambda seen: isinstance(seen.screen, screen))
        await self.pilot.pause()

    def rows(self, kind=ConnectionTable):
        return self.screen.query_one(kind)._rows


@asynccontextmanager
async def showing(start, link=None, size=(120, 36), **look):
    app = WatchApp(start, **look)
    try:
        async with app.run_test(size=size) as pilot:
            seen = Seen(app, pilot, link)
            await seen.until(lambda seen: seen.watching is not None and isinstance(seen.screen, WatchScreen))
            yield seen
    finally:
        await app.carried.close()


def replaying(**look):
    """The real recording."""
    return showing(lambda: Replay(OVERLOADED), **look)


def after(happened, failure=None, plan=None, **look):
    """A live run whose engine told of `happened`."""
    link = Replayed(list(happened), failure)
    return showing(lambda: Run(plan or Plan(), link), link, clock=lambda: 0, **look)


async def read(seen):
    """All of the recording is there, and its first moment shown."""
    await seen.until(lambda seen: seen.watching.ended and seen.watching.now > 0)


def live(**watched):
    plan = Plan(setup=Setup(source="watch", watch=Watched(level="sampling", interval=20_000_000, **watched)))
    return showing(lambda: Run.start(plan))
