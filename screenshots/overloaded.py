"""A listener that is overloaded on purpose, and a picture of `sockviz watch` on it.

Clients of our own come to 127.0.0.1 faster than the server accepts them; all of it is a process of its own,
which ends with us.
"""
# ruff: noqa: INP001 - a script's part, no module

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from sockviz.intents import Setup, Watched
from sockviz.session.plan import Plan
from sockviz.session.run import Run
from sockviz.tui.picture import picture as picture_of
from sockviz.tui.watch.app import WatchApp

PORT: Final = 8001
SECONDS: Final = 40
"""Watched before the picture is taken: what is plotted then is nearly a minute."""
_PROGRAM: Final = """
import contextlib, random, socket, sys, threading, time
port, backlog, clients, begin = int(sys.argv[1]), 8, 60, time.monotonic()

def come():
    while True:
        time.sleep(random.expovariate(1 / 12))
        with contextlib.suppress(OSError), socket.socket() as one:
            one.settimeout(20)
            one.connect(("127.0.0.1", port))
            one.sendall(b"GET")
            one.recv(1)
            time.sleep(random.expovariate(1 / 2))

server = socket.create_server(("127.0.0.1", port), backlog=backlog)
for _ in range(clients):
    threading.Thread(target=come, daemon=True).start()
threading.Thread(target=lambda: (sys.stdin.read(), server.close(), sys.exit()), daemon=True).start()
served = []
while True:
    served.append(server.accept()[0])
    served[-1].sendall(b"OK")
    if len(served) > 15:
        served.pop(0).close()
    # In the beginning it keeps up, just so.
    time.sleep(0.15 if time.monotonic() - begin < 22 else 0.9)
"""


@dataclass(frozen=True)
class WatchPicture:
    """One file."""

    name: str
    seconds: int = SECONDS
    size: tuple[int, int] = (120, 36)
    theme: str | None = None
    projector: bool = False
    keys: tuple[str, ...] = ()


PICTURES: Final = (
    WatchPicture("watch"),
    WatchPicture("watch-projector", projector=True),
)


@contextmanager
def _overloaded() -> Iterator[None]:
    server = subprocess.Popen(  # noqa: S603 - a program of our own
        [sys.executable, "-c", _PROGRAM, str(PORT)], stdin=subprocess.PIPE
    )
    try:
        yield
    finally:
        server.kill()
        server.communicate()


async def photograph(picture: WatchPicture) -> str:
    """Watch for a while; the screen as SVG."""
    with _overloaded():
        await asyncio.sleep(1)
        run = Run.start(Plan(setup=Setup(source="watch", watch=Watched(targets=(f":{PORT}",)))))
        app = WatchApp(lambda: run, theme=picture.theme, projector=picture.projector)
        try:
            async with app.run_test(size=picture.size) as pilot:
                await pilot.pause(picture.seconds)
                await pilot.press(*picture.keys)
                await pilot.pause(0.5)
                return picture_of(app, "sockviz watch")
        finally:
            await run.close()
