"""An engine that watches: listeners of this machine, or of a network namespace, that run already.

Owns the event loop. It gives way to others, so that what is watched does not wait for it.
"""

import asyncio
import contextlib
import sys
from typing import Any, Final

from sockviz import privileges
from sockviz.engine.ending import end_all_the_same, read_lines
from sockviz.engine.life import Life
from sockviz.engine.tasks import Tasks
from sockviz.errors import UserError
from sockviz.events import Marked
from sockviz.intents import Choose, Mark, Quit, Watched
from sockviz.process import give_way
from sockviz.sources.clock import Clock
from sockviz.sources.watch import netns
from sockviz.sources.watch.levels import Level
from sockviz.sources.watch.watcher import HOST, Watcher

NICE: Final = 10
"""Where others want all of the processors, this process gets a tenth of what one of them gets: enough to read
the table several times a second."""
GLANCE: Final = 0.02
"""s between two looks at what packets or the tracepoint tell: about a frame."""
CROWDED: Final = 0.2
"""s that are waited where the reader of the events does not keep up."""
_KEPT: Final = (privileges.SYS_PTRACE, privileges.DAC_READ_SEARCH)
"""Which process has a socket is seen in its descriptors."""


def run(watched: Watched) -> int:
    """Watch until the end is asked for; returns the exit status.

    Raises:
        UserError: it is not permitted, or nobody listens there.
    """
    clock = Clock()
    if watched.netns:
        netns.enter(watched.netns)
    level = Level(clock, HOST, watched.level)
    try:
        privileges.drop(_KEPT)
        return asyncio.run(_Run(watched, clock, level).run())
    finally:
        level.close()


class _Run(Life):
    """What the parts of one run share."""

    def __init__(self, watched: Watched, clock: Clock, level: Level) -> None:
        super().__init__(clock)
        self._watcher = Watcher(watched, clock, level, self._emitter.emit)
        self._tasks = Tasks()
        self._now = asyncio.Event()
        """The table is to be read at once."""

    async def run(self) -> int:
        self._begin()
        self._watcher.begin()
        # Not before: what could not begin has no events.
        self._emitter.start()
        try:
            reason = await self._watch()
        finally:
            end_all_the_same()
            await self._tasks.close()
            self._watcher.close()
        self._say_end(reason)
        return 0

    async def _watch(self) -> str:
        """From the first reading to the wish to end; its reason."""
        read_lines(sys.stdin.fileno(), lambda line: self._loop.call_soon_threadsafe(self._obey, line))
        self._tasks.start(self._read())
        if self._watcher.glances:
            self._tasks.start(self._glance())
        return await self._over

    async def _read(self) -> None:
        """Read the table again and again; from the second time on giving way to others."""
        gave_way = False
        while True:
            self._now.clear()
            if self._emitter.congested():
                self._watcher.crowd()
                await asyncio.sleep(CROWDED)
                continue
            wait = self._watcher.read()
            if not gave_way:
                give_way(NICE)
                gave_way = True
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait / 1e9):
                    await self._now.wait()

    async def _glance(self) -> None:
        while True:
            await asyncio.sleep(GLANCE)
            if not self._emitter.congested():
                self._watcher.glance()

    def _obey(self, line: bytes) -> None:
        """Carry out an intent; an empty line is the end of them."""
        if not line:
            self._end("end of input")
            return
        match intent := self._understand(line):
            case None:
                pass
            case Quit():
                self._end("quit")
            case Choose():
                if reason := self._watcher.choose(intent.listeners):
                    self._refuse("choose", reason)
                self._now.set()
            case Mark():
                self._emit(Marked(t=self._clock.now(), text=intent.text))
            case _:
                self._refuse(str(intent.__struct_config__.tag), "Nothing of what is watched is changed.")

    def _failed(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """An exception that nobody handles ends the run: the kernel refused, or it is an error of ours."""
        error = context.get("exception")
        if isinstance(error, OSError):
            failure = UserError(f"the kernel's table can't be read: {error.strerror}", kind="no-sock-diag")
            failure.__cause__ = error
            error = failure
        super()._failed(loop, {**context, "exception": error})
