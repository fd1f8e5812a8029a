"""One run: the emitter, the ground, the director, and the ways to end.

Owns the event loop and the threads that read standard input and write standard output. Ends within `PATIENCE` seconds once
it was asked to, whatever hangs.
"""

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import msgspec

from sockviz import intents
from sockviz.engine.director import Director
from sockviz.engine.emitter import Emitter
from sockviz.engine.ground import Ground, OnLost, Sink
from sockviz.events import Ended, Event, RequestRefused
from sockviz.intents import Quit, Setup
from sockviz.sources.clock import Clock

if TYPE_CHECKING:
    from sockviz.lab.network import Building

PATIENCE: Final = 8.0
"""Seconds from the wish to end to the end."""

_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def run(setup: Setup, building: "Building | None") -> int:
    """Run until the end is asked for; returns the exit status.

    Raises:
        UserError: it could not be set up.
    """
    return asyncio.run(_Run(setup).run(building))


class _Run:
    """What the parts of one run share."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._clock = Clock()
        self._over: asyncio.Future[str] | None = None
        self._emitter = Emitter(sys.stdout.fileno(), self._clock, self._reader_gone)
        self._director: Director | None = None

    async def run(self, building: "Building | None") -> int:
        loop = asyncio.get_running_loop()
        self._over = loop.create_future()
        for number in _SIGNALS:
            loop.add_signal_handler(number, self._end, signal.Signals(number).name)
        ground = await _open_ground(self._setup, self._clock, building, self._sink, self._end)
        try:
            await self._play(ground)
        finally:
            _end_all_the_same()
            if self._director:
                await self._director.close()
            await ground.close()
        self._emitter.close(Ended(t=self._clock.now(), reason=self._over.result()), timeout=2.0)
        return 0

    async def _play(self, ground: Ground) -> None:
        """From the header to the wish to end."""
        assert self._over is not None  # noqa: S101 - set by run
        loop = asyncio.get_running_loop()
        self._emitter.start()
        self._emitter.emit(ground.header)
        self._director = Director(self._setup, self._clock, ground, self._sink)
        ground.start()
        await self._director.begin()
        wishes: asyncio.Queue[bytes] = asyncio.Queue()
        _read_lines(sys.stdin.fileno(), lambda line: loop.call_soon_threadsafe(wishes.put_nowait, line))
        obeying = asyncio.create_task(self._obey(wishes, self._director))
        obeying.add_done_callback(self._obeyed)
        await self._over
        obeying.cancel()

    async def _obey(self, wishes: "asyncio.Queue[bytes]", director: Director) -> None:
        """Carry out intents, one after the other, until the last."""
        while line := await wishes.get():
            try:
                intent = intents.decode(line)
            except msgspec.DecodeError as error:
                self._sink(
                    RequestRefused(t=self._clock.now(), request="?", reason=f"Not an intent: {error}.")
                )
                continue
            if isinstance(intent, Quit):
                self._end("quit")
                return
            await director.carry_out(intent)
        self._end("end of input")

    def _obeyed(self, task: "asyncio.Task[None]") -> None:
        """An error in carrying out an intent is an error of ours: end, and show it."""
        if not task.cancelled() and (error := task.exception()) and self._over and not self._over.done():
            self._over.set_exception(error)

    def _sink(self, event: Event) -> None:
        """Where all events come together."""
        self._emitter.emit(event)
        if self._director:
            self._director.observe(event)

    def _end(self, reason: str) -> None:
        if self._over and not self._over.done():
            self._over.set_result(reason)

    def _reader_gone(self) -> None:
        """Called by any thread."""
        if self._over:
            self._over.get_loop().call_soon_threadsafe(self._end, "nobody reads")


async def _open_ground(
    setup: Setup, clock: Clock, building: "Building | None", sink: Sink, on_lost: OnLost
) -> Ground:
    """The lab, if its network is being built; else loopback."""
    if building is not None:
        from sockviz.lab.lab import open_lab  # noqa: PLC0415 - scapy; loopback may do without

        return await open_lab(setup, clock, building, sink, on_lost)
    from sockviz.sources.loopback import open_loopback  # noqa: PLC0415

    return await open_loopback(setup, clock, sink, on_lost)


def _read_lines(fd: int, on_line: Callable[[bytes], object]) -> None:
    """Read lines in a thread of their own, since not every kind of file can be polled; an empty one is the end."""

    def read() -> None:
        with open(fd, "rb", closefd=False) as file:  # noqa: PTH123 - a descriptor
            for line in file:
                if line.strip():
                    on_line(line)
        on_line(b"")

    threading.Thread(target=read, name="intents", daemon=True).start()


def _end_all_the_same() -> None:
    """Whatever hangs from here on, this process ends; the kernel ends the others with it."""
    timer = threading.Timer(PATIENCE, os._exit, (1,))
    timer.daemon = True
    timer.start()
