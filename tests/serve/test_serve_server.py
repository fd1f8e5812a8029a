"""A server in this process: what it does as time passes, and where visitors' processes fail."""

import asyncio
import os
import signal
from contextlib import asynccontextmanager
from types import SimpleNamespace

from served_by import BOUND, tab, visitor

from sockviz.process import children
from sockviz.serve import link
from sockviz.serve.gate import Gate
from sockviz.serve.room import Room
from sockviz.serve.server import Server, Terms

READY = "Press c"


@asynccontextmanager
async def serving_here(*served, idle=BOUND, places=5):
    """As `sockviz serve` does."""
    faults = []
    with link.listen("127.0.0.1", None, 1024) as listener:
        address = listener.getsockname()
        gate, room = Gate(address[1]), Room(places)
        terms = Terms(served=served, title="test", gate=gate, room=room, idle=idle, fault=faults.append)
        server = Server(terms)
        await server.start(listener)
        authority = f"{address[0]}:{address[1]}"
        try:
            yield SimpleNamespace(
                link=f"http://{authority}/{gate.key}",
                origin=f"http://{authority}",
                authority=authority,
                room=room,
                server=server,
            )
        finally:
            await server.end()
    assert faults == []


async def nobody(room):
    """Until all have left."""
    async with asyncio.timeout(BOUND):
        while room.now:  # noqa: ASYNC110 - it tells nobody else
            await asyncio.sleep(0.02)


async def test_who_does_nothing_is_sent_away_and_who_does_something_stays(lab):
    async with serving_here(idle=4) as ours, visitor(ours) as session:
        async with tab(session, ours) as idler, tab(session, ours) as busy:
            await idler.see(READY)
            sent_away = asyncio.create_task(idler.closed())
            while not sent_away.done():
                await busy.press("k")
                await asyncio.wait({sent_away}, timeout=0.5)
            assert sent_away.result().startswith("Nobody has done anything here for 0.0")
            await busy.see(READY)
        await nobody(ours.room)


async def test_why_it_could_not_begin_is_the_visitors_to_read():
    async with serving_here("replay", "/nowhere/at-all") as ours, visitor(ours) as session:
        async with tab(session, ours) as one:
            assert "/nowhere/at-all" in await one.closed()
        await nobody(ours.room)


async def test_a_long_reason_is_cut_where_letters_are_whole():
    name = "ж" * 200
    async with (
        serving_here("replay", f"/{name}") as ours,
        visitor(ours) as session,
        tab(session, ours) as one,
    ):
        assert (await one.closed()).count("ж") > 30


async def test_an_app_that_does_not_end_by_itself_is_ended(lab):
    async with serving_here() as ours, visitor(ours) as session:
        before = set(children(os.getpid()))
        async with tab(session, ours) as one:
            await one.see(READY)
            (app,) = set(children(os.getpid())) - before
            os.kill(app, signal.SIGSTOP)
        await nobody(ours.room)
        assert app not in children(os.getpid())


async def test_the_end_of_the_server_ends_all(lab):
    before = set(children(os.getpid()))
    async with serving_here() as ours, visitor(ours) as session, tab(session, ours) as one:
        await one.see(READY)
        assert set(children(os.getpid())) - before
        ending = asyncio.create_task(ours.server.end())
        assert await one.closed() == "The teacher has ended it."
        await ending
        assert ours.room.now == 0
        assert set(children(os.getpid())) <= before


async def test_a_place_is_given_to_one_of_those_who_wait():
    room = Room(1)
    with room.place():
        assert not await room.vacancy(0.01)
        waiting = [asyncio.create_task(room.vacancy(BOUND)) for _ in range(3)]
        await asyncio.sleep(0)
    assert await asyncio.wait_for(waiting[0], BOUND)
    for task in waiting:
        task.cancel()
    assert (room.now, room.so_far) == (0, 1)
