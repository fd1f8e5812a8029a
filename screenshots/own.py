"""A C server and its clients under glass, and a picture of `sockviz run` on them. Needs gcc and nc."""
# ruff: noqa: INP001 - a script's part, no module

import asyncio
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from textual.pilot import Pilot

from sockviz.intents import Command, Launch, Setup, Type, Wire
from sockviz.session.plan import Plan
from sockviz.session.run import Run
from sockviz.tui.picture import picture as picture_of
from sockviz.tui.programs.app import ProgramsApp
from sockviz.world.model import World

SOURCE: Final = Path(__file__).parents[1] / "tests" / "run" / "programs" / "echo_server.c"
CLIENT: Final = "nc 10.0.0.1 8001"
DELAY: Final = 300_000_000


@dataclass(frozen=True)
class OwnPicture:
    """One file."""

    name: str
    size: tuple[int, int] = (120, 36)


PICTURES: Final = (OwnPicture("run"),)


async def photograph(picture: OwnPicture) -> str:
    """One client has its echo, the SYN of the next one is held; the screen as SVG."""
    with tempfile.TemporaryDirectory() as place:
        subprocess.run(["gcc", "-o", f"{place}/echo_server", SOURCE], check=True)  # noqa: ASYNC221, S603, S607
        commands = (Command(host="server", text="./echo_server 8001"), Command(host="client", text=CLIENT))
        run = Run.start(Plan(setup=Setup(mode="flow", delay=DELAY, commands=commands, directory=place)))
        app = ProgramsApp(lambda: run)
        try:
            async with app.run_test(size=picture.size) as pilot:
                await _play(app, pilot)
                return picture_of(app, f"sockviz run --server './echo_server 8001' --client '{CLIENT}'")
        finally:
            await run.close()


async def _play(app: ProgramsApp, pilot: Pilot[None]) -> None:
    async def until(condition: Callable[[World], bool]) -> None:
        async with asyncio.timeout(30):
            while app.session is None or not condition(app.session.timeline.edge):
                await pilot.pause(0.02)

    await until(lambda world: any(one.server.accepted for one in world.connections.values()))
    assert app.session is not None  # noqa: S101 - for the type checker
    for text in (b"hello\n", b"it comes back\n"):
        app.session.send(Type(host="client", program="client 1", data=text))
        await until(lambda world, text=text: _printed(world, "client 1").count(text.strip()) > 1)  # type: ignore[misc]
    app.session.send(Wire(mode="hold", delay=DELAY))
    app.session.send(Launch(host="client", command=CLIENT))
    await until(lambda world: bool(world.wire.held))
    await pilot.pause(1.5)


def _printed(world: World, name: str) -> bytes:
    return next((one.output for one in world.programs.values() if one.name == name), b"")
