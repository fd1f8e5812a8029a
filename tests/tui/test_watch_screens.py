"""The screens of `sockviz watch` in use: on a recording, on what an engine told, and on real listeners."""

import asyncio
import socket
from contextlib import asynccontextmanager, closing

import pytest
from staging import Replayed
from textual.events import Key
from textual.widgets import Input
from watched import (
    OVERLOADED,
    SECOND,
    WEB,
    chosen,
    header,
    listener,
    many,
    nginx,
    overloaded,
    sampled,
    several,
)

from sockviz import events
from sockviz.errors import UserError
from sockviz.intents import Choose, Setup, Watched
from sockviz.session.plan import Plan
from sockviz.session.playback import Mode
from sockviz.session.replay import Replay
from sockviz.session.run import Run
from sockviz.tui.actions.watch import CLOSELY, LISTENERS
from sockviz.tui.controls.notice import NoticeLine
from sockviz.tui.density import Density
from sockviz.tui.screens.help import HelpScreen
from sockviz.tui.watch.app import WatchApp
from sockviz.tui.watch.closely import CloselyScreen
from sockviz.tui.watch.listing import ListenersScreen
from sockviz.tui.watch.lists import ChosenListeners, ConnectionTable, ListenerList
from sockviz.tui.watch.reading import ReadingScreen
from sockviz.tui.watch.screen import WatchScreen
from sockviz.tui.watch.widgets import Dashboard, FindingView

LOCAL = "127.0.0.1:8001"


class Seen:
    """The app, and what is on its screen."""

    def __init__(self, app, pilot, link=None):
        self.app, self.pilot, self.link = app, pilot, link

    @property
    def watching(self):
        return self.app.watching

    @property
    def screen(self):
        return self.app.screen

    @property
    def text(self):
        lines = self.screen._compositor.render_strips(self.app.size)
        return "\n".join(line.text for line in lines)

    async def until(self, condition, seconds=20):
        """Wait until it holds; the screen goes into the failure otherwise."""
        for _ in range(int(seconds / 0.02)):
            if condition(self):
                return
            await self.pilot.pause(0.02)
        raise AssertionError(f"never seen; the screen at the end:\n{self.text}")

    async def see(self, *words):
        await self.until(lambda seen: all(word in seen.text for word in words))

    async def press(self, *keys):
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def shows(self, screen):
        await self.until(lambda seen: isinstance(seen.screen, screen))
        await self.pilot.pause()

    def rows(self, kind=ConnectionTable):
        return self.screen.query_one(kind)._rows


@asynccontextmanager
async def showing(start, link=None, size=(120, 36), **look):
    app = WatchApp(start, **look)
    try:
        async with app.run_test(size=size) as pilot:
            seen = Seen(app, pilot, link)
            await seen.until(lambda seen: seen.watching is not None and isinstance(seen.screen, WatchScreen))
            yield seen
    finally:
        await app.carried.close()


def replaying(**look):
    """The real recording."""
    return showing(lambda: Replay(OVERLOADED), **look)


def after(happened, failure=None, plan=None, **look):
    """A live run whose engine told of `happened`."""
    link = Replayed(list(happened), failure)
    return showing(lambda: Run(plan or Plan(), link), link, clock=lambda: 0, **look)


async def read(seen):
    """All of the recording is there, and its first moment shown."""
    await seen.until(lambda seen: seen.watching.ended and seen.watching.now > 0)


# a recording


async def test_a_recording_begins_with_its_first_reading_and_follows_what_was_chosen():
    async with replaying() as seen:
        await read(seen)
        await seen.see("127.0.0.1:8001", "[::]:8080 +IPv4", "REPLAY")
        assert isinstance(seen.screen, ListenersScreen)
        seen.watching.live()
        seen.screen.wake()
        await seen.shows(CloselyScreen)
        await seen.see("SYN_RECV", "CLOSE_WAIT", "nobody yet")
        await seen.press("escape")
        await seen.shows(ListenersScreen)
        await seen.press("home")
        assert seen.watching.now == 0 or seen.watching.mode is Mode.PAUSED


async def test_drops_are_gone_to():
    async with replaying() as seen:
        await read(seen)
        begin = seen.watching.now
        await seen.press("right_square_bracket")
        assert seen.watching.now > begin
        await seen.see("Here a drop was first seen", "The accept queue is full")
        await seen.press("left_square_bracket")
        await seen.see("No drop was seen before")


async def test_only_what_was_recorded_can_be_opened():
    async with replaying() as seen:
        await read(seen)
        await seen.press("enter")
        await seen.see("The recording has no connections of")
        seen.watching.live()
        seen.screen.wake()
        await seen.shows(CloselyScreen)
        await seen.press("L")
        await seen.shows(ListenersScreen)
        rows = seen.screen.query_one(ListenerList)
        rows.move([one.local for one in rows._rows].index(LOCAL))
        await seen.press("enter")
        await seen.shows(CloselyScreen)


async def test_time_is_moved_with_the_same_keys_as_on_the_stage():
    async with replaying() as seen:
        await read(seen)
        await seen.press("right", "right")
        before = seen.watching.now
        await seen.press("left")
        assert seen.watching.now < before
        await seen.press("p")
        assert seen.watching.mode is Mode.PLAYING
        await seen.press("p")
        assert seen.watching.mode is Mode.PAUSED
        await seen.press("greater_than_sign")
        assert seen.watching.speed == 2


# the list


async def test_the_list_is_filtered_sorted_and_marked():
    async with after(several()) as seen:
        await seen.see("127.0.0.1:9000 ×4", "129/128 FULL")  # noqa: RUF001
        await seen.press("slash", *"443", "enter")
        await seen.until(lambda seen: len(seen.rows(ListenerList)) == 1)
        await seen.press("escape")
        await seen.until(lambda seen: len(seen.rows(ListenerList)) == 4)
        await seen.press("s", "s")
        await seen.until(lambda seen: seen.rows(ListenerList)[0].port == 9000)
        await seen.press("g", "space", "space")
        await seen.see("2 marked")
        await seen.press("enter")
        marked = [intent for intent in seen.link.asked if isinstance(intent, Choose)]
        assert len(marked[0].listeners) == 2
        await seen.see("Reading the connections of")


async def test_what_is_typed_before_the_line_is_there_is_not_lost():
    async with after(several()) as seen:
        await seen.see("127.0.0.1:9000")
        for key, character in (("slash", "/"), ("colon", ":"), ("4", "4"), ("4", "4"), ("enter", None)):
            seen.app.post_message(Key(key, character))
        await seen.until(lambda seen: [one.port for one in seen.rows(ListenerList)] == [443])
        assert not isinstance(seen.screen.focused, Input)
        assert isinstance(seen.screen, ListenersScreen)


async def test_a_click_sorts_points_and_opens():
    async with after(several()) as seen:
        await seen.see("127.0.0.1:5432")
        rows = seen.screen.query_one(ListenerList)
        await seen.pilot.click(ListenerList, offset=(3, 3))
        await seen.until(lambda _: rows.chosen.port == 5432)
        await seen.pilot.click(ListenerList, offset=(3, 3))
        await seen.until(lambda seen: Choose(listeners=("127.0.0.1:5432",)) in seen.link.asked)
        await seen.pilot.click(ListenerList, offset=(60, 0))
        await seen.until(lambda seen: seen.rows(ListenerList)[0].port == 9000)


async def test_an_empty_machine():
    async with after([header(), sampled(SECOND)]) as seen:
        await seen.see("Nobody listens here at the moment")
        await seen.press("enter")
        await seen.see("Nothing is listed")


async def test_before_the_first_reading():
    async with after([header()]) as seen:
        await seen.see("Reading the kernel's listeners")


async def test_hundreds_of_listeners_scroll():
    happened = [header(), *(listener(local=f"127.0.0.1:{1000 + n}", cookie=n + 1) for n in range(400))]
    async with after([*happened, sampled(SECOND)]) as seen:
        await seen.see("127.0.0.1:1000")
        await seen.press("G")
        await seen.see("127.0.0.1:1399")
        await seen.press("pageup", "up")
        assert "127.0.0.1:1399" not in seen.text
        await seen.press("g")
        await seen.see("127.0.0.1:1000")


# what is watched closely


async def test_a_full_queue_with_its_cause():
    async with after(overloaded()) as seen:
        await seen.shows(CloselyScreen)
        await seen.see(
            "9/8 FULL", "The accept queue is full (9 > 8)", "waiting now  9", "nobody yet", "SYN_RECV"
        )


async def test_connections_are_filtered_by_state_waiting_age_and_peer():
    async with after(overloaded()) as seen:
        await seen.shows(CloselyScreen)
        await seen.until(lambda seen: len(seen.rows()) == 14)
        await seen.press("w")
        await seen.until(lambda seen: len(seen.rows()) == 9)
        await seen.press("w", "1")
        await seen.until(lambda seen: {one.state for one in seen.rows()} == {"SYN_RECV"})
        await seen.press("escape")
        await seen.until(lambda seen: len(seen.rows()) == 14)
        await seen.press("slash", *"40003")
        await seen.until(lambda seen: len(seen.rows()) == 1)
        await seen.press("escape")
        await seen.until(lambda seen: len(seen.rows()) == 14)
        assert isinstance(seen.screen, CloselyScreen)
        await seen.press("slash", *"nothing", "enter")
        await seen.see("No connection is like that")


async def test_a_click_on_a_state_lists_only_that():
    async with after(overloaded()) as seen:
        await seen.shows(CloselyScreen)
        await seen.until(lambda seen: len(seen.rows()) == 14)
        dashboard = seen.screen.query_one(Dashboard)
        lines = [line.text for line in dashboard._picture.lines]
        y = next(y for y, line in enumerate(lines) if "1 ▒ SYN_RECV" in line)
        line = lines[y]
        await seen.pilot.click(Dashboard, offset=(line.index("SYN_RECV", 60), y))
        await seen.until(lambda seen: {one.state for one in seen.rows()} == {"SYN_RECV"})


async def test_rows_are_sorted_by_key_and_by_click():
    async with after(many(300)) as seen:
        await seen.shows(CloselyScreen)
        await seen.until(lambda seen: len(seen.rows()) == 300)
        await seen.press("s")
        await seen.until(
            lambda seen: [one.state for one in seen.rows()] == sorted(one.state for one in seen.rows())
        )
        await seen.press("r")
        await seen.until(lambda seen: seen.rows()[0].state == "TIME_WAIT")
        await seen.pilot.click(ConnectionTable, offset=(18, 0))
        await seen.until(lambda seen: seen.rows()[0].remote.startswith("192.0.2.0:"))


async def test_ten_thousand_rows_keep_their_cursor():
    async with after(many(10_000)) as seen:
        await seen.shows(CloselyScreen)
        await seen.until(lambda seen: len(seen.rows()) == 10_000)
        await seen.press("G", "pageup", "up")
        table = seen.screen.query_one(ConnectionTable)
        chosen_one = table.chosen.id
        assert chosen_one > 9_900
        await seen.press("s")
        await seen.until(lambda seen: seen.rows()[0].state == "CLOSE_WAIT")
        assert table.chosen.id == chosen_one
        assert f"{table.chosen.remote}" in seen.text


async def test_a_connection_is_looked_into():
    async with after(overloaded()) as seen:
        await seen.shows(CloselyScreen)
        await seen.press("down", "enter")
        await seen.see("waits for accept() since 4.0 s", "the program has not read")
        await seen.press("escape")
        await seen.until(lambda seen: "waits for accept() since" not in seen.text)


async def test_findings_and_what_is_not_seen_in_full():
    async with after(overloaded()) as seen:
        await seen.shows(CloselyScreen)
        await seen.press("f")
        await seen.see("ListenOverflows +164")
        await seen.press("h")
        await seen.see("Short connections are not seen: run as root.")
        await seen.press("escape", "escape")
        await seen.shows(ListenersScreen)
        await seen.press("f")
        await seen.shows(ReadingScreen)
        await seen.see("ListenOverflows +164")


async def test_several_listeners_one_after_the_other():
    happened = [header(), nginx(), chosen(WEB, "[::]:443"), listener(), listener(local="[::]:443", cookie=2)]
    async with after([*happened, sampled(SECOND)]) as seen:
        await seen.shows(CloselyScreen)
        await seen.until(lambda seen: len(seen.rows(ChosenListeners)) == 2)
        first = seen.screen._attention.focus
        await seen.press("tab")
        await seen.until(lambda seen: seen.screen._attention.focus != first)
        await seen.pilot.click(ChosenListeners, offset=(4, 1))
        await seen.until(lambda seen: seen.screen._attention.focus == WEB)


@pytest.mark.parametrize("size", [(80, 24), (120, 36)], ids=["small", "wide"])
async def test_the_projector_shows_less_and_larger(size):
    async with after(overloaded(), size=size) as seen:
        await seen.shows(CloselyScreen)
        await seen.press("P")
        await seen.see("of 8", "FULL", "The accept queue is full")
        assert seen.screen._attention.density is Density.LARGE
        assert seen.app.theme == "sockviz-projector"
        await seen.press("P")
        assert seen.app.theme == "sockviz-dark"


async def test_a_small_terminal_has_tabs():
    async with after(overloaded(), size=(80, 24)) as seen:
        await seen.shows(CloselyScreen)
        await seen.see("9/8 FULL", "limit 8")
        await seen.press("t")
        await seen.see("waiting now  9", "SYN_RECV")
        await seen.press("t")
        await seen.see("nobody yet", "accept queue")
        await seen.press("t", "w")
        await seen.until(lambda seen: len(seen.rows()) == 9)
        await seen.see("nobody yet")


async def test_help_has_what_can_be_done_here_and_nothing_else():
    async with after(overloaded()) as seen:
        await seen.shows(CloselyScreen)
        await seen.press("question_mark")
        await seen.shows(HelpScreen)
        await seen.see("List only connections that wait for accept()")
        assert "Let the oldest held segment go" not in seen.text


@pytest.mark.parametrize("actions", [LISTENERS, CLOSELY], ids=["list", "closely"])
async def test_every_action_can_be_asked_for(actions, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    async with after(several() if actions is LISTENERS else overloaded()) as seen:
        await seen.shows(ListenersScreen if actions is LISTENERS else CloselyScreen)
        screen = seen.screen
        for action in actions:
            # These leave the screen, as the beginning does, where nothing was chosen yet.
            if action.id in {"watch-quit", "watch-list", "watch-back", "start"}:
                continue
            screen.action_do(action.id)
            await seen.pilot.pause()
            while seen.screen is not screen:
                seen.app.pop_screen()
                await seen.pilot.pause()
            screen.set_focus(None)
            screen.query_one(Input).value = ""
        assert seen.app.is_running
        assert list(tmp_path.glob("*.svg"))


async def test_a_listener_that_vanishes_and_comes_back():
    async with after(overloaded()) as seen:
        await seen.shows(CloselyScreen)
        seen.link.more.put_nowait([events.ListenerGone(t=6 * SECOND, host="server", local=WEB, cookie=1)])
        await seen.see("nobody listens any more")
        seen.link.more.put_nowait([listener(7 * SECOND, cookie=9), sampled(7 * SECOND)])
        await seen.see("0/8")


async def test_pausing_keeps_what_is_shown_while_watching_goes_on():
    async with after(overloaded()) as seen:
        await seen.shows(CloselyScreen)
        await seen.see("9/8 FULL")
        await seen.press("space")
        seen.link.more.put_nowait([listener(60 * SECOND, depth=0, drops=164), sampled(60 * SECOND)])
        await seen.see("PAST")
        assert "9/8 FULL" in seen.text
        await seen.press("end")
        await seen.see("0/8")


async def test_an_engine_that_dies_is_told_and_what_was_seen_stays():
    failure = UserError("the engine ended unexpectedly (signal 9)", kind="engine")
    async with after(overloaded(), failure) as seen:
        await seen.shows(CloselyScreen)
        await seen.see("the engine ended unexpectedly", "9/8 FULL")
        assert "engine" in seen.screen.query_one(NoticeLine)._notice.text


async def test_what_can_not_begin_takes_the_screen_with_it():
    failure = UserError("namespace 7 can't be entered: Operation not permitted", kind="netns")
    link = Replayed([], failure)
    app = WatchApp(lambda: Run(Plan(), link))
    async with app.run_test() as pilot:
        for _ in range(500):
            if not app.is_running or app._exit:
                break
            await pilot.pause(0.02)
        assert app._exit
    assert app.carried.failure is failure


# real listeners


def live(**watched):
    plan = Plan(setup=Setup(source="watch", watch=Watched(level="sampling", interval=20_000_000, **watched)))
    return showing(lambda: Run.start(plan))


async def test_a_real_listener_is_chosen_fills_accepts_and_goes():
    with closing(socket.create_server(("127.0.0.1", 0), backlog=1)) as server:
        port = server.getsockname()[1]
        async with live() as seen:
            await seen.see(f"127.0.0.1:{port}")
            await seen.press("slash", *f":{port}", "enter", "enter")
            await seen.shows(CloselyScreen)
            clients = [socket.create_connection(("127.0.0.1", port)) for _ in range(2)]
            await seen.see("2/1 FULL", "nobody yet", "waiting now  2")
            taken, _ = server.accept()
            await seen.see("1/1", "waiting now  1", f"{taken.fileno()} ")
            for one in (*clients, taken):
                one.close()
            server.close()
            await seen.see("nobody listens any more")


async def test_a_real_drop_is_explained():
    with closing(socket.create_server(("127.0.0.1", 0), backlog=0)) as server:
        port = server.getsockname()[1]
        async with live(targets=(f":{port}",)) as seen:
            await seen.see("0/0")
            with closing(socket.create_connection(("127.0.0.1", port))):
                await seen.see("1/0 FULL")
                with closing(socket.socket()) as dropped:
                    dropped.setblocking(False)
                    dropped.connect_ex(("127.0.0.1", port))
                    await seen.see("The accept queue is full (1 > 0)", "rising")
                    assert seen.screen.query_one(FindingView).size.height > 1
        await asyncio.sleep(0)
