"""The programs of a run besides the server: starting them, finding them by name, their end.

Does not know what they are told to do, but for the two calls of a client that connects.
"""

import asyncio
import itertools
from typing import Final

from sockviz.addresses import Address
from sockviz.engine.ground import Ground, RefusedError, address_on
from sockviz.engine.orders import order
from sockviz.events import CallEntered, CallReturned, Event, ProgramEnded
from sockviz.programs.host import ProgramHandle

HEAD_START: Final = 0.03
"""Seconds that a client in connect() has before the next of the same request, unless it returns earlier."""
BEFORE_THAT: Final = 1.0
"""Seconds, at most, until it is in connect(): a busy machine lets it wait."""

_LONGEST_NAME: Final = 32


class Cast:
    """Those that run, by pid."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._programs: dict[int, ProgramHandle] = {}
        self._names: set[str] = set()
        """Of those that run, or are being started."""
        self._numbers = {"client": itertools.count(1), "server": itertools.count(2)}
        self._passing: set[int] = set()
        """They have one socket; without it, they have nothing left to do."""
        self._connecting: dict[int, asyncio.Future[None]] = {}
        """Whose connect() is waited for: done once they have called it."""
        self._closing: set[int] = set()
        """Calls of those that are a close()."""

    def observe(self, event: Event) -> None:
        """Learn from an event."""
        match event:
            case CallEntered(name="connect", pid=pid) if pid in self._connecting:
                self._connecting.pop(pid).set_result(None)
            case CallEntered(name="close", pid=pid) if pid in self._passing:
                self._closing.add(event.call)
            case CallReturned() if event.call in self._closing:
                self._closing.discard(event.call)
                if program := self._programs.get(event.pid):
                    program.exit()
            case ProgramEnded(pid=pid) if pid in self._programs:
                self._names.discard(self._programs.pop(pid).name)
                self._passing.discard(pid)
            case _:
                pass

    def find(self, host: str, pid: int, name: str) -> ProgramHandle | None:
        """The program with this pid, or (pid 0) this name, on a host."""
        if pid:
            found = self._programs.get(pid)
        else:
            found = next((one for one in self._programs.values() if one.name == name), None)
        return found if found is not None and found.host == host else None

    async def connect(self, count: int, address: str, port: int) -> None:
        """Have clients connect, one after the other; with `port` they bind to that and those that follow.

        Their handshakes shall interleave because the wire is slow or holds, not because sampling makes
        an instantaneous one slow: each has a head start, and longer while the wire lags behind.
        """
        here = address_on(self._ground, "client")
        for number in range(count):
            client = await self.start("client", passing=True)
            order(client, name="socket")
            if port:
                order(client, name="bind", address=str(Address(here, port + number)))
            connected = order(client, name="connect", address=address)
            await self._head_start(client, connected)
            await self._ground.caught_up()

    async def _head_start(self, client: ProgramHandle, connected: asyncio.Future[CallReturned]) -> None:
        called = self._connecting[client.pid] = asyncio.get_running_loop().create_future()
        await asyncio.wait([called, connected], timeout=BEFORE_THAT, return_when=asyncio.FIRST_COMPLETED)
        self._connecting.pop(client.pid, None)
        await asyncio.wait([connected], timeout=HEAD_START)

    async def start(self, host: str, name: str = "", *, passing: bool = False) -> ProgramHandle:
        """Start a program; without a name it is the next `client N` or `server N`.

        Raises:
            RefusedError: a program that runs has the name.
            UserError: the system allows no more processes.
        """
        name = self._reserve(host, name)
        try:
            program = await self._ground.spawn(host, name)
        except BaseException:
            self._names.discard(name)
            raise
        if program.ended.is_set():
            self._names.discard(name)
            return program
        self._programs[program.pid] = program
        if passing:
            self._passing.add(program.pid)
        return program

    def _reserve(self, host: str, name: str) -> str:
        if not name:
            names = (f"{host} {number}" for number in self._numbers[host])
            name = next(free for free in names if free not in self._names)
        if name in self._names or name == "server":
            raise RefusedError(f"A program with the name {name} runs already.")
        if not name.isprintable() or len(name) > _LONGEST_NAME:
            raise RefusedError(f"A program's name has at most {_LONGEST_NAME} printable characters.")
        self._names.add(name)
        return name
