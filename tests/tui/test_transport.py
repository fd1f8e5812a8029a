"""The bar of time: what is on it, where it leads, and what it says of a live run and of a recording."""

from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st
from staging import DATA, begun, recorded, screen_text, staged, up_to
from worlds import world

from sockviz import intents
from sockviz.errors import UserError
from sockviz.session.replay import Replay
from sockviz.tui.actions.action import Situation
from sockviz.tui.app import SockvizApp
from sockviz.tui.controls import bar
from sockviz.tui.controls.transport import TransportBar
from sockviz.tui.controls.transport_layout import (
    HEAD,
    LEVELS,
    MARK,
    column,
    columns,
    fraction,
    heights,
    lay,
)
from sockviz.tui.status import rate
from sockviz.tui.transport import Transport

LIFE = recorded("life-lab")
OPEN = up_to(recorded("by-hand-lab"), lambda event: getattr(event, "name", "") == "send")[:-1]
SIZES = ((120, 36), (80, 24))


@asynccontextmanager
async def replayed(name, size=(120, 36), clock=lambda: 0):
    """The app on a recording, all of it read."""
    app = SockvizApp(lambda: Replay(DATA / f"{name}.jsonl"), clock)
    async with app.run_test(size=size) as pilot:
        await begun(pilot)
        while not app.session.playback.edge or app.session.playback.more:
            await pilot.pause(0.01)
        await pilot.pause()
        yield pilot
    app.carried.kill()


def the_bar(pilot):
    return pilot.app.screen.query_one(TransportBar)


def line(pilot):
    """What the bar says."""
    return the_bar(pilot).render_line(0).text


def piece(pilot, name):
    (found,) = [piece for piece in the_bar(pilot).pieces() if piece.name == name]
    return found


# geometry


@given(st.integers(20, 200), st.sampled_from(["LIVE", "REPLAY", "43%"]), st.floats(1e-4, 100))
def test_the_parts_never_overlap_nor_leave_the_line(width, word, speed):
    faces = bar.transport(Situation(world()))
    end = 0
    for part in lay(Transport(word=word, clock="00:12.345678"), faces, rate(speed), width):
        assert end <= part.begin < part.end
        assert part.end <= max(width, 45)
        end = part.end
    (only,) = [part for part in lay(Transport(), faces, "", width) if part.name == "bar"]
    assert only.end - only.begin == columns(width)


@pytest.mark.parametrize("width", [60, 61, 80, 109, 110, 120, 200])
def test_the_bar_is_long_enough_and_every_button_has_room(width):
    assert columns(width) >= width // 5
    faces = bar.transport(Situation(world()))
    for part in lay(Transport(), faces, rate(1e-4), width):
        label = f" {part.face.key} {part.face.label} ".replace("  ", " ") if part.face else part.text
        if part.name not in {"bar", "where"}:
            assert len(label) <= part.end - part.begin


@given(st.integers(2, 150), st.data())
def test_what_is_clicked_is_where_the_playhead_goes(length, data):
    at = data.draw(st.integers(0, length - 1))
    assert column(fraction(at, length), length) == at
    assert (fraction(0, length), fraction(length - 1, length)) == (0, 1)
    assert 0 <= column(data.draw(st.floats(-1, 2)), length) < length


@given(st.lists(st.integers(0, 1000), max_size=50))
def test_whatever_happens_can_be_seen(density):
    drawn = heights(density)
    assert len(drawn) == len(density)
    assert all((sign == " ") == (count == 0) for sign, count in zip(drawn, density, strict=True))
    if any(density):
        assert drawn[density.index(max(density))] == LEVELS[-1]


# on a live run


@pytest.mark.parametrize("size", SIZES)
async def test_a_live_run_says_so_and_the_playhead_is_at_the_end(size):
    async with staged(OPEN, size=size) as pilot:
        text = line(pilot)
        assert "▶ LIVE" in text
        there = piece(pilot, "bar")
        assert text[there.end - 1] == HEAD
        assert any(level in text for level in LEVELS[1:])


async def test_the_past_is_said_in_words_and_now_is_a_click_away():
    async with staged(OPEN) as pilot:
        await pilot.press("left", "left")
        assert "‖ PAST" in line(pilot)
        await pilot.click(the_bar(pilot), offset=(piece(pilot, "now").begin + 1, 0))
        await pilot.pause()
        assert "▶ LIVE" in line(pilot)


@pytest.mark.parametrize("size", SIZES)
async def test_a_click_goes_there(size):
    async with staged(OPEN, size=size) as pilot:
        there = piece(pilot, "bar")
        for at in (there.begin, (there.begin + there.end) // 2):
            await pilot.click(the_bar(pilot), offset=(at, 0))
            await pilot.pause()
            assert line(pilot)[at] == HEAD
            assert "PAST" in line(pilot)
        assert pilot.app.session.now > 0
        await pilot.click(the_bar(pilot), offset=(there.end - 1, 0))
        await pilot.pause()
        assert "LIVE" in line(pilot)


async def test_it_can_be_dragged_beyond_its_ends():
    async with staged(OPEN) as pilot:
        there, widget = piece(pilot, "bar"), the_bar(pilot)
        await pilot.mouse_down(widget, offset=(there.end - 5, 0))
        for x in range(there.end - 6, there.begin - 8, -3):
            await pilot.hover(widget, offset=(max(x, 0), 0))
            await pilot.pause()
            assert line(pilot)[min(max(x, there.begin), there.end - 1)] == HEAD
        await pilot.mouse_up(widget, offset=(there.begin - 8, 0))
        assert pilot.app.session.now == 0
        before = line(pilot)
        await pilot.hover(widget, offset=(there.end - 3, 0))
        assert line(pilot) == before


async def test_what_is_under_the_pointer_is_explained_until_it_is_left():
    async with staged(OPEN) as pilot:
        start = piece(pilot, "start")
        await pilot.hover(the_bar(pilot), offset=(start.begin + 1, 0))
        await pilot.pause()
        assert the_bar(pilot).tooltip.plain == start.face.help
        await pilot.hover(the_bar(pilot), offset=(piece(pilot, "bar").begin + 1, 0))
        await pilot.pause()
        assert the_bar(pilot).tooltip is None


async def test_speeds_go_from_a_ten_thousandth_to_a_hundred():
    async with staged(OPEN) as pilot:
        seen = set()
        for key in ["less_than_sign"] * 14 + ["greater_than_sign"] * 20:
            await pilot.press(key)
            await pilot.pause()
            seen.add(piece(pilot, "speed").text.strip())
        assert {rate(1 / 10_000), rate(1 / 100), rate(0.5), rate(1), rate(100)} <= seen
        await pilot.click(the_bar(pilot), offset=(piece(pilot, "slower").begin + 1, 0))
        await pilot.pause()
        assert piece(pilot, "speed").text.strip() == rate(50)


async def test_idle_time_is_as_it_was_if_one_likes():
    async with staged(OPEN) as pilot:
        assert "idle shortened" in line(pilot)
        await pilot.press("z")
        assert "idle as it was" in line(pilot)
        await pilot.click(the_bar(pilot), offset=(piece(pilot, "pace").begin + 3, 0))
        await pilot.pause()
        assert "slow motion" in line(pilot)


async def test_a_mark_of_now_is_asked_for_and_one_of_the_past_is_kept_here():
    async with staged(OPEN) as pilot:
        await pilot.press("M")
        assert pilot.link.asked == [intents.Mark(text="mark 1")]
        await pilot.press(*["left"] * 9)
        here = pilot.app.session.now
        await pilot.press("M", "end")
        assert pilot.link.asked == [intents.Mark(text="mark 1")]
        assert MARK in line(pilot)
        await pilot.press("J")
        assert pilot.app.session.now == here


# on a recording


@pytest.mark.parametrize("size", SIZES)
async def test_a_recording_begins_at_its_beginning_and_says_what_to_press(size):
    async with replayed("life-lab", size) as pilot:
        text = screen_text(pilot.app)
        assert "replay life-lab.jsonl" in text
        assert "‖ REPLAY 00:00.000" in line(pilot)
        assert "nothing has been sent so far" in text
        assert "Space plays" in text
        assert "Press c" not in text
        await pilot.press("end")
        text = screen_text(pilot.app)
        assert "The end of the recording" in text
        assert "TIME_WAIT" in text or "CLOSED" in text


async def test_nothing_can_be_asked_of_a_recording_and_the_buttons_say_so():
    async with replayed("life-lab") as pilot:
        await pilot.press("c")
        assert "This is a recording" in screen_text(pilot.app)
        await pilot.press("end", "left", "x")
        assert "This is a recording" in screen_text(pilot.app)


async def test_a_recording_is_stepped_through_by_segment_state_and_mark():
    async with replayed("by-hand-lab") as pilot:
        session, seen = pilot.app.session, {}
        for key in ("right", "right_curly_bracket", "right_parenthesis"):
            await pilot.press("home")
            seen[key] = []
            while session.mode and (not seen[key] or session.now != seen[key][-1]):
                seen[key].append(session.now)
                await pilot.press(key)
        assert len(seen["right"]) > len(seen["right_curly_bracket"]) > len(seen["right_parenthesis"]) > 5
        assert set(seen["right"]) > set(seen["right_curly_bracket"])
        assert "There is no state change after this one in the recording." in screen_text(pilot.app)


async def test_a_step_forward_and_one_back_show_the_same_screen():
    async with replayed("life-lab") as pilot:
        for step, back in (("right", "left"), ("}", "{"), (")", "(")):
            await pilot.press("home", *[step] * 4)
            for _ in range(6):
                before = screen_text(pilot.app)
                await pilot.press(step)
                assert screen_text(pilot.app) != before
                await pilot.press(back)
                assert screen_text(pilot.app) == before
                await pilot.press(step)


async def test_playing_moves_the_playhead_to_the_end_and_stops_there():
    now = [0]
    async with replayed("life-lab", clock=lambda: now[0]) as pilot:
        await pilot.press("space")
        assert "▶ REPLAY" in line(pilot)
        places = []
        for _ in range(100):
            now[0] += 33_000_000
            pilot.app.screen.wake()
            await pilot.pause()
            places.append(line(pilot).index(HEAD))
            if "‖" in line(pilot):
                break
        assert places == sorted(places)
        assert len(set(places)) > 5
        assert places[-1] == piece(pilot, "bar").end - 1
        assert "plays it again" in screen_text(pilot.app)


async def test_a_recording_that_is_changed_meanwhile_ends_in_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr("sockviz.session.log.CHUNK", 16)
    monkeypatch.setattr("sockviz.session.timeline.CHUNK", 16)
    monkeypatch.setattr("sockviz.session.replay.CHUNK", 16)
    path = tmp_path / "r.jsonl"
    path.write_bytes((DATA / "life-lab.jsonl").read_bytes())
    app = SockvizApp(lambda: Replay(path), lambda: 0)

    async def change_it_meanwhile():
        async with app.run_test(size=(120, 36)) as pilot:
            await begun(pilot)
            while app.session.playback.more:
                await pilot.pause(0.01)
            path.write_bytes(b"")
            await pilot.press("right_curly_bracket")
            await pilot.pause()

    with pytest.raises(UserError, match="was changed while it was being read"):
        await change_it_meanwhile()
    app.carried.kill()
