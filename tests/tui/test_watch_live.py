"""Watching goes on: listeners that come and go, engines that die, real connections and drops."""

import asyncio
import socket
from contextlib import closing

from staging import Replayed
from watch_pilot import after, live
from watched import (
    SECOND,
    WEB,
    listener,
    overloaded,
    sampled,
)

from sockviz import events
from sockviz.errors import UserError
from sockviz.session.plan import Plan
from sockviz.session.run import Run
from sockviz.tui.controls.notice import NoticeLine
from sockviz.tui.watch.app import WatchApp
from sockviz.tui.watch.closely import CloselyScreen
from sockviz.tui.watch.widgets import FindingView


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
