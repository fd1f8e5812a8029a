"""Projector mode: what is large, what is left out, and where it stands."""

from dataclasses import replace

import pytest
from drawn import Artist
from scenes import SCENES
from staging import recorded, screen_text, sent, staged, up_to

from sockviz.events import SegmentSent
from sockviz.tui.density import Density
from sockviz.tui.view import Selection
from sockviz.world.labels import label

BY_HAND = recorded("by-hand-lab")
SYN_HELD = up_to(BY_HAND, sent(1))
ACK_HELD = up_to(BY_HAND, lambda event: isinstance(event, SegmentSent) and label(event.segment) == "ACK")
SIZES = [(120, 36), (80, 24)]


def large(scene, **more):
    return replace(SCENES[scene](), density=Density.LARGE, **more)


@pytest.mark.parametrize("scene", SCENES)
def test_ports_and_process_numbers_are_left_out(scene):
    artist = Artist(46, 16)
    view = large(scene)
    for text in (artist.client(view).text, artist.server(view).text):
        assert "pid" not in text
        assert ":8001" not in text
        assert all(
            f":{c.client.local.rpartition(':')[2]}" not in text for c in view.world.connections.values()
        )


def test_sequence_numbers_are_said_of_the_selected_packet_only():
    view = large("syn_held")
    (held,) = view.world.wire.in_flight
    assert "seq" not in Artist(38, 16).wire(view).text
    assert "seq" in Artist(38, 16).wire(replace(view, selection=Selection(segment=held))).text
    assert "seq" not in Artist(90, 12).ladder(view).text


@pytest.mark.parametrize(("columns", "rows"), SIZES)
async def test_the_story_is_in_the_upper_two_thirds(columns, rows):
    async with staged(ACK_HELD, (columns, rows)) as pilot:
        await pilot.press("P")
        await pilot.pause()
        lines = screen_text(pilot.app).splitlines()
        upper = "\n".join(lines[: rows * 2 // 3])
        for word in (
            "ESTABLISHED",
            "SYN_RECV",
            " ACK  ",
            "accept",
            "SYN",
            "P — projector mode",
            "▌ ●1",
        ):
            assert word in upper
        assert not any(word in "\n".join(lines[-5:]) for word in ("ESTABLISHED", "SYN_RECV", "▌"))


@pytest.mark.parametrize(("columns", "rows"), SIZES)
async def test_the_table_is_shown_when_it_is_asked_for(columns, rows):
    async with staged(ACK_HELD, (columns, rows)) as pilot:
        await pilot.press("P")
        seen = set()
        for _ in range(3):
            await pilot.pause()
            seen.add("Local Address" in screen_text(pilot.app))
            await pilot.press("t")
        assert seen == {False, True}


async def test_the_last_key_is_said_in_words():
    async with staged(SYN_HELD, projector=True) as pilot:
        await pilot.press("c")
        await pilot.pause()
        assert "c — connect" in screen_text(pilot.app).splitlines()[4]


async def test_an_audience_gets_no_advice_but_hears_why_a_key_did_nothing():
    async with staged(SYN_HELD, projector=True) as pilot:
        assert "lets it go" not in screen_text(pilot.app)
        await pilot.press("a", "d")
        await pilot.pause()
        assert "!" in screen_text(pilot.app).splitlines()[4]


async def test_every_action_of_the_view_has_a_button():
    async with staged(SYN_HELD, projector=True) as pilot:
        last = screen_text(pilot.app).splitlines()[-1]
        assert all(word in last for word in ("view", "theme", "echo", "all"))
        await pilot.click("#buttons-4", offset=(last.index("P all"), 0))
        await pilot.pause()
        assert pilot.app.theme == "sockviz-dark"
