"""Whatever a visitor presses: no file, no program, no setting of the machine is theirs."""

import asyncio
import contextlib
import re

import pytest
from command import run
from served_by import BOUND, serving, tab, visitor

from sockviz.tui.actions import guards
from sockviz.tui.actions.action import Situation
from sockviz.tui.actions.registry import BY_ID, PROGRAMS, offered
from sockviz.tui.controls import bar

READY = "Press c"
OURS = re.compile(
    r"python3?(\.\d+)?|sockviz.*|setpriv|host (client|server)|server|client \d+|toy.*|fd \d+|pytest"
)
KEYS = sorted({key for action in BY_ID.values() for key in action.keys if len(key) == 1} - {"q"})
CONTROLS = [chr(code) for code in range(1, 27) if chr(code) not in "\x03\x11"]
"""Ctrl+A and so on, but for those that leave."""
ESCAPE = "\x1b[27u"
"""As terminals send it that tell it from the beginning of other keys."""


def test_what_is_for_the_machines_owner_is_neither_done_nor_offered():
    visiting = Situation(served=True)
    barred = [action for action in BY_ID.values() if guards.visiting in action.unless]
    assert {action.id for action in barred} == {action.id for action in PROGRAMS} | {"lessons"}
    for action in barred:
        assert action.why_not(visiting) == "This is for who serves it, at the machine itself."
        assert action.why_not(Situation()) != action.why_not(visiting)
    assert not set(barred) & set(offered(BY_ID.values(), served=True))
    assert set(barred) < set(offered(BY_ID.values(), served=False))


def test_there_are_no_buttons_for_it():
    def shown(situation):
        return {face.action for row in bar.rows_of_programs(situation) for one in row for face in one.faces}

    assert {action.id for action in PROGRAMS} <= shown(Situation())
    assert not {action.id for action in PROGRAMS} & shown(Situation(served=True))


@pytest.fixture
def recording(lab, shared):
    path = shared / "life.jsonl"
    assert run("--headless", "--record", str(path)).returncode == 0
    path.chmod(0o644)
    return path


def names(server):
    """Of all that runs for it."""
    found = set()
    for pid in server.left():
        try:
            with open(f"/proc/{pid}/comm", encoding="ascii") as file:  # noqa: PTH123 - of a process that may go
                found.add(file.read().strip())
        except OSError:
            continue
    return found


async def test_every_key_on_the_stage(user, shared):
    with serving(prefix=user, cwd=shared) as server:
        async with visitor(server) as session, tab(session, server) as one:
            await one.see(READY)
            for key in [*KEYS, *CONTROLS]:
                await type_slowly(one, key, ESCAPE)
            await alive(one)
            assert [name for name in await asyncio.to_thread(names, server) if not OURS.fullmatch(name)] == []
    assert list(shared.iterdir()) == []


async def test_every_key_in_a_recording(recording, shared):
    with serving("replay", str(recording), cwd=shared) as server:
        async with visitor(server) as session, tab(session, server) as one:
            await one.see("REPLAY")
            for key in [*KEYS, *CONTROLS]:
                await type_slowly(one, key, ESCAPE)
            await alive(one)
    assert list(shared.iterdir()) == [recording]


async def type_slowly(one, *keys):
    """As people do: what a key opens takes the next one."""
    for key in keys:
        await one.press(key)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.1):
                while True:
                    await one.read()


async def alive(one):
    """It still answers; a key that follows the one that closes something may be lost with that."""
    for _ in range(BOUND):
        await one.press(ESCAPE, "?")
        with contextlib.suppress(AssertionError):
            await one.see("All keys", seconds=2)
            return
    pytest.fail(f"it does not answer; the screen was\n{one.text}")
