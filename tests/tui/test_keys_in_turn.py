"""What is typed after a key that asks something answers it, however fast it comes."""

import asyncio
from typing import ClassVar

import pytest
from staging import Replayed, begun, screen_text, staged, until
from test_captures import capture, lines, listed
from test_programs import CHAT
from textual.events import Key
from textual.screen import Screen
from textual.widgets import Input, Label

from sockviz.intents import Connect, Type
from sockviz.session.plan import Plan
from sockviz.session.run import Run
from sockviz.tui.keys import KeysInTurn
from sockviz.tui.programs.app import ProgramsApp

NAMES = {"/": "slash", ":": "colon", " ": "space", "\r": "enter"}


def burst(pilot, keys):
    """All of them have come before the first is looked at."""
    for key in keys:
        pilot.app.post_message(Key(NAMES.get(key, key), key if len(key) == 1 and key.isprintable() else None))


async def test_the_answer_to_a_question_on_the_stage():
    async with staged() as pilot:
        burst(pilot, "C17\r")
        await until(pilot, lambda: pilot.link.asked)
        assert pilot.link.asked == [Connect(count=17)]


async def test_a_question_that_was_answered_can_not_be_cancelled_too():
    async with staged() as pilot:
        stage = pilot.app.screen
        burst(pilot, ["C", "1", "\r", "escape", "escape"])
        await until(pilot, lambda: pilot.link.asked)
        await pilot.pause()
        assert pilot.app.screen is stage


async def test_what_a_capture_is_filtered_by(tmp_path):
    async with listed(capture(tmp_path)) as pilot:
        assert len(lines(pilot)) > 1
        port = lines(pilot)[1][1].rpartition(":")[2]
        burst(pilot, f"/:{port}\r")
        await until(pilot, lambda: len(lines(pilot)) == 1)
        assert pilot.app.screen.query_one(Input).value == f":{port}"
        await until(pilot, lambda: pilot.app.focused is None)


async def test_what_is_looked_for_in_the_palette():
    async with staged() as pilot:
        burst(pilot, "mprojector")
        await until(pilot, lambda: any(one.value == "projector" for one in pilot.app.screen.query(Input)))


async def test_what_is_typed_to_a_program():
    link = Replayed(CHAT)
    app = ProgramsApp(lambda: Run(Plan(), link), clock=lambda: 0)
    async with app.run_test(size=(120, 36)) as pilot:
        await begun(pilot)
        await until(pilot, lambda: "client 1" in screen_text(app))
        burst(pilot, "equit\r")
        await until(pilot, lambda: link.asked)
        assert link.asked == [Type(host="client", pid=12, data=b"quit\n")]
        assert app.is_running


class Late(Screen):
    """Comes by itself, and is made when it is `due`."""

    BINDINGS: ClassVar = [("x", "look", "Look")]
    seen = None

    def __init__(self):
        super().__init__()
        self.due = asyncio.Event()

    async def _compose(self):
        await self.due.wait()
        await super()._compose()

    def compose(self):
        yield Label()

    def action_look(self):
        self.seen = len(self.query(Label))


@pytest.mark.parametrize("forwarded", [False, True])
async def test_a_screen_that_no_key_has_opened(forwarded):
    app = KeysInTurn()
    async with app.run_test() as pilot:
        late = Late()

        def come():
            key = Key("x", "x")
            if forwarded:  # it was passed to the screen before, which had no use for it
                key._forwarded = True
            app.post_message(key)
            app.push_screen(late)

        app.screen.call_later(come)
        for _ in range(100):
            await asyncio.sleep(0)
        late.due.set()
        await until(pilot, lambda: late.seen is not None)
        assert late.seen == 1
