"""A recording of each way the stage can be played replays to the same screens as the live run's.

The runs are real: the app is played by its keys on the live kernel, and what it recorded is opened again.
"""

import asyncio
import random

import pytest
from staging import begun, screen_text

from sockviz.errors import UserError
from sockviz.intents import Quit, Setup
from sockviz.recording.writer import Writer
from sockviz.session.plan import Plan
from sockviz.session.replay import Replay
from sockviz.session.run import Run
from sockviz.tcp.states import State
from sockviz.tui.app import SockvizApp
from sockviz.tui.screens.furniture import Furniture
from sockviz.tui.widgets.drawing import Drawing

pytestmark = pytest.mark.lab
PATIENCE = 15
SIZES = ((120, 36), (80, 24))
LOOKS = 20
"""Moments at which the screens are compared."""
DELAY = 20_000_000


def client(world, state, number=1):
    return number in world.connections and world.connections[number].client.state is state


def server(world, state, number=1):
    return number in world.connections and world.connections[number].server.state is state


def held(count):
    return lambda world: len(world.wire.held) >= count


def both(state_of_client, state_of_server, number=1):
    return lambda world: client(world, state_of_client, number) and server(world, state_of_server, number)


def accepted(world):
    return any(connection.server.fd is not None for connection in world.connections.values())


def called(name):
    return lambda world: any(
        call.name == name for program in world.programs.values() for call in program.calls.values()
    )


def dropped(world):
    return any(connection.drops for connection in world.connections.values())


ESTABLISHED = both(State.ESTABLISHED, State.ESTABLISHED)
HANDSHAKE = (("c", held(1)), ("n", lambda w: server(w, State.SYN_RECV)), ("n", held(1)), ("n", ESTABLISHED))
LAB = Setup(mode="hold", delay=DELAY)
FLOWING = Setup(delay=DELAY)
WAYS = {
    "a life by hand": (
        LAB,
        (
            *HANDSHAKE,
            ("a", accepted),
            ("x", held(1)),
            ("n", lambda w: server(w, State.CLOSE_WAIT)),
            ("n", lambda w: client(w, State.FIN_WAIT2)),
            ("tab x", held(1)),
            ("n", lambda w: client(w, State.TIME_WAIT)),
            ("n", lambda w: server(w, State.CLOSED)),
        ),
    ),
    "data and a half-close": (
        FLOWING,
        (
            ("c", ESTABLISHED),
            ("a", accepted),
            ("d enter", lambda w: w.connections[1].server.bytes_received == 5),
            ("s", both(State.FIN_WAIT2, State.CLOSE_WAIT)),
            ("tab d enter", lambda w: w.connections[1].client.bytes_received > 0),
            ("r", called("recv")),
        ),
    ),
    "a full queue": (
        Setup(delay=DELAY, backlog=0),
        (("C 4 enter", dropped), ("a", accepted)),
    ),
    "a reset": (FLOWING, (("c", ESTABLISHED), ("X", both(State.CLOSED, State.CLOSED)))),
    "refused": (
        FLOWING,
        (
            ("o", lambda w: all(one.state is State.CLOSED for one in w.listeners.values())),
            ("c", lambda w: bool(w.connections) and client(w, State.CLOSED)),
        ),
    ),
    "a listener that closes on those who wait": (
        FLOWING,
        (("c", ESTABLISHED), ("o", both(State.CLOSED, State.CLOSED))),
    ),
    "lost, cut and mended": (
        LAB,
        (
            ("c", held(1)),
            ("l", lambda w: not w.wire.held),
            ("c", held(1)),
            ("w", lambda w: w.wire.mode == "cut"),
            ("w", lambda w: w.wire.mode == "hold"),
            ("h", lambda w: w.wire.mode == "flow"),
        ),
    ),
    "marks, backlog and policy": (
        FLOWING,
        (
            ("M c", ESTABLISHED),
            ("b 5 enter", lambda w: any(one.backlog == 5 for one in w.listeners.values())),
            ("A", accepted),
        ),
    ),
    "IPv6": (Setup(mode="hold", delay=DELAY, ipv6=True), (*HANDSHAKE, ("a", accepted))),
    "loopback": (
        Setup(source="loopback", port=18_467),
        (("c", ESTABLISHED), ("a", accepted), ("x", lambda w: client(w, State.FIN_WAIT2))),
    ),
}  # fmt: skip


async def until(pilot, condition, what):
    for _ in range(PATIENCE * 50):
        if condition():
            return
        await pilot.pause(0.02)
    raise AssertionError(f"never seen: {what}\n{screen_text(pilot.app)}")


def panels(app):
    """What the stage shows of the run, without what tells how it is being looked at."""
    drawn = app.screen.query_one(Furniture).query(Drawing)
    lines = app.screen._compositor.render_strips(app.size)
    return {
        drawing.id: [
            strip.crop(drawing.region.x, drawing.region.right).text.rstrip()
            for strip in lines[drawing.region.y : drawing.region.bottom]
        ]
        for drawing in drawn
        if drawing.is_on_screen
    }


async def shown_at(pilot, t):
    """Once a frame of that time has been drawn: on a busy machine that is later than the app is idle."""
    pilot.app.session.seek(t)
    before = pilot.app.screen._frame
    pilot.app.screen.wake()
    await until(pilot, lambda: pilot.app.screen._frame > before, "a frame")
    await pilot.pause()
    return panels(pilot.app)


async def screens(pilot, times):
    """The panels at those times, in every size of terminal."""
    found = []
    for size in SIZES:
        await pilot.resize_terminal(*size)
        found += [await shown_at(pilot, t) for t in times]
    return found


async def played(setup, way, path):
    """Play the live run to its end; some of its times, the last one among them, and its screens then."""
    app = SockvizApp(lambda: Run.start(Plan(setup=setup), Writer(path)))
    async with app.run_test(size=SIZES[0]) as pilot:
        await begun(pilot)
        session = app.session
        await until(pilot, lambda: session.timeline.edge.listeners or session.failure, "listening")
        for keys, condition in way:
            if session.in_slow_motion:
                await pilot.press("end")
            await pilot.press(*keys.split())
            await until(pilot, lambda met=condition: met(session.timeline.edge), keys)
        session.send(Quit())
        await until(pilot, lambda: session.ended, "the end of the run")
        times = moments(session.timeline)
        return times, await screens(pilot, times)


async def replayed(recording, times):
    """The screens of the recording at those times; and the first of them again, come upon from the end."""
    app = SockvizApp(lambda: recording)
    async with app.run_test(size=SIZES[0]) as pilot:
        await begun(pilot)
        await until(pilot, lambda: app.session.ended, "the end of the file")
        await pilot.press("end")
        assert app.session.now == times[0]
        return await screens(pilot, times)


def moments(timeline):
    """The end, some times at which something happened, and some between."""
    chance = random.Random(1)
    found = [timeline.end, *(chance.randrange(timeline.end) for _ in range(LOOKS // 2))]
    while len(found) < LOOKS:
        found.append(timeline.next_event(chance.randrange(timeline.end)) or timeline.end)
    return found


def possible(setup):
    """Skip, with the reason, what can't be played here."""

    async def why_not():
        run = Run.start(Plan(setup=setup))
        try:
            await run.carry(lambda _: run.kill())
        except UserError as error:
            return error.line()
        return ""

    if reason := asyncio.run(why_not()):
        pytest.skip(reason)


@pytest.mark.parametrize("way", WAYS)
def test_a_recording_shows_the_screens_of_the_live_run(way, tmp_path):
    setup, steps = WAYS[way]
    possible(setup)
    path = tmp_path / "r.jsonl"
    times, live = asyncio.run(played(setup, steps, path))
    recording = Replay(path)
    try:
        again = asyncio.run(replayed(recording, times))
    finally:
        recording.kill()
    for number, (was, is_) in enumerate(zip(live, again, strict=True)):
        for panel, lines in was.items():
            assert is_[panel] == lines, f"{panel} at {times[number % len(times)]}"
