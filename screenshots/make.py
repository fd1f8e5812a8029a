"""Makes the README's pictures from the real app on the real lab: keys pressed, moments waited for.

`make screenshots` runs it. Each picture is what is on the screen when its moment has come. Needs chromium to
make a PNG of what Textual exports as SVG.
"""
# ruff: noqa: INP001 - a script, no module

import asyncio
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

import overloaded
import own
import served
from textual.pilot import Pilot

from sockviz.intents import Connect, Setup, Wire
from sockviz.lessons.scene import Phase
from sockviz.lessons.text import Language
from sockviz.session.plan import Plan
from sockviz.session.run import Run
from sockviz.session.session import Session
from sockviz.tcp.states import State
from sockviz.tui.app import SockvizApp
from sockviz.tui.lessons import LessonApp
from sockviz.tui.picture import picture as picture_of
from sockviz.world.model import World

HERE: Final = Path(__file__).parent
MS: Final = 1_000_000
PIXELS: Final = 1600
"""Width of a picture of 120 columns."""


@dataclass
class Stage:
    """The app while it is being photographed."""

    session: Session
    pilot: Pilot[None]

    async def until(self, condition: Callable[[World], bool]) -> None:
        """Wait until it is so in the run (not only on the screen)."""
        async with asyncio.timeout(20):
            while not condition(self.session.timeline.edge):
                await self.pilot.pause(0.02)

    async def press(self, *keys: str) -> None:
        """Press keys; the screen has answered when this returns."""
        await self.pilot.press(*keys)

    async def release(self) -> None:
        """Let the next segment go, once there is one."""
        await self.until(lambda world: bool(world.wire.held))
        await self.press("n")

    async def connect(self) -> None:
        """A client connects, as far as the server's accept queue."""
        number = len(self.session.timeline.edge.connections) + 1
        await self.press("c")
        for _ in range(3):
            await self.release()
            await self.until(lambda world: not any(f.due for f in world.wire.in_flight.values()))
        await self.until(lambda world: server_state(world, number) is State.ESTABLISHED)


def server_state(world: World, number: int) -> State:
    """The state of the server's end of a connection."""
    connection = world.connections.get(number)
    return connection.server.state if connection else State.CLOSED


async def handshake(stage: Stage) -> None:
    """One connection accepted, one waiting to be; the final ACK of a third is held on the wire."""
    await stage.connect()
    await stage.press("a")
    await stage.until(lambda world: world.connections[1].server.accepted)
    await stage.connect()
    await stage.press("c")
    await stage.release()
    await stage.until(lambda world: server_state(world, 3) is State.SYN_RECV)
    await stage.release()
    await stage.until(lambda world: world.connections[3].client.state is State.ESTABLISHED)


async def full_queue(stage: Stage) -> None:
    """Nobody accepts, the backlog is 1: the SYN of the third client is ignored, again and again."""
    stage.session.send(Wire(mode="flow", delay=100 * MS))
    stage.session.send(Connect(count=2))
    await stage.until(lambda world: any(len(one.accept_queue) > 1 for one in world.listeners.values()))
    stage.session.send(Connect())
    await stage.until(lambda world: any(connection.drops > 1 for connection in world.connections.values()))


async def closing(stage: Stage) -> None:
    """The client has closed, and the server has not yet."""
    await stage.connect()
    await stage.press("a")
    await stage.until(lambda world: world.connections[1].server.accepted)
    await stage.press("x")
    await stage.release()
    await stage.until(lambda world: server_state(world, 1) is State.CLOSE_WAIT)
    await stage.release()
    await stage.until(lambda world: world.connections[1].client.state is State.FIN_WAIT2)


async def ghosts(stage: Stage) -> None:
    """Ten clients at once, and nobody accepts: SYN cookies, and clients that are connected to nothing."""
    stage.session.send(Connect(count=10))
    await stage.until(lambda world: sum(one.ghost for one in world.connections.values()) > 1)


async def source(stage: Stage) -> None:
    """The server is blocked in accept(); the final ACK is held on the wire."""
    await stage.press("a", "c")
    await stage.release()
    await stage.until(lambda world: server_state(world, 1) is State.SYN_RECV)
    await stage.release()
    await stage.until(lambda world: world.connections[1].client.state is State.ESTABLISHED)
    await stage.press("tab", "v")


@dataclass(frozen=True)
class Picture:
    """One file."""

    name: str
    play: Callable[[Stage], Awaitable[None]]
    size: tuple[int, int] = (120, 36)
    theme: str | None = None
    projector: bool = False
    setup: Setup = field(default_factory=lambda: Setup(mode="hold", delay=400 * MS))


PICTURES: Final = (
    Picture("stage", handshake),
    Picture("full-queue", full_queue, setup=Setup(mode="flow", backlog=1, accept="never")),
    Picture("ghosts", ghosts, setup=Setup(mode="flow", delay=800 * MS, backlog=2, accept="never")),
    Picture("source", source),
    Picture("closing", closing, theme="light"),
    Picture("stage-projector", handshake, projector=True),
    Picture("small", handshake, size=(80, 24)),
)


@dataclass(frozen=True)
class LessonPicture:
    """One file of a lesson: what the screen shows in a phase of a step, or at the end."""

    name: str
    lesson: str
    phase: Phase
    step: str = ""
    answer: int = 0
    """Always predicted, from 0."""
    size: tuple[int, int] = (120, 36)
    language: Language = "en"
    theme: str | None = None
    projector: bool = False


LESSONS: Final = (
    LessonPicture("lesson", "handshake", Phase.VERDICT, "syn", answer=1),
    LessonPicture("lesson-question", "accept-queue-full", Phase.ASK, "third", theme="light"),
    LessonPicture("lesson-projector", "syn-cookies", Phase.EXPLAIN, "ghost", projector=True),
    LessonPicture("lesson-chinese", "close", Phase.VERDICT, "time-wait", size=(80, 24), language="zh"),
    LessonPicture("lesson-end", "no-accept", Phase.DONE, answer=1, size=(80, 24)),
)


async def photograph_lesson(picture: LessonPicture) -> str:
    """Take a lesson up to a picture's moment; the screen as SVG."""
    with tempfile.TemporaryDirectory() as place:
        app = LessonApp(
            picture.lesson,
            Path(place, "lessons.json"),
            picture.language,
            theme=picture.theme,
            projector=picture.projector,
        )
        async with app.run_test(size=picture.size) as pilot:
            await _go_to(app, pilot, picture)
            await pilot.pause(0.5)
            taken = picture_of(app, "sockviz lesson")
            if app.play is not None:
                await app.play.close()
            return taken


async def _go_to(app: LessonApp, pilot: Pilot[None], picture: LessonPicture) -> None:
    """On, with the same prediction every time."""
    async with asyncio.timeout(120):
        while True:
            await pilot.pause(0.02)
            scene = app.play.runner.scene if app.play is not None else None
            if scene is None or not scene.verbs:
                continue
            if scene.phase is picture.phase and picture.step in ("", scene.step.id):
                return
            await pilot.press(str(picture.answer + 1) if scene.phase is Phase.ASK else "enter")


async def photograph(picture: Picture) -> str:
    """Play a picture's scene; the screen as SVG."""
    run = Run.start(Plan(setup=picture.setup))
    app = SockvizApp(lambda: run, theme=picture.theme, projector=picture.projector)
    try:
        async with app.run_test(size=picture.size) as pilot:
            async with asyncio.timeout(20):
                while app.session is None:
                    await pilot.pause(0.02)
            stage = Stage(app.session, pilot)
            await stage.until(lambda world: bool(world.listeners))
            await picture.play(stage)
            await pilot.pause(0.5)
            return picture_of(app)
    finally:
        await run.close()


def to_png(svg: str, path: Path, chromium: str) -> None:
    """Draw an SVG of Textual's as a terminal would: without fonts from elsewhere."""
    box = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
    assert box, "Textual's SVG has a viewBox"  # noqa: S101 - or there is nothing to draw
    width = PIXELS
    height = round(width * float(box[2]) / float(box[1]))
    svg = svg.replace("font-family: ", "font-family: DejaVu Sans Mono, Noto Sans Mono CJK SC, ")
    style = "<style>svg{width:100vw;height:auto;display:block}</style>"
    with tempfile.TemporaryDirectory() as place:
        page = Path(place, "page.html")
        page.write_text(f"<body style='margin:0'>{style}{svg}", encoding="utf-8")
        subprocess.run(  # noqa: S603 - a page of our own
            [
                chromium, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
                "--hide-scrollbars",
                "--disable-background-networking", "--disable-component-update", "--disable-sync",
                f"--user-data-dir={place}/user", f"--window-size={width},{height}", f"--screenshot={path}",
                page.as_uri(),
            ],
            check=True, capture_output=True, timeout=60,
        )  # fmt: skip


def _all(chromium: str) -> Iterator[tuple[str, Callable[[Path], None]]]:
    """The pictures' names, and what makes them."""

    def drawn(photograph: Callable[[Any], Coroutine[Any, Any, str]], of: Any) -> Callable[[Path], None]:
        return lambda path: to_png(asyncio.run(photograph(of)), path, chromium)

    kinds: tuple[tuple[Callable[[Any], Coroutine[Any, Any, str]], tuple[Any, ...]], ...] = (
        (photograph, PICTURES),
        (photograph_lesson, LESSONS),
        (own.photograph, own.PICTURES),
        (overloaded.photograph, overloaded.PICTURES),
    )
    for take, pictures in kinds:
        yield from ((one.name, drawn(take, one)) for one in pictures)
    yield from ((one.name, partial(served.photograph, one)) for one in served.PICTURES)


def main(names: list[str]) -> None:
    """Make the pictures with these names, or all."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        raise SystemExit("the pictures need chromium (Debian: apt install chromium fonts-dejavu-core)")
    for name, make in _all(chromium):
        if not names or name in names:
            path = HERE / f"{name}.png"
            make(path)
            sys.stdout.write(f"{path.relative_to(HERE.parent)}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
