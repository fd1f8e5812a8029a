"""What is watched closely: its connections filtered, sorted and looked into, at every size."""

import pytest
from watch_pilot import after
from watched import (
    SECOND,
    WEB,
    chosen,
    header,
    listener,
    many,
    nginx,
    overloaded,
    sampled,
)

from sockviz.tui.density import Density
from sockviz.tui.watch.closely import CloselyScreen
from sockviz.tui.watch.listing import ListenersScreen
from sockviz.tui.watch.lists import ChosenListeners, ConnectionTable
from sockviz.tui.watch.reading import ReadingScreen
from sockviz.tui.watch.widgets import Dashboard


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
