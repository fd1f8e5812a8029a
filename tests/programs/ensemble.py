"""A host for both ends of loopback, with what its programs reported."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

from sockviz.addresses import parse
from sockviz.events import CallReturned, Event
from sockviz.intents import Call
from sockviz.programs.host import HostHandle, HostSetup, ProgramHandle, Sample, start_host
from sockviz.sources.clock import Clock

PATIENCE = 10.0
"""Seconds. The bound of every wait; nothing is expected to take a noticeable part of it."""


@dataclass
class Recorder:
    """Keeps events; lets a test wait for one."""

    events: list[Event] = field(default_factory=list)
    _came: asyncio.Event = field(default_factory=asyncio.Event)

    def __call__(self, event: Event) -> None:
        self.events.append(event)
        self._came.set()

    def of(self, kind: type[Event], **wanted: Any) -> list[Any]:
        """The events of a kind with these values."""
        return [
            event
            for event in self.events
            if isinstance(event, kind)
            and all(getattr(event, name) == value for name, value in wanted.items())
        ]

    async def wait(self, kind: type[Event], **wanted: Any) -> Any:
        """The first such event."""
        async with asyncio.timeout(PATIENCE):
            while not (found := self.of(kind, **wanted)):
                self._came.clear()
                await self._came.wait()
        return found[0]


@dataclass
class Stage:
    """A host process, its programs, and their events."""

    host: HostHandle
    recorder: Recorder
    address: str

    async def call(self, program: ProgramHandle, name: Any, **wanted: Any) -> CallReturned:
        """Have a program make a call, and wait for its return."""
        async with asyncio.timeout(PATIENCE):
            return await program.call(order(name, **wanted))

    async def listener(self, backlog: int = 8) -> ProgramHandle:
        """A server that listens on descriptor 3."""
        server = await self.host.spawn("server", "server" if "server" in self.host.names else None)
        for name in ("socket", "bind"):
            assert (await self.call(server, name)).error is None
        assert (await self.call(server, "listen", backlog=backlog)).error is None
        return server

    async def client(self, number: int = 1) -> ProgramHandle:
        """A client whose descriptor 3 is connected."""
        client = await self.host.spawn(f"client {number}")
        await self.call(client, "socket")
        assert (await self.call(client, "connect")).error is None
        return client

    async def pair(self) -> tuple[ProgramHandle, ProgramHandle]:
        """A server with an accepted connection on descriptor 4, and its client with descriptor 3."""
        server = await self.listener()
        client = await self.client()
        assert (await self.call(server, "accept", fd=3)).result == 4
        return server, client

    async def sample_until(self, condition: Callable[[Sample], bool]) -> Sample:
        """Sample until one is as wanted."""
        async with asyncio.timeout(PATIENCE):
            while not condition(sample := await self.host.sample()):
                pass
        return sample


def order(name: Any, **wanted: Any) -> Call:
    return Call(host="", pid=0, name=name, **wanted)


def free_port(family: int = socket.AF_INET) -> int:
    with socket.socket(family) as sock:
        sock.bind(("::1" if family == socket.AF_INET6 else "127.0.0.1", 0))
        return int(sock.getsockname()[1])


@contextlib.asynccontextmanager
async def staged(address: str, **setup: Any) -> AsyncIterator[Stage]:
    """A host for both ends at `address`."""
    recorder = Recorder()
    names = setup.pop("names", ("client", "server"))
    host = start_host(
        HostSetup(names=names, address=address, clock=Clock(), port=parse(address).port, **setup), recorder
    )
    try:
        async with asyncio.timeout(PATIENCE):
            await host.ready()
            await host.configure()
        yield Stage(host, recorder, address)
    finally:
        await host.close()
