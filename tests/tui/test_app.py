"""The app as a person meets it: keys, buttons, mouse, sizes, failures, on runs recorded from real kernels."""

import pytest
from msgspec import structs
from staging import recorded, screen_text, sent, staged, up_to

from sockviz import intents
from sockviz.errors import UserError
from sockviz.events import SegmentDelivered, SegmentDropped, SegmentReleased, SegmentSent
from sockviz.tui.controls.buttons import ButtonRow
from sockviz.tui.controls.inspector import Inspector
from sockviz.tui.situation import moving
from sockviz.tui.status import TIMES
from sockviz.tui.textual_themes import THEMES

BY_HAND = recorded("by-hand-lab")
LISTENING = up_to(BY_HAND, lambda event: event.__class__.__name__ == "ListenerSampled")
SYN_HELD = up_to(BY_HAND, sent(1))
LIFE = recorded("life-lab")
OPEN = up_to(BY_HAND, lambda event: getattr(event, "name", "") == "send")[:-1]


async def until(pilot, condition, seconds=20):
    """Wait for `condition`, within a bound."""
    for _ in range(seconds * 20):
        if condition():
            return
        await pilot.pause(0.05)
    raise AssertionError(f"never seen:\n{screen_text(pilot.app)}")


async def click(pilot, action):
    """Click the button of `action`."""
    for row in pilot.app.screen.query(ButtonRow):
        for piece in row.placed():
            if piece.face and piece.face.action == action:
                await pilot.click(row, offset=(piece.begin, 0))
                await pilot.pause()
                return
    raise AssertionError(f"no button for {action}")


async def test_an_empty_stage_says_what_to_press_first():
    async with staged(LISTENING) as pilot:
        text = screen_text(pilot.app)
        assert "Press c: a client connects." in text
        assert "LISTEN" in text
        await pilot.press("c")
        assert pilot.link.asked == [intents.Connect()]


async def test_before_the_hosts_are_ready_it_says_so_and_only_a_connection_is_asked_for():
    async with staged() as pilot:
        assert "Starting two kernel hosts" in screen_text(pilot.app)
        await pilot.press("c")
        assert pilot.link.asked == [intents.Connect()]
        pilot.app.screen.action_do("accept")  # its button
        await pilot.pause()
        assert "still starting" in screen_text(pilot.app)
        assert pilot.link.asked == [intents.Connect()]


async def test_where_packets_are_hidden_the_ladder_has_the_states():
    """As on loopback without the right to capture: the welcome ends with the first connection."""
    hidden = SegmentSent, SegmentReleased, SegmentDelivered, SegmentDropped
    seen = [event for event in recorded("life-lab") if not isinstance(event, hidden)]
    async with staged([structs.replace(seen[0], capabilities=("table", "calls")), *seen[1:]]) as pilot:
        text = screen_text(pilot.app)
        assert "Press c" not in text
        assert "■ESTABLISHED" in text


async def test_a_held_syn_is_on_the_wire_and_n_lets_it_go():
    async with staged(SYN_HELD) as pilot:
        text = screen_text(pilot.app)
        assert "SYN_SENT" in text
        assert "wire HELD 1 waiting" in text
        await pilot.press("n")
        assert pilot.link.asked == [intents.Release(id=1)]


async def test_a_held_packet_moves_to_the_middle_and_stands_there():
    now = 0
    async with staged(SYN_HELD, clock=lambda: now) as pilot:
        session = pilot.app.session
        assert "SYN ▶" in screen_text(pilot.app)
        assert moving(session)
        now = 201_000_000
        await until(pilot, lambda: "SYN ‖" in screen_text(pilot.app))
        assert not moving(session)


async def test_what_comes_in_is_drawn_without_a_key():
    async with staged(LISTENING) as pilot:
        pilot.link.more.put_nowait(SYN_HELD[len(LISTENING) :])
        await pilot.pause()
        await pilot.pause()
        assert "SYN_SENT" in screen_text(pilot.app)


async def test_a_key_that_can_do_nothing_says_why_until_the_next_key():
    async with staged(SYN_HELD) as pilot:
        await pilot.press("tab", "d")
        assert "no descriptor on the server" in screen_text(pilot.app)
        assert pilot.link.asked == []
        await pilot.press("tab")
        assert "no descriptor on the server" not in screen_text(pilot.app)


async def test_buttons_do_what_their_keys_do():
    async with staged(SYN_HELD) as pilot:
        await click(pilot, "release-next")
        await click(pilot, "connect")
        await click(pilot, "side")
        assert pilot.link.asked == [intents.Release(id=1), intents.Connect()]
        assert "●1 server" in screen_text(pilot.app)


async def test_data_is_asked_for_in_a_line_at_the_bottom():
    async with staged(OPEN) as pilot:
        await pilot.press("d")
        assert "What is the client to send on ●1?" in screen_text(pilot.app)
        await pilot.press("enter")
        await pilot.press("d", *"hi", "enter")
        assert [(call.name, call.host, call.data) for call in pilot.link.asked] == [
            ("send", "client", b"hello"),
            ("send", "client", b"hi"),
        ]
        await pilot.press("d", "escape", "b")
        assert "listen()" in screen_text(pilot.app)
        await pilot.press("x", "enter")
        assert "whole number" in screen_text(pilot.app)
        await pilot.press("backspace", "7", "enter")
        assert pilot.link.asked[2:] == [intents.SetBacklog(backlog=7)]


async def test_stepping_back_shows_the_past_says_so_and_refuses_to_change_it():
    async with staged(OPEN) as pilot:
        assert "ESTABLISHED" in screen_text(pilot.app)
        for _ in range(40):
            await pilot.press("left")
        text = screen_text(pilot.app)
        assert "PAST" in text
        assert "ESTABLISHED" not in text
        await pilot.press("c")
        assert pilot.link.asked == []
        assert "End goes back to now" in screen_text(pilot.app)
        await pilot.press("end")
        text = screen_text(pilot.app)
        assert "PAST" not in text
        assert "ESTABLISHED" in text


async def test_a_packet_is_looked_into_and_its_layers_come_later():
    async with staged(OPEN) as pilot:
        await pilot.press("i")
        while "SYN-ACK  server → client" not in screen_text(pilot.app):
            before = screen_text(pilot.app)
            await pilot.press("left_square_bracket")
            assert screen_text(pilot.app) != before
        inspector = pilot.app.screen.query_one(Inspector)
        await until(pilot, lambda: "dport" in "\n".join(line.plain for line in inspector._lines))
        await pilot.press("escape")
        assert not pilot.app.screen.query_one(Inspector).display


async def test_a_connection_is_looked_into_with_its_history():
    async with staged(LIFE, size=(80, 24)) as pilot:
        await pilot.press("1", "enter")
        for _ in range(10):
            await pilot.press("pagedown")
        text = screen_text(pilot.app)
        assert "LAST_ACK → CLOSED" in text
        assert "Ladder" not in text


async def test_a_click_on_a_connection_selects_it():
    async with staged(OPEN) as pilot:
        lines = screen_text(pilot.app).splitlines()
        y = next(n for n, line in enumerate(lines) if "●1" in line)
        await pilot.click(offset=(lines[y].index("●1"), y))
        await pilot.pause()
        assert "▸●1" in screen_text(pilot.app)


async def test_state_is_kept_while_the_terminal_changes_its_size():
    async with staged(OPEN) as pilot:
        await pilot.press("tab", "1")
        wide = screen_text(pilot.app)
        assert "Foreign" in wide
        assert "seq 0" in wide
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        small = screen_text(pilot.app)
        assert "Ladder" in small
        assert "seq 0" in small
        assert "Foreign" not in small
        await pilot.press("t")
        assert "Foreign" in screen_text(pilot.app)
        await pilot.resize_terminal(40, 10)
        await pilot.pause()
        assert f"needs 80{TIMES}24 (now 40{TIMES}10)" in screen_text(pilot.app)
        await pilot.resize_terminal(120, 36)
        await pilot.pause()
        assert screen_text(pilot.app) == wide


async def test_tabs_can_be_clicked():
    async with staged(OPEN, size=(80, 24)) as pilot:
        lines = screen_text(pilot.app).splitlines()
        y = next(n for n, line in enumerate(lines) if "Ladder  Table" in line)
        await pilot.click(offset=(lines[y].index("Table"), y))
        await pilot.pause()
        assert "Foreign" in screen_text(pilot.app)


@pytest.mark.parametrize("size", [(120, 36), (80, 24)])
async def test_help_lists_the_keys(size):
    async with staged(OPEN, size=size) as pilot:
        await pilot.press("question_mark")
        assert "Let the oldest held segment go" in screen_text(pilot.app)
        for _ in range(12):
            await pilot.press("pagedown")
        assert "leave nothing behind" in screen_text(pilot.app)
        await pilot.press("escape")
        assert "ESTABLISHED" in screen_text(pilot.app)


async def test_the_palette_finds_an_action_by_a_word_of_its_help():
    async with staged(OPEN) as pilot:
        await pilot.press("m")
        await pilot.press(*"mend")
        await until(pilot, lambda: "cut wire" in screen_text(pilot.app))


async def test_the_last_key_is_echoed_if_wanted():
    async with staged(SYN_HELD) as pilot:
        await pilot.press("k", "n")
        assert "n — next segment" in screen_text(pilot.app).splitlines()[-5]
        await pilot.press("k")
        assert "next segment" not in screen_text(pilot.app).splitlines()[-5]


async def test_a_key_goes_round_the_themes():
    async with staged(SYN_HELD) as pilot:
        names = [pilot.app.theme]
        for _ in THEMES:
            await pilot.press("T")
            names.append(pilot.app.theme)
        assert names == [*(theme.name for theme in THEMES), THEMES[0].name]


async def test_the_palette_has_every_theme():
    async with staged(SYN_HELD) as pilot:
        await pilot.press("m", *"contrast", "enter", "enter")
        await until(pilot, lambda: pilot.app.theme == "sockviz-contrast")


async def test_projector_mode_and_back():
    async with staged(SYN_HELD) as pilot:
        before = screen_text(pilot.app)
        await pilot.press("P")
        await pilot.pause()
        large = screen_text(pilot.app)
        assert pilot.app.theme == "sockviz-projector"
        assert "P — projector mode" in large
        await pilot.press("P")
        await pilot.pause()
        assert pilot.app.theme == "sockviz-dark"
        assert screen_text(pilot.app) == before


async def test_a_theme_chosen_in_projector_mode_stays():
    async with staged(SYN_HELD) as pilot:
        await pilot.press("P", "T", "P")
        assert pilot.app.theme == THEMES[0].name
        await pilot.press("P")
        assert pilot.app.theme == "sockviz-projector"


@pytest.mark.parametrize("key", ["q", "ctrl+c", "ctrl+q"])
async def test_quit(key):
    async with staged(SYN_HELD) as pilot:
        await pilot.press(key)
        await pilot.pause()
        assert not pilot.app.is_running


async def test_quit_from_any_panel():
    async with staged(OPEN) as pilot:
        await pilot.press("d", "ctrl+c")
        await pilot.pause()
        assert not pilot.app.is_running


async def test_a_dead_engine_is_said_plainly_and_the_past_can_still_be_seen():
    async with staged(OPEN, failure=UserError("the engine's process was killed")) as pilot:
        assert "the engine's process was killed" in screen_text(pilot.app)
        await pilot.press("c")
        assert pilot.link.asked == []
        await pilot.press("left", "left")
        assert "PAST" in screen_text(pilot.app)
        await pilot.press("q")
        await pilot.pause()
        assert not pilot.app.is_running


async def test_a_run_that_never_began_takes_the_screen_with_it():
    async with staged(failure=UserError("no lab")) as pilot:
        await pilot.pause()
        assert not pilot.app.is_running
        assert pilot.app.session.failure.message == "no lab"
