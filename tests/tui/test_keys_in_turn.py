"""What is typed after a key that asks something answers it, however fast it comes."""

import asyncio
from typing import ClassVar

import pytest
from staging import Replayed, begun, recorded, screen_text, sent, staged, until, up_to
from test_captures import capture, lines, listed
from test_programs import CHAT
from textual.events import Key
from textual.screen import Screen
from textual.widgets import Input, Label

from sockviz.events import ListenerSampled
from sockviz.intents import Connect, Release, SetAccept, SetBacklog, Type, Wire
from sockviz.session.plan import Plan
from sockviz.session.run import Run
from sockviz.tui.app import SockvizApp
from sockviz.tui.keys import KEPT, KeysInTurn
from sockviz.tui.programs.app import ProgramsApp

WHOLE = recorded("by-hand-lab")
LISTENING = up_to(WHOLE, lambda event: isinstance(event, ListenerSampled))
SYN = up_to(WHOLE, sent(1))[len(LISTENING) :]

NAMES = {"/": "slash", ":": "colon", " ": "space", "\r": "enter", "\n": "ctrl+j"}


def burst(app, keys):
    """All of them have come before the first is looked at."""
    for key in keys:
        app.post_message(Key(NAMES.get(key, key), key if len(key) == 1 and key.isprintable() else None))


async def test_the_answer_to_a_question_on_the_stage():
    async with staged() as pilot:
        burst(pilot.app, "C17\r")
        await until(pilot, lambda: pilot.link.asked)
        assert pilot.link.asked == [Connect(count=17)]


async def test_a_question_that_was_answered_can_not_be_cancelled_too():
    async with staged() as pilot:
        stage = pilot.app.screen
        burst(pilot.app, ["C", "1", "\r", "escape", "escape"])
        await until(pilot, lambda: pilot.link.asked)
        await pilot.pause()
        assert pilot.app.screen is stage


async def test_what_is_typed_after_the_answer_is_not_of_it():
    async with staged(LISTENING) as pilot:
        burst(pilot.app, "C17\rcb5\rc")
        await until(pilot, lambda: len(pilot.link.asked) == 4)
        assert pilot.link.asked == [Connect(count=17), Connect(), SetBacklog(backlog=5), Connect()]


async def test_what_a_capture_is_filtered_by(tmp_path):
    async with listed(capture(tmp_path)) as pilot:
        assert len(lines(pilot)) > 1
        port = lines(pilot)[1][1].rpartition(":")[2]
        burst(pilot.app, f"/:{port}\r")
        await until(pilot, lambda: len(lines(pilot)) == 1)
        assert pilot.app.screen.query_one(Input).value == f":{port}"
        await until(pilot, lambda: pilot.app.focused is None)


async def test_what_is_looked_for_in_the_palette():
    async with staged() as pilot:
        burst(pilot.app, "mprojector")
        await until(pilot, lambda: any(one.value == "projector" for one in pilot.app.screen.query(Input)))


async def test_what_is_typed_to_a_program():
    link = Replayed(CHAT)
    app = ProgramsApp(lambda: Run(Plan(), link), clock=lambda: 0)
    async with app.run_test(size=(120, 36)) as pilot:
        await begun(pilot)
        await until(pilot, lambda: "client 1" in screen_text(app))
        burst(pilot.app, "equit\r")
        await until(pilot, lambda: link.asked)
        assert link.asked == [Type(host="client", pid=12, data=b"quit\r")]
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


async def test_what_is_typed_before_the_run_has_begun_is_done_then():
    async with staged() as pilot:
        burst(pilot.app, "hb7\r")
        await until(pilot, lambda: "enter waits until the run has begun" in screen_text(pilot.app).lower())
        assert not pilot.link.asked
        pilot.link.more.put_nowait(LISTENING)
        await until(pilot, lambda: len(pilot.link.asked) == 2)
        assert pilot.link.asked == [Wire(mode="flow"), SetBacklog(backlog=7)]
        assert "waits until" not in screen_text(pilot.app)


async def test_one_that_needs_what_the_one_before_brings_waits_for_it():
    async with staged() as pilot:
        burst(pilot.app, "AcnA")
        pilot.link.more.put_nowait(LISTENING)
        await until(pilot, lambda: len(pilot.link.asked) == 2)
        pilot.link.more.put_nowait(SYN)
        await until(pilot, lambda: len(pilot.link.asked) == 4)
        automatic = SetAccept(mode="auto")
        assert pilot.link.asked == [automatic, Connect(), Release(id=1), automatic]


class Slow(SockvizApp):
    """Keys come while the stage is still being imported, some of them before the terminal was set up."""

    async def begin(self):
        burst(self, "hC5\n")
        self.call_later(super().begin)


async def test_what_is_typed_before_there_is_a_stage_is_done_on_it():
    link = Replayed([])
    async with Slow(lambda: Run(Plan(), link), clock=lambda: 0).run_test(size=(120, 36)) as pilot:
        await begun(pilot)
        assert not link.asked
        link.more.put_nowait(LISTENING)
        await until(pilot, lambda: len(link.asked) == 2)
        assert link.asked == [Wire(mode="flow"), Connect(count=5)]


async def test_one_that_can_not_be_done_keeps_the_others_waiting_only_for_a_while():
    async with staged() as pilot:
        burst(pilot.app, "nnc")
        pilot.link.more.put_nowait(LISTENING)
        await until(pilot, lambda: pilot.link.asked)
        assert pilot.link.asked == [Connect()]
        burst(pilot.app, "n")
        await until(pilot, lambda: "Nothing waits on the wire" in screen_text(pilot.app))


async def test_leaving_does_not_wait_for_the_run():
    async with staged() as pilot:
        burst(pilot.app, "hq")
        await until(pilot, lambda: not pilot.app.is_running)


async def test_no_more_is_kept_than_anybody_types():
    async with staged() as pilot:
        burst(pilot.app, "h" * (KEPT + 2))
        pilot.link.more.put_nowait(LISTENING)
        await until(pilot, lambda: len(pilot.link.asked) >= KEPT)
        burst(pilot.app, "c")
        await until(pilot, lambda: pilot.link.asked[-1] == Connect())
        assert pilot.link.asked == [*[Wire(mode="flow")] * KEPT, Connect()]
