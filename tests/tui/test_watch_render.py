"""What the screens of watched listeners draw, without an application."""

import unicodedata
from dataclasses import replace
from itertools import pairwise

import pytest
from drawn import PALETTES
from watched import (  # fmt: skip
    OVERLOADED,
    PID,
    SECOND,
    WEB,
    chosen,
    folded,
    header,
    listener,
    many,
    nginx,
    overloaded,
    recorded,
    row,
    sampled,
    several,
    view,
)

from sockviz import events
from sockviz.tui.palettes import DARK
from sockviz.tui.watch.filtering import Sorting, query
from sockviz.tui.watch.render import connections, details, finding, listeners, panels, words
from sockviz.tui.watch.render.columns import cells, heading, place
from sockviz.tui.watch.render.dashboard import draw_dashboard
from sockviz.tui.watch.render.meter import meter
from sockviz.tui.watch.render.plot import nice
from sockviz.tui.watch.status import parts
from sockviz.tui.watch.view import TABS
from sockviz.world.watch.query import Query, select

SIZES = ((0, 0), (1, 1), (5, 2), (40, 9), (80, 13), (109, 10), (110, 12), (120, 13), (200, 40))
SCENES = {
    "nothing yet": list,
    "all listeners": lambda: list(several()),
    "overloaded": lambda: list(overloaded()),
    "many": lambda: list(many(2000)),
    "real": recorded,
}


def text(line):
    return "".join(part for part, _ in line)


def told(one, seen, columns):
    """A row's cells by their column's name."""
    return {placed.column.key: text(cells(placed, one, seen, DARK)).strip() for placed in place(columns, 200)}


@pytest.mark.parametrize("palette", PALETTES, ids=lambda palette: palette.name)
@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.parametrize("large", [False, True], ids=["", "large"])
def test_every_size_is_filled_exactly(scene, palette, large):
    seen = view(SCENES[scene](), large=large)
    for tab in TABS:
        for width, height in SIZES:
            picture = draw_dashboard(replace(seen, tab=tab), width, height, palette)
            assert len(picture.lines) == height
            for line in picture.lines:
                assert line.cell_length == width
                assert all(unicodedata.category(c)[0] != "C" for c in line.text)
    for width in (20, 80, 120):
        caption = finding.draw_finding(seen, width, 5, palette)
        assert all(line.cell_length == width for line in caption.lines)


@pytest.mark.parametrize("width", [40, 60, 80, 100, 119, 160, 240])
@pytest.mark.parametrize(
    "columns", [listeners.COLUMNS, listeners.NARROW, listeners.LARGE, connections.COLUMNS]
)
def test_columns_stand_side_by_side_and_are_filled(columns, width):
    placed = place(columns, width)
    assert all(one.end < two.begin for one, two in pairwise(placed))
    if width >= 80:
        assert placed[-1].end <= max(width, sum(one.width + 2 for one in columns if not one.rank))
    for one in placed:
        assert len(heading(one, one.column.key, descending=True)) == one.end - one.begin


def test_a_full_queue_is_said_in_words_and_numbers():
    seen = view(overloaded())
    said = told(seen.listener, seen, listeners.COLUMNS)
    assert "9/8 FULL" in said["accept"]
    assert said["dropped"] == "▲ 164 rising"
    assert said["un-accepted"] == "9"
    assert said["process"] == f"nginx {PID}"
    drawn = draw_dashboard(seen, 120, 13, DARK).text
    assert "9/8 FULL" in drawn
    assert "limit 8" in drawn
    assert "drops" in drawn


def test_a_drop_that_is_over_does_not_rise_any_more():
    seen = view(overloaded())
    later = replace(seen, now=seen.now + 60 * SECOND, drops=frozenset())
    assert told(seen.listener, later, listeners.COLUMNS)["dropped"] == "164"
    assert finding.lines_of(later, 120, 6)[0][0].startswith("60 s ago: The accept queue is full")


def test_the_cause_of_a_drop_comes_first_with_what_to_do():
    lines = finding.lines_of(view(overloaded()), 120, 6)
    assert lines[0][0].startswith("NOW: The accept queue is full (9 > 8)")
    advice = " ".join(line for line, cause in lines if not cause)
    assert "accept()" in advice
    small = finding.lines_of(view(overloaded()), 80, 4)
    assert len(small) == 4
    assert small[-1][0].endswith("(f: all of it)")


def test_without_drops_there_is_one_quiet_line():
    seen = view(several())
    assert finding.lines_of(seen, 120, 6) == []
    assert "No drop has been seen" in finding.draw_finding(seen, 120, 6, DARK).text


def test_all_findings_name_their_counters():
    seen = view(overloaded())
    said = "\n".join(line.plain for line in finding.all_findings(seen.watch, seen.now, DARK))
    assert "ListenOverflows +164" in said
    assert "→ " in said


def test_listeners_of_every_kind():
    seen = view(several())
    said = {
        one.local: told(one, seen, listeners.COLUMNS)
        for one in listeners.listed(seen.watch, "", "address", descending=False)
    }
    assert list(said) == [WEB, "[::]:443", "127.0.0.1:5432", "127.0.0.1:9000"]
    assert said["[::]:443"]["address"] == "[::]:443 +IPv4"
    assert said["127.0.0.1:5432"]["process"] == "? user 33"
    assert said["127.0.0.1:5432"]["dropped"] == "not told"
    assert said["127.0.0.1:9000"]["address"] == "127.0.0.1:9000 ×4"  # noqa: RUF001 - as it is drawn
    assert "129/128 FULL" in said["127.0.0.1:9000"]["accept"]


def test_listeners_are_found_by_their_words_and_sorted():
    watch = folded(several())
    assert [one.port for one in listeners.listed(watch, ":443", "address", descending=False)] == [443]
    assert [one.port for one in listeners.listed(watch, "nginx full", "address", descending=False)] == [9000]
    assert [one.port for one in listeners.listed(watch, "", "accept", descending=True)][:1] == [9000]
    assert listeners.listed(watch, "apache", "address", descending=False) == []


def test_a_listener_that_is_gone():
    happened = [*overloaded(), events.ListenerGone(t=6 * SECOND, host="server", local=WEB, cookie=1)]
    seen = view(happened, now=8 * SECOND)
    assert told(seen.listener, seen, listeners.COLUMNS)["process"] == "nobody listens"
    assert "nobody listens any more, since 2.0 s" in draw_dashboard(seen, 120, 13, DARK).text
    assert (
        "nobody listens on 0.0.0.0:80"
        in draw_dashboard(replace(view(happened, large=True)), 120, 20, DARK).text
    )


def test_who_has_a_connection_and_how_long_it_waits():
    seen = view(overloaded())
    rows = {one.remote: told(one, seen, connections.COLUMNS) for one in select(seen.watch, (), Query())}
    accepted, waiting, half = rows["192.0.2.0:40000"], rows["192.0.2.1:40001"], rows["192.0.2.13:40013"]
    assert accepted["owner"] == f"{PID}/10 nginx"
    assert waiting["owner"] == "nobody yet"
    assert waiting["wait"] == "4.0 s …"
    assert half["state"] == "▒ SYN_RECV"
    assert half["wait"] == ""
    assert half["resent"] == "↻4/0"
    assert half["timer"] == "↻ resend 1.0 s"


def test_an_owner_that_may_not_be_seen_is_not_called_nobody():
    other = events.SocketRow(state="ESTABLISHED", local=WEB, remote="192.0.2.1:1", inode=77, cookie=5)
    closing = row(2, "TIME_WAIT")
    watch = folded([header(), chosen(WEB), listener(), sampled(SECOND), sampled(2 * SECOND, other, closing)])
    hidden, gone = select(watch, (), Query(sort="peer"))
    assert words.owner(watch, hidden) == "not known"
    assert words.owner(watch, gone) in {"nobody", "nobody: closed"}


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("", Query()),
        ("10.0.0.2", Query(peer="10.0.0.2")),
        ("close_wait", Query(states=frozenset({"CLOSE_WAIT"}))),
        ("FIN", Query(states=frozenset({"FIN_WAIT1", "FIN_WAIT2"}))),
        ("waiting >5s", Query(waiting=True, least_age=5 * SECOND)),
        (">2min time_wait :40", Query(states=frozenset({"TIME_WAIT"}), least_age=120 * SECOND, peer=":40")),
        (">1.5", Query(least_age=SECOND * 3 // 2)),
        ("2001:db8::", Query(peer="2001:db8::")),
    ],
)
def test_what_is_typed_is_understood(typed, wanted):
    assert query(typed, frozenset(), Sorting("", descending=False), waiting=False) == wanted


def test_a_states_panel_never_leaves_out_a_state_that_there_is():
    seen = view(many(50))
    drawn = draw_dashboard(replace(seen, tab="states"), 80, 7, DARK).text
    for state in ("ESTABLISHED", "TIME_WAIT", "CLOSE_WAIT", "SYN_RECV", "FIN_WAIT2"):
        assert state in drawn


def test_waits_say_how_exact_they_are():
    happened = list(overloaded())
    taken = [row(number) for number in range(1, 5)]
    seen = view([*happened, sampled(6 * SECOND, *taken)])
    said = "\n".join(text(line) for line in panels.waits(seen, DARK))
    assert "half within  5.5 s p50" in said
    assert "5 in a minute, ±1.5 s" in said


def test_the_closer_look_at_a_connection():
    seen = view(overloaded())
    waiting = next(one for one in seen.watch.connections.values() if one.waits)
    said = "\n".join(line.plain for line in details.connection(waiting, seen, DARK))
    assert "waits for accept() since 4.0 s" in said
    assert "read from the kernel's table" in said
    assert "nobody yet" in said


def test_what_is_not_seen_is_said_with_what_was_lost():
    happened = [header("packets"), nginx(), events.CounterRaised(
        t=3, host="server", name="PacketsDropped", by=5, total=5)]  # fmt: skip
    watch = folded(happened)
    assert details.unseen_line(watch).startswith(
        "5 packets or lines of the trace were lost. Short connections"
    )
    assert words.level(watch) == "packets"


def test_of_a_long_peer_the_port_can_still_be_read():
    long = events.SocketRow(
        state="ESTABLISHED",
        local="[::]:443",
        remote="[2001:db8:1111:2222:3333:4444:5555:6666]:40712",
        cookie=5,
    )
    happened = [header(), chosen("[::]:443"), listener(local="[::]:443"), sampled(SECOND, long)]
    seen = view(happened)
    (one,) = seen.watch.connections.values()
    narrow = place(connections.COLUMNS, 80)
    peer = next(placed for placed in narrow if placed.column.key == "peer")
    assert text(cells(peer, one, seen, DARK)).strip().endswith(":40712")


def test_what_was_read_long_ago_is_no_news():
    watch = folded(overloaded())
    told = [part.text for part in parts(watch, replayed="", netns="", recording=None, age=7 * SECOND)]
    assert "last read 7.0 s ago: this machine is busy" in told
    fresh = [part.text for part in parts(watch, replayed="", netns="", recording=None, age=SECOND)]
    assert "read every 1.0 s" in fresh


def test_the_status_line_says_where_and_how_much_is_seen():
    watch = folded([header("trace"), chosen(WEB)])
    told = [part.text for part in parts(watch, replayed="", netns="web", recording=OVERLOADED)]
    assert told == [
        "sockviz", f"watch {WEB}", "netns web", "tracepoint: every transition", "recording overloaded.jsonl",
    ]  # fmt: skip


def test_a_process_can_not_write_to_the_terminal():
    evil = events.ProcessFound(t=1, host="server", pid=PID, name="\x1b[2Jevil\n", user="x")
    seen = view([header(), evil, listener()])
    said = told(seen.watch.listeners[WEB], seen, listeners.COLUMNS)["process"]
    assert said == f"[2Jevil {PID}"


@pytest.mark.parametrize(
    ("depth", "places", "width", "drawn"),
    [(0, 3, 8, "░░░"), (3, 3, 8, "▉▉▉"), (2, 3, 8, "▉▉░"), (1, 4097, 8, "▏░░░░░░░"), (9, 9, 8, "████████")],
)
def test_a_meter_has_a_slot_for_each_place_or_is_a_bar(depth, places, width, drawn):
    assert text(meter(depth, places, width, DARK, full=depth >= places)) == drawn


@pytest.mark.parametrize(("value", "top"), [(4, 4), (7, 8), (11, 12), (13, 15), (99, 100), (512, 600)])
def test_scales_end_at_round_numbers(value, top):
    assert nice(value) == top


@pytest.mark.parametrize(
    ("ns", "said"),
    [(0, "0 ms"), (340_000_000, "340 ms"), (8_400_000_000, "8.4 s"), (42 * SECOND, "42 s"),
     (200 * SECOND, "3 min"), (3 * 3600 * SECOND, "3 h")],
)  # fmt: skip
def test_spans_of_time(ns, said):
    assert words.span(ns) == said
