"""Visitors of a real server: to each a lab of their own, and nothing of it left when they go, or it ends."""

import asyncio
import json
import os
import signal
from pathlib import Path

import pytest
from command import free_port
from served_by import serving, tab, visitor

READY = "Press c"


async def until(server, condition):
    await asyncio.to_thread(server.until, condition)


async def test_a_handshake_by_keys_in_a_lab_of_ones_own(user):
    """Two tabs of one browser; what is done in one of them is not seen in the other."""
    with serving(prefix=user) as server:
        async with visitor(server) as session, tab(session, server) as one, tab(session, server) as other:
            await one.see("LISTEN", READY)
            await other.see("LISTEN", READY)
            assert len(server.networks()) >= 4
            await one.press("c")
            for held in ("SYN held", "SYN-ACK held", "ACK held"):
                await one.see(f"●1 {held}")
                await one.press("n")
            await one.see("accept queue 1/3")
            assert one.text.count("ESTABLISHED") >= 2
            await other.press("b")
            await other.see("backlog")
            assert "ESTABLISHED" not in other.text
            assert "no client yet" in other.text
        await until(server, lambda ours: len(ours.left()) == 1)
        assert server.networks() == set()


async def test_the_screen_has_the_size_of_the_tab(server):
    async with visitor(server) as session, tab(session, server, size=(90, 30)) as one:
        await one.see(READY, "quit")
        assert any(line.strip() for line in one.screen.display[-1:])
        one.screen.resize(40, 150)
        one.screen.reset()
        await one.socket.send_str(json.dumps(["resize", {"width": 150, "height": 40}]))
        await one.see(READY, "Recv-Q")
        assert "quit" in one.screen.display[-1]


@pytest.mark.parametrize("way", ["the tab is closed", "the connection is cut", "q is pressed"])
async def test_who_leaves_leaves_nothing(user, way):
    with serving(prefix=user) as server:
        async with visitor(server) as session, tab(session, server) as one:
            await one.see(READY)
            await one.press("c", "c")
            await one.see("#2" if "#2" in one.text else "SYN_SENT")
            match way:
                case "the tab is closed":
                    await one.socket.close()
                case "the connection is cut":
                    one.socket._response.connection.transport.abort()
                case _:
                    await one.press("q")
                    assert await one.closed() == "You have left."
            await until(server, lambda ours: len(ours.left()) == 1)
            assert server.networks() == set()
            async with tab(session, server) as again:
                await again.see(READY)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
async def test_however_the_server_ends_nothing_is_left(user, number):
    with serving(prefix=user) as server:
        async with visitor(server) as session, tab(session, server) as one, tab(session, server) as other:
            await one.see(READY)
            await other.see(READY)
            await one.press("c")
            await one.see("SYN_SENT")
            os.kill(server.process.pid, number)
            if number != signal.SIGKILL:
                assert await one.closed() == "The teacher has ended it."
            await until(server, lambda ours: not ours.left())
        wanted = {signal.SIGINT: 0, signal.SIGKILL: -signal.SIGKILL}.get(number, 128 + number)
        assert server.process.wait() == wanted
        assert server.process.stderr.read() == ""


async def test_a_visitor_that_is_killed_takes_its_lab_with_it_and_nobody_else(server):
    async with visitor(server) as session, tab(session, server) as one, tab(session, server) as other:
        await one.see(READY)
        before = set(server.left())
        await other.see(READY)
        ours = [pid for pid in before if name_of(pid) == "sockviz visitor"]
        os.kill(ours[0], signal.SIGKILL)
        ended, stays = (one, other) if await answers(other) else (other, one)
        assert await ended.closed() == "It has ended by itself."
        await stays.press("c")
        await stays.see("SYN_SENT")


def name_of(pid):
    return Path(f"/proc/{pid}/comm").read_text(encoding="ascii").strip()


async def answers(screen):
    """Whether somebody is there still."""
    try:
        async with asyncio.timeout(3):
            while True:
                await screen.read()
    except AssertionError:
        return False
    except TimeoutError:
        return True


async def test_when_the_class_is_full_that_is_said(lab):
    with serving("--sessions", "1") as server:
        async with visitor(server) as session:
            async with tab(session, server) as one:
                await one.see(READY)
                async with session.get(server.origin) as answer:
                    assert answer.status == 503
                    text = await answer.text()
                    assert "The class is full (places: 1)." in text
                    assert '<meta http-equiv="refresh"' in text
                async with tab(session, server) as late:
                    assert await late.closed() == "The class is full (places: 1)."
                await one.press("c")
                await one.see("SYN_SENT")
            await until(server, lambda ours: len(ours.left()) == 1)
            async with tab(session, server) as another:
                await another.see(READY)


async def test_a_lesson_is_served_and_nothing_of_it_is_written(user, shared):
    with serving(
        "lesson", "handshake", "--lang", "zh", prefix=[*user, "env", f"XDG_STATE_HOME={shared}"]
    ) as server:
        async with visitor(server) as session, tab(session, server) as one:
            await one.see("握")
            await one.press("\r")
            await one.see("Enter")
            await one.press("q")
            await one.closed()
    assert list(shared.iterdir()) == []


async def test_the_course_is_served(server):
    with serving("lesson", port=free_port()) as ours:
        async with visitor(ours) as session, tab(session, ours) as one:
            await one.see("descriptors")


async def test_what_makes_no_sense_is_left_out(server):
    nonsense = [
        "", "[", "null", "[]", '["stdin"]', '["stdin", 5]', '["stdin", ""]', '["stdin", "\\ud800"]',
        '["quit"]',
        '["resize", {}]', '["resize", {"width": 1e99, "height": -5}]', '["resize", {"width": "x"}]',
        "[" * 100_000, '{"a": 1}',
    ]  # fmt: skip
    async with visitor(server) as session, tab(session, server) as one:
        await one.see(READY)
        for text in nonsense:
            await one.socket.send_str(text)
        await one.socket.send_bytes(b"\xff\x00")
        await one.socket.send_str(json.dumps(["resize", {"width": 120, "height": 36}]))
        await one.socket.send_str(json.dumps(["ping", "7"]))
        while ["pong", "7"] not in one.told:
            await one.read()
        await one.press("c")
        await one.see("SYN_SENT")


async def test_a_picture_is_the_browsers_to_save(lab, shared):
    with serving(cwd=shared) as server:
        async with visitor(server) as session, tab(session, server) as one:
            await one.see(READY)
            await one.press("S")
            await one.see("Your browser saves it as")
            while not (keys := [told[1] for told in one.told if told[0] == "deliver_file_start"]):
                await one.read()
            async with session.get(f"{server.origin}/download/{keys[0]}") as answer:
                assert answer.status == 200
                assert answer.headers["Content-Disposition"].startswith('attachment; filename="sockviz-')
                assert answer.headers["Content-Type"] == "application/octet-stream"
                assert "LISTEN" in await answer.text()
            async with session.get(f"{server.origin}/download/{keys[0]}") as answer:
                assert answer.status == 404
    assert list(shared.iterdir()) == []


async def test_the_palette_offers_nothing_of_the_machine(server):
    async with visitor(server) as session, tab(session, server) as one:
        await one.see(READY)
        await one.press("m")
        await one.see("Search")
        await one.press(*"End this run, and")
        await one.see("End this run, and", "No matches")
