"""A real `sockviz serve`, its visitors as browsers are: HTTP, cookies, WebSockets, a screen."""

import asyncio
import json
import os
import signal
import subprocess
import time
import uuid
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pyte
from command import SOCKVIZ, free_port
from screen import Screen, marked

BOUND = 60
"""Seconds that anything is waited for."""


class Served:
    """A server."""

    def __init__(self, process, link, mark):
        self.process, self.link, self._mark = process, link, mark
        self.authority = urlsplit(link).netloc
        self.origin = f"http://{self.authority}"
        self.key = urlsplit(link).path[1:]

    def left(self):
        """The processes that still run of all that it started, itself too."""
        return marked(self._mark)

    def networks(self):
        """The network namespaces that those are in, but for ours."""
        own = str(Path("/proc/self/ns/net").readlink())
        return {name for pid in self.left() if (name := _network(pid)) and name != own}

    def until(self, condition):
        """Wait until something is so of its processes."""
        end = time.monotonic() + BOUND
        while not condition(self):
            assert time.monotonic() < end, f"never; there are {self.left()}"
            time.sleep(0.05)


def _network(pid):
    try:
        return str(Path(f"/proc/{pid}/ns/net").readlink())
    except OSError:
        return ""


@contextmanager
def serving(*arguments, prefix=(), port=None, cwd="/"):
    """Start it; whatever a test does to it, nothing of it is left afterwards."""
    mark = uuid.uuid4().hex
    command = [*prefix, *SOCKVIZ, "serve", "--http-port", port or free_port(), *arguments]
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=cwd,
        env={**os.environ, "SOCKVIZ_MARK": mark},
    )
    with process:
        try:
            link = process.stdout.readline().strip()
            assert link, process.stderr.read()
            yield Served(process, link, mark.encode())
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(BOUND)
                finally:
                    process.kill()


class Tab:
    """What one visitor sees."""

    def __init__(self, socket, columns, lines):
        self.socket = socket
        self.screen = Screen(columns, lines)
        self._stream = pyte.ByteStream(self.screen)
        self.told = []
        """What the server says besides."""

    @property
    def text(self):
        return "\n".join(self.screen.display)

    async def press(self, *keys):
        for key in keys:
            await self.socket.send_str(json.dumps(["stdin", key]))

    async def see(self, *words, seconds=BOUND):
        """Until all `words` are on the screen."""
        try:
            async with asyncio.timeout(seconds):
                while not all(word in self.text for word in words):
                    await self.read()
        except TimeoutError:
            raise AssertionError(f"never seen: {words}; the screen at the end:\n{self.text}") from None

    async def read(self):
        message = await self.socket.receive()
        if message.type is aiohttp.WSMsgType.BINARY:
            self._stream.feed(message.data)
        elif message.type is aiohttp.WSMsgType.TEXT:
            self.told.append(json.loads(message.data))
        else:
            raise AssertionError(f"closed: {message.data} {message.extra}; the screen was\n{self.text}")

    async def closed(self):
        """Wait for the end: why it came."""
        async with asyncio.timeout(BOUND):
            while True:
                message = await self.socket.receive()
                if message.type is aiohttp.WSMsgType.CLOSE:
                    return message.extra


@asynccontextmanager
async def visitor(server):
    """A browser that has opened the link."""
    jar = aiohttp.CookieJar(unsafe=True)  # else it keeps none of an address
    async with aiohttp.ClientSession(cookie_jar=jar, timeout=aiohttp.ClientTimeout(BOUND)) as session:
        async with session.get(server.link) as answer:
            assert answer.status == 200
        yield session


@asynccontextmanager
async def tab(session, server, size=(120, 36), **headers):
    """A screen of it."""
    columns, lines = size
    url = f"ws://{server.authority}/ws?width={columns}&height={lines}"
    async with session.ws_connect(
        url, headers={"Origin": server.origin, **headers}, autoclose=False
    ) as socket:
        yield Tab(socket, columns, lines)
