"""The loop of a run without a screen: the engine's events to standard output and a player, its wishes back.

The loop is thin: what to do next is decided by the player, which is pure. Signals end the run in order.
"""

import asyncio
import contextlib
import sys
import time
from collections.abc import Sequence
from typing import Final, NamedTuple, Protocol

from sockviz.errors import UserError, printable
from sockviz.events import AnyEvent, encode
from sockviz.intents import Intent, Quit
from sockviz.process import signals_to_end
from sockviz.session.run import Run

TICK: Final = 0.02
"""Seconds between two looks at the clock."""


class Player(Protocol):
    """Decides what is to be done. Times are ns on the recording's clock."""

    @property
    def done(self) -> bool:
        """Nothing more is to be done: the engine may end."""

    def receive(self, events: Sequence[AnyEvent]) -> Sequence[Intent]:
        """What to ask for after these events."""

    def tick(self, t: int) -> Sequence[Intent]:
        """What to ask for because it is `t`."""

    def end(self, t: int) -> Sequence[Intent]:
        """What to ask for because the operator wants the end, or nobody reads the events."""


class Outcome(NamedTuple):
    """How a run ended that could begin."""

    failure: UserError | BrokenPipeError | None
    """What went wrong with the events' being written."""
    signal: int
    """The one that asked for the end; 0: none did."""


def play(run: Run, player: Player) -> Outcome:
    """Run until the player is done.

    Raises:
        UserError: the run could not start, or its engine died.
    """
    return asyncio.run(_Loop(run, player).play())


def say(lines: Sequence[str]) -> None:
    """Tell the user, who may have closed standard error."""
    if sys.stderr is not None:
        with contextlib.suppress(OSError):
            sys.stderr.write("".join(line + "\n" for line in lines))
            sys.stderr.flush()


class _Loop:
    """One run."""

    def __init__(self, run: Run, player: Player) -> None:
        self._run = run
        self._player = player
        self._offset: int | None = None
        """What CLOCK_MONOTONIC is ahead of the recording's clock, ns (and what events take to get here)."""
        self._output = _Output()
        self._signal = 0
        """The first one that came."""

    async def play(self) -> Outcome:
        loop = asyncio.get_running_loop()
        for number in signals_to_end():
            loop.add_signal_handler(number, self._interrupt, number)
        clock = asyncio.create_task(self._tick())
        try:
            await self._run.carry(self._receive)
        finally:
            clock.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await clock
        return Outcome(self._output.failure or self._run.recording_failure, self._signal)

    def _receive(self, events: Sequence[AnyEvent]) -> None:
        offset = time.monotonic_ns() - events[-1].t
        self._offset = offset if self._offset is None else min(self._offset, offset)
        self._output.write(events)
        self._ask(self._player.receive(events))
        if self._output.failure is not None:
            self._ask(self._player.end(self._now()))

    def _now(self) -> int:
        """On the recording's clock, ns."""
        return 0 if self._offset is None else time.monotonic_ns() - self._offset

    async def _tick(self) -> None:
        """Look at the clock until the player is done, then end the engine."""
        told = ""
        while not self._player.done:
            await asyncio.sleep(TICK)
            self._ask(self._player.tick(self._now()))
            if self._run.notice != told:
                told = self._run.notice
                say([f"sockviz: {printable(told)}"])
                if self._run.recording_failure is not None:
                    self._run.recording_failure.told = True
        await self._run.close()

    def _ask(self, intents: Sequence[Intent]) -> None:
        for intent in intents:
            if not isinstance(intent, Quit):
                self._run.send(intent)

    def _interrupt(self, number: int) -> None:
        """A signal: end in order; a second one: at once."""
        if self._signal:
            self._run.kill()
        else:
            self._signal = number
            self._ask(self._player.end(self._now()))


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
