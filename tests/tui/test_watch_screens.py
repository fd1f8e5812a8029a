"""The screens of `sockviz watch` in use: the list, time, help, and every action."""

import pytest
from textual.events import Key
from textual.widgets import Input
from watch_pilot import LOCAL, after, read, replaying
from watched import SECOND, header, listener, overloaded, sampled, several

from sockviz.intents import Choose
from sockviz.session.playback import Mode
from sockviz.tui.actions.watch import CLOSELY, LISTENERS
from sockviz.tui.screens.help import HelpScreen
from sockviz.tui.watch.closely import CloselyScreen
from sockviz.tui.watch.listing import ListenersScreen
from sockviz.tui.watch.lists import ListenerList


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
