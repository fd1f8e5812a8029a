"""One run: the emitter, the ground, the director, and the ways to end.

Owns the event loop, and the threads that read standard input and write standard output. Ends within
`ending.PATIENCE` seconds once it was asked to, whatever hangs.
"""

import asyncio
import gc
import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeAlias, cast

import msgspec

from sockviz import privileges
from sockviz.engine.director import Director
from sockviz.engine.ending import end_all_the_same, read_lines
from sockviz.engine.ground import Ground, OnLost, Sink
from sockviz.engine.life import Life
from sockviz.engine.limits import Probing
from sockviz.errors import UserError
from sockviz.events import Event, Limit
from sockviz.intents import Quit, Setup
from sockviz.sources.clock import Clock

if TYPE_CHECKING:
    from sockviz.guests.director import GuestDirector
    from sockviz.lab.network import Building

_Open: TypeAlias = Callable[[Setup, Clock, Sink, OnLost], Awaitable[Ground]]


def run(setup: Setup, building: "Building | None", probing: Probing) -> int:
    """Run until the end is asked for; returns the exit status. `building`: the lab's network; None: loopback.

    Raises:
        UserError: it could not be set up; (kind `host-lost`) a process that it needs has ended.
    """
    open_ground = _loopback() if building is None else _lab(building)
    gc.freeze()  # all that is needed is imported, and stays
    gc.enable()
    limits = probing.result()
    return asyncio.run(_Run(setup, Clock(), limits).run(open_ground))


class _Run(Life):
    """What the parts of one run share."""

    def __init__(self, setup: Setup, clock: Clock, limits: tuple[Limit, ...]) -> None:
        super().__init__(clock)
        self._setup = setup
        self._limits = limits
        self._director: Director | GuestDirector | None = None
        self._lost = ""
        """Why the run can't go on."""

    async def run(self, open_ground: _Open) -> int:
        self._begin()
        ground = await open_ground(self._setup, self._clock, self._emit, self._lose)
        privileges.drop()  # the ground's sockets are open, and its hosts have what they need
        try:
            reason = await self._play(ground)
        finally:
            end_all_the_same()
            if self._director:
                await self._director.close()
            await ground.close()
        self._say_end(reason)
        if self._lost:
            raise UserError(self._lost, "start again; if it happens again, please report it", "host-lost")
        return 0

    async def _play(self, ground: Ground) -> str:
        """From the header to the wish to end; its reason."""
        self._emitter.emit(msgspec.structs.replace(ground.header, limits=self._limits))
        self._director = self._choose(ground)
        ground.heed(self._emitter.congested)
        ground.start()
        await self._director.begin()
        # Not before: a run that could not begin has no events.
        self._emitter.start()
        wishes: asyncio.Queue[bytes] = asyncio.Queue()
        read_lines(sys.stdin.fileno(), lambda line: self._loop.call_soon_threadsafe(wishes.put_nowait, line))
        obeying = asyncio.create_task(self._obey(wishes, self._director))
        await asyncio.wait([obeying, self._over], return_when=asyncio.FIRST_COMPLETED)
        if obeying.done():
            return obeying.result()
        obeying.cancel()
        return self._over.result()

    def _choose(self, ground: Ground) -> "Director | GuestDirector":
        """Who directs: our programs, or the user's."""
        if not self._setup.commands:
            return Director(self._setup, self._clock, ground, self._emit)
        from sockviz.guests.director import GuestDirector, GuestGround  # noqa: PLC0415 - when it is needed

        return GuestDirector(self._setup, self._clock, cast("GuestGround", ground), self._emit)

    async def _obey(self, wishes: "asyncio.Queue[bytes]", director: "Director | GuestDirector") -> str:
        """Carry out intents, one after the other, until the last; why it was the last."""
        while line := await wishes.get():
            intent = self._understand(line)
            if isinstance(intent, Quit):
                return "quit"
            if intent is not None:
                await director.obey(intent)
        return "end of input"

    def _emit(self, event: Event) -> None:
        super()._emit(event)
        if self._director:
            self._director.observe(event)

    def _lose(self, reason: str) -> None:
        """A process that the run needs has ended."""
        self._lost = reason
        self._end(reason)


def _lab(building: "Building") -> _Open:
    """Import what the lab needs, and wait for its network."""
    from sockviz.lab.lab import open_lab  # noqa: PLC0415 - scapy, while the network is being built

    network = building.result()
    return lambda setup, clock, sink, on_lost: open_lab(setup, clock, network, sink, on_lost)


def _loopback() -> _Open:
    from sockviz.sources.loopback import open_loopback  # noqa: PLC0415 - not needed in the lab

    return open_loopback
