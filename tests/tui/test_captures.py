"""A capture's connections: the list, what it is filtered and sorted by, and the way to the stage and back."""

import asyncio
import threading
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from staging import DATA, screen_text

from sockviz.errors import UserError
from sockviz.export.pcapng import blocks
from sockviz.recording.capture.catalogue import summarise
from sockviz.recording.reader import read
from sockviz.tui.captures import CaptureApp
from sockviz.tui.render.catalogue import COLUMNS, ENDPOINT, heading, place
from sockviz.tui.screens.connections import KEYS, ConnectionsScreen
from sockviz.tui.screens.stage import StageScreen
from sockviz.tui.widgets.catalogue import ConnectionList


def capture(tmp_path, name="full-queue-lab", keep=bool):
    """What was on the wire of a recorded run, as a capture."""
    path = tmp_path / f"{name}.pcapng"
    path.write_bytes(b"".join(blocks(event for event in read(DATA / f"{name}.jsonl") if keep(event))))
    return path


async def until(pilot, condition, what):
    for _ in range(500):
        if condition():
            return
        await pilot.pause(0.02)
    raise AssertionError(f"never seen: {what}\n{screen_text(pilot.app)}")


@asynccontextmanager
async def listed(path, size=(120, 36), **look):
    """The app on a capture, its connections listed."""
    app = CaptureApp(path, **look)
    async with app.run_test(size=size) as pilot:
        count = "条连接 │" if app.language == "zh" else "connections │"
        await until(pilot, lambda: count in screen_text(app) or not app.is_running, "the list")
        yield pilot
    if app.carried is not None:
        app.carried.kill()


def lines(pilot):
    """The list without its titles, each line in words."""
    rows = pilot.app.screen.query_one(ConnectionList)
    drawn = (rows.render_line(y).text for y in range(1, rows.size.height))
    return [line.split() for line in drawn if line.strip()]


@given(st.integers(70, 250))
def test_columns_never_overlap_nor_leave_the_line(width):
    end = 0
    for placed in place(width):
        assert end < placed.begin < placed.end <= width
        end = placed.end
        for text in ("", "x", "[2001:db8:1234:5678:9abc:def0:1234:5678]:65535"):
            assert len(placed.fitted(text)) == placed.end - placed.begin
        assert "▲" in heading(placed, placed.column.order, "▲")


def test_where_there_is_room_all_columns_are_there_and_endpoints_are_whole():
    assert [placed.column for placed in place(160)] == list(COLUMNS)
    for placed in place(80):
        if not placed.column.width:
            assert placed.end - placed.begin >= ENDPOINT - 5


@pytest.mark.parametrize("size", [(120, 36), (80, 24)])
async def test_the_list_has_each_connection_and_how_it_ended(tmp_path, size):
    path = capture(tmp_path)
    connections = summarise(path).connections
    async with listed(path, size) as pilot:
        assert f"capture {path.name} │ 5 connections" in screen_text(pilot.app)
        rows = lines(pilot)
        assert [row[0].lstrip("▸") or row[1] for row in rows] == ["1", "2", "3", "4", "5"]
        for row, connection in zip(rows, connections, strict=True):
            assert connection.ending in row
            assert f"{connection.bytes:,}" in row
        for _, key, label, _ in KEYS:
            assert label in screen_text(pilot.app), key


async def test_it_is_filtered_while_one_types_and_esc_shows_all_again(tmp_path):
    path = capture(tmp_path)
    async with listed(path) as pilot:
        await pilot.press("slash", *"unanswered")
        count = sum(connection.ending == "unanswered" for connection in summarise(path).connections)
        assert 0 < count < 5
        assert len(lines(pilot)) == count
        assert f"{count} of 5 connections" in screen_text(pilot.app)
        await pilot.press("enter", "escape")
        assert len(lines(pilot)) == 5
        await pilot.press("slash", *"nothing of the kind")
        assert "No connection has nothing of the kind" in screen_text(pilot.app)
        await pilot.press("escape", "s")
        assert len(lines(pilot)) == 5


async def test_it_is_sorted_by_keys_and_by_clicks_on_the_titles(tmp_path):
    async with listed(capture(tmp_path)) as pilot:
        rows = pilot.app.screen.query_one(ConnectionList)
        title = rows.render_line(0).text
        await pilot.click(rows, offset=(title.index("packets"), 0))
        await pilot.pause()
        assert "packets ▲" in rows.render_line(0).text
        await pilot.press("S")
        assert "packets ▼" in rows.render_line(0).text
        at = [placed.column.order for placed in place(rows.size.width)].index("packets")
        numbers = [_packets(rows, y, at) for y in range(1, 6)]
        assert numbers == sorted(numbers, reverse=True)
        seen = set()
        for _ in place(rows.size.width):
            await pilot.press("s")
            seen.add(next(word for word in rows.render_line(0).text.split("  ") if "▲" in word).strip())
        assert len(seen) == len(place(rows.size.width))


def _packets(rows, y, at):
    placed = place(rows.size.width)[at]
    return int(rows.render_line(y).text[placed.begin : placed.end])


async def test_a_connection_is_opened_and_left_for_the_list_again(tmp_path):
    path = capture(tmp_path)
    async with listed(path) as pilot:
        for keys, number in ((("down", "down"), 3), (("up",), 2), (("end",), 5)):
            await pilot.press(*keys, "enter")
            await until(pilot, lambda: isinstance(pilot.app.screen, StageScreen), "the stage")
            await until(pilot, lambda: pilot.app.session.ended, "the connection")
            await pilot.press("end")
            assert f"replay {path.name} #{number}" in screen_text(pilot.app)
            assert "SYN_SENT" in screen_text(pilot.app) or "ESTABLISHED" in screen_text(pilot.app)
            assert list(pilot.app.session.world.connections) == [1]
            await pilot.press("L")
            await until(pilot, lambda: isinstance(pilot.app.screen, ConnectionsScreen), "the list")
            assert lines(pilot)[number - 1][0] == "▸"


async def test_a_second_click_opens_and_all_can_be_seen_together(tmp_path):
    path = capture(tmp_path)
    async with listed(path) as pilot:
        rows = pilot.app.screen.query_one(ConnectionList)
        for _ in range(2):
            await pilot.click(rows, offset=(20, 4))
            await pilot.pause()
        await until(pilot, lambda: isinstance(pilot.app.screen, StageScreen), "the stage")
        assert pilot.app.session.name == f"{path.name} #4"
        await pilot.press("L", "a")
        await until(pilot, lambda: isinstance(pilot.app.screen, StageScreen), "the stage")
        await until(pilot, lambda: pilot.app.session.ended, "all of it")
        await pilot.press("end")
        assert len(pilot.app.session.world.connections) == 5


async def test_one_connection_needs_no_list(tmp_path):
    path = capture(tmp_path, "by-hand-lab")
    app = CaptureApp(path)
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, StageScreen), "the stage")
        assert app.session.name == f"{path.name} #1"
    app.carried.kill()


async def test_a_capture_without_a_connection_ends_in_one_line(tmp_path):
    path = capture(tmp_path, keep=lambda event: event.__class__.__name__ == "Header")
    app = CaptureApp(path)

    async def open_it():
        async with app.run_test(size=(120, 36)) as pilot:
            await until(pilot, lambda: not app.is_running, "the end")

    with pytest.raises(UserError, match="no TCP"):
        await open_it()
    assert app.crash.line().isprintable()


async def test_reading_shows_how_far_it_has_come_and_can_be_left(tmp_path, monkeypatch):
    going, ended = threading.Event(), []

    def slow(path, progress):
        progress(0.43)
        going.wait(10)
        try:
            progress(0.5)
        except Exception as error:
            ended.append(error)
            raise
        return summarise(path)

    monkeypatch.setattr("sockviz.tui.screens.connections.summarise", slow)
    app = CaptureApp(capture(tmp_path))
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: "43%" in screen_text(app), "the progress")
        await pilot.press("enter", "a", "s")
        assert isinstance(app.screen, ConnectionsScreen)
        await pilot.press("q")
    going.set()
    for _ in range(200):
        if ended:
            break
        await asyncio.sleep(0.02)
    assert len(ended) == 1
    assert app.crash is None


async def test_the_list_in_chinese(tmp_path):
    async with listed(capture(tmp_path), language="zh") as pilot:
        text = screen_text(pilot.app)
        for word in ("抓包", "条连接", "客户端", "历时", "打开", "筛选"):
            assert word in text
        for line in text.splitlines():
            assert cell_len(line) == pilot.app.size.width
