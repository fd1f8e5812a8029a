"""A run without a screen: a whole life by itself, as JSON lines, and a summary on standard error.

The loop is thin: what to do next is decided by `sockviz.scenario`, what is true by `sockviz.world`.
"""

import asyncio
import contextlib
import signal
import sys
import time
from collections.abc import Sequence
from typing import Final

from sockviz.errors import UserError, printable
from sockviz.events import AnyEvent, encode
from sockviz.intents import Intent, Quit
from sockviz.scenario import Life
from sockviz.session.run import Run
from sockviz.summary import summary
from sockviz.world.fold import advance
from sockviz.world.model import Drop, World

TICK: Final = 0.02
"""Seconds between two looks at the clock."""


def play(run: Run, clients: int) -> int:
    """Play a life of `clients` connections on a started engine; returns the exit status.

    Raises:
        UserError: the run could not start, its engine died, or its events could not be written.
        BrokenPipeError: nobody reads standard output any more.
    """
    return asyncio.run(_Headless(run, clients).play())


class _Headless:
    """The loop around the scenario."""

    def __init__(self, run: Run, clients: int) -> None:
        setup = run.plan.setup
        self._run = run
        self._life = Life(clients, setup.accept, delay=setup.delay, duration=run.plan.duration)
        self._world = World()
        self._height: World | None = None
        """The world just before everything was closed."""
        self._drops: list[Drop] = []
        self._offset: int | None = None
        """What CLOCK_MONOTONIC is ahead of the recording's clock, ns (and what events take to get here)."""
        self._output = _Output()
        self._interrupts = 0

    async def play(self) -> int:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._interrupt)
        clock = asyncio.create_task(self._tick())
        try:
            await self._run.carry(self._receive)
        finally:
            clock.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await clock
        _say(summary(self._height or self._world, self._drops))
        failure = self._output.failure or self._run.recording_failure
        if failure is not None:
            raise failure
        return 0

    def _receive(self, events: Sequence[AnyEvent]) -> None:
        offset = time.monotonic_ns() - events[-1].t
        self._offset = offset if self._offset is None else min(self._offset, offset)
        self._output.write(events)
        self._world, facts = advance(self._world, events)
        self._drops += [fact for fact in facts if isinstance(fact, Drop)]
        for event in events:
            self._ask(self._life.receive(event))
        if self._output.failure is not None:
            self._ask(self._life.end(self._now()))

    def _now(self) -> int:
        """On the recording's clock, ns."""
        return 0 if self._offset is None else time.monotonic_ns() - self._offset

    async def _tick(self) -> None:
        """Look at the clock until the life is over, then end the engine."""
        told = ""
        while not self._life.done:
            await asyncio.sleep(TICK)
            self._ask(self._life.tick(self._now()))
            if self._run.notice != told:
                told = self._run.notice
                _say([f"sockviz: {printable(told)}"])
        await self._run.close()

    def _ask(self, intents: Sequence[Intent]) -> None:
        if self._life.closing and self._height is None:
            self._height = self._world
        for intent in intents:
            if not isinstance(intent, Quit):
                self._run.send(intent)

    def _interrupt(self) -> None:
        """A signal: end in order; a second one: at once."""
        self._interrupts += 1
        if self._interrupts == 1:
            self._ask(self._life.end(self._now()))
        else:
            self._run.kill()


class _Output:
    """Standard output, which may break at any time; the run is then ended in order all the same."""

    def __init__(self) -> None:
        self.failure: UserError | BrokenPipeError | None = None

    def write(self, events: Sequence[AnyEvent]) -> None:
        """Print events, one JSON object a line, and be done with it at once."""
        if sys.stdout is None or self.failure is not None:
            return
        try:
            sys.stdout.buffer.write(b"".join(map(encode, events)))
            sys.stdout.flush()
        except BrokenPipeError as error:
            self.failure = error
        except OSError as error:
            self.failure = UserError(f"can't write to standard output: {error.strerror}", kind="unwritable")


def _say(lines: Sequence[str]) -> None:
    """Tell the user, who may have closed standard error."""
    if sys.stderr is not None:
        with contextlib.suppress(OSError):
            sys.stderr.write("".join(line + "\n" for line in lines))
            sys.stderr.flush()
