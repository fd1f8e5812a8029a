"""Decides when the hosts' tables are read, and which of the readings are worth an event.

A reading is emitted when it differs from the last one, and also when anything happened on that host
since the last one emitted: so after the last piece of evidence there is always a reading that began
later, and the world can check what it concluded.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from sockviz.engine.tasks import Tasks
from sockviz.events import Event
from sockviz.programs.host import HostHandle, HostLostError

PERIOD: Final = 0.2
"""Between two readings when nothing happens, s."""


class Sampler:
    """Reads the tables of the hosts, on the running event loop."""

    def __init__(self, hosts: Sequence[HostHandle], emit: Callable[[Event], None]) -> None:
        watches = [_Watch(host, emit) for host in hosts]
        self._watches = watches
        self._of = {name: watch for watch in watches for name in watch.names}
        self._tasks = Tasks()

    @property
    def cost(self) -> int:
        """Processor time that all readings took so far, ns."""
        return sum(watch.cost for watch in self._watches)

    def start(self) -> None:
        """Begin to read periodically."""
        self._tasks.start(self._periodically())

    def note(self, host: str, t: int) -> None:
        """Something happened on a host at `t` that its table may show."""
        self._of[host].note(host, t)

    def look(self, host: str) -> None:
        """Read a host's table soon."""
        if not self._of[host].about_to:
            self._tasks.start(self.sample([host]))

    async def sample(self, hosts: Iterable[str]) -> None:
        """Read the tables of these hosts, beginning after now, and emit; returns when that is done."""
        watches = {id(watch): watch for watch in map(self._of.__getitem__, hosts)}
        await asyncio.gather(*(watch.sample() for watch in watches.values()))

    async def close(self) -> None:
        """Read no more by itself."""
        await self._tasks.close()

    async def _periodically(self) -> None:
        while True:
            await asyncio.sleep(PERIOD)
            await self.sample(self._of)


class _Watch:
    """The readings of one host process: one at a time; whoever asks during one shares the next."""

    def __init__(self, host: HostHandle, emit: Callable[[Event], None]) -> None:
        self.names = host.names
        self.cost = 0
        self._host = host
        self._emit = emit
        self._evidence: dict[str, int] = {}
        """Host name → the time of the last thing that happened there and that no emitted reading follows."""
        self._running: asyncio.Future[None] | None = None
        self._next: asyncio.Future[None] | None = None

    @property
    def about_to(self) -> bool:
        """Whether a reading that has not begun is on its way."""
        return self._next is not None

    def note(self, name: str, t: int) -> None:
        self._evidence[name] = max(t, self._evidence.get(name, t))

    async def sample(self) -> None:
        if self._next is None:
            self._next = asyncio.ensure_future(self._after(self._running))
        await asyncio.shield(self._next)

    async def _after(self, running: asyncio.Future[None] | None) -> None:
        if running is not None:
            await asyncio.wait([running])
        self._running, self._next = self._next, None
        with contextlib.suppress(HostLostError):  # whom it concerns is told by the handle
            await self._read()

    async def _read(self) -> None:
        sample = await self._host.sample()
        self.cost += sample.cost
        for look in sample.sockets:
            evidence = self._evidence.get(look.host)
            if evidence is not None or look.changed or look.gone:
                self._emit(look)
            if evidence is not None and look.began > evidence:
                del self._evidence[look.host]
        for event in (*sample.listeners, *sample.counters):
            self._emit(event)
