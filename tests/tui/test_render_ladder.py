"""The ladder: which row a moment stands in, and how it looks."""

from itertools import pairwise

import pytest
from drawn import Artist, layout
from scenes import closing, full, loopback, swarm, syn_recv
from story import DELAY, MS, S, Story, handshake

from sockviz.tcp.states import State
from sockviz.tui.render.canvas import ConnectionTarget, SegmentTarget
from sockviz.tui.render.ladder_layout import End
from sockviz.tui.render.rungs import stairs
from sockviz.tui.view import Selection


def lines(picture):
    return picture.text.splitlines()


def test_a_handshake_that_takes_its_time_goes_down_row_by_row():
    story = Story()
    handshake(story, 1, S)
    laid = layout(story.view(9 * S))
    assert [(rung.first, rung.last) for rung in laid.rungs] == [(0, 1), (2, 3), (4, 5)]
    assert [row.t for row in laid.rows] == [
        S,
        S + DELAY,
        S + DELAY,
        S + 2 * DELAY,
        S + 2 * DELAY,
        S + 3 * DELAY,
    ]


def test_quick_segments_take_one_row_each():
    laid = layout(loopback())
    assert [(rung.first, rung.last) for rung in laid.rungs] == [(0, 0), (1, 1), (2, 2), (3, 3)]


def test_where_it_is_low_slow_segments_take_one_row_too():
    story = Story()
    handshake(story, 1, S)
    assert len(layout(story.view(9 * S), compact=True).rows) == 3


def test_a_change_stands_beside_the_segment_that_made_it():
    story = Story()
    handshake(story, 1, S)
    rows = layout(story.view(9 * S)).rows
    found = [(at, host, change.after) for at, row in enumerate(rows) for host, change in row.changes.items()]
    assert found == [
        (0, "client", State.SYN_SENT),
        (1, "server", State.SYN_RECV),
        (3, "client", State.ESTABLISHED),
        (5, "server", State.ESTABLISHED),
    ]


def test_two_segments_of_one_timestamp_both_show():
    story = Story()
    for i in (1, 2):
        story.send(S, i, "client", "SYN", arrived=S + DELAY)
    laid = layout(story.view(2 * S))
    assert len({rung.first for rung in laid.rungs}) == 2
    text = Artist(60, 15).ladder(story.view(2 * S)).text
    assert "●1 SYN" in text
    assert "■2 SYN" in text


def test_two_changes_of_one_moment_both_show():
    story = Story()
    story.go(S, "client", 1, State.FIN_WAIT2)
    story.go(S, "client", 1, State.TIME_WAIT)
    text = Artist(60, 15).ladder(story.view(2 * S)).text
    assert "FIN_WAIT2" in text
    assert "TIME_WAIT" in text


def test_a_silence_is_one_row():
    story = Story()
    story.send(S, 1, "client", "SYN", arrived=S + DELAY)
    story.send(8 * S, 1, "client", "SYN", arrived=8 * S + DELAY, retransmission=True)
    laid = layout(story.view(9 * S))
    assert [row.gap for row in laid.rows] == [0, 0, 7 * S - DELAY, 0, 0]
    assert "⋮ 6.6 s" in Artist(60, 15).ladder(story.view(9 * S)).text


def test_a_long_flight_is_no_silence():
    story = Story()
    story.send(S, 1, "client", "SYN", arrived=9 * S)
    assert [row.gap for row in layout(story.view(9 * S)).rows] == [0, 0]


def test_a_long_flight_in_one_row_is_no_silence_either():
    story = Story()
    story.send(S, 1, "client", "SYN", arrived=9 * S)
    story.send(9 * S, 1, "server", "SYN|ACK", arrived=10 * S)
    assert [row.gap for row in layout(story.view(11 * S), compact=True).rows] == [0, 0]


def test_what_happens_after_the_playhead_is_not_shown():
    story = Story()
    handshake(story, 1, S)
    laid = layout(story.view(S + DELAY - 1))
    assert [rung.end for rung in laid.rungs] == [End.FLYING]
    assert [list(row.changes) for row in laid.rows] == [["client"]]


def test_states_go_on_from_row_to_row():
    rows = layout(closing()).rows
    for before, after in pairwise(rows):
        changed = {(host, change.connection) for host, change in after.changes.items()}
        assert all(after.states[key] is state for key, state in before.states.items() if key not in changed)


def test_one_connection_alone():
    laid = layout(closing(), only=2)
    assert laid.connections == (2,)
    assert all(rung.arrow.connection == 2 for rung in laid.rungs)


def test_lost_and_ignored_ones_end_in_a_cross():
    picture = Artist(90, 40).ladder(full())
    dropped = next(at for at, line in enumerate(lines(picture)) if "●5 SYN dropped" in line)
    assert "✗" in "".join(lines(picture)[dropped : dropped + 6])
    assert "◆4 ACK ignored" in picture.text


def test_a_held_one_stops_half_way():
    line = next(line for line in lines(Artist(60, 20).ladder(syn_recv())) if "held" in line)
    assert "■2 SYN-ACK held" in line
    assert "‖" in line


def test_words_bars_and_times_go_when_it_gets_narrow_labels_stay():
    view = syn_recv()
    wide, middle, narrow = (Artist(width, 16).ladder(view).text for width in (60, 50, 26))
    assert "5.000" in wide
    assert "SYN_RECV" in middle
    assert "5.000" not in middle
    assert "SYN_RECV" not in narrow
    assert all("SYN-ACK" in text and "▒" in text for text in (wide, middle, narrow))


def test_sequence_numbers_only_where_there_is_room():
    story = Story()
    handshake(story, 1, S)
    assert "seq 1  ack 1" in Artist(80, 10).ladder(story.view(9 * S)).text
    assert "seq 1  ack 1" not in Artist(50, 10).ladder(story.view(9 * S)).text


def test_the_newest_and_the_chosen_connection_have_bars():
    story = Story()
    for i in range(1, 7):
        handshake(story, i, i * 5 * S)
    head = lines(Artist(80, 20).ladder(story.view(60 * S, Selection(connection=1))))[0]
    assert head.count("●") == 4
    assert head.count("■") == 2


def test_it_says_how_much_newer_there_is():
    picture = Artist(60, 10).ladder(closing())
    rows = len(layout(closing()).rows)
    assert f"▼ {rows - 9} newer" in lines(picture)[-1]


def test_labels_and_bars_can_be_clicked():
    picture = Artist(60, 20).ladder(syn_recv())
    found = {}
    for text in ("■2 SYN-ACK", "●SYN_RECV", "▉"):
        y = next(y for y, line in enumerate(lines(picture)) if text in line)
        found[text] = picture.target(lines(picture)[y].index(text), y)
    assert found == {
        "■2 SYN-ACK": SegmentTarget(5),
        "●SYN_RECV": ConnectionTarget(1, "server"),
        "▉": ConnectionTarget(1, "client"),
    }


def test_an_inferred_change_is_marked():
    story = Story()
    story.go(S, "client", 1, State.SYN_SENT, inferred=True)
    assert "SYN_SENT~" in Artist(60, 10).ladder(story.view(2 * S)).text


def test_a_segment_of_no_known_connection_is_shown():
    story = Story()
    story.send(S, 1, "server", "RST|ACK", arrived=S + 30_000)
    story.arrows = [
        type(a)(**{**{k: getattr(a, k) for k in a.__slots__}, "connection": None}) for a in story.arrows
    ]
    assert " RST " in Artist(60, 10).ladder(story.view(2 * S)).text


@pytest.mark.parametrize("length", range(1, 30))
@pytest.mark.parametrize("drop", range(7))
def test_stairs_are_one_way_from_edge_to_edge(length, drop):
    first = min(length // (drop + 1), max(0, length - 2))
    way = list(stairs(length, drop, first))
    cells = [(row, cell) for cell, row, _ in way]
    assert cells == sorted(cells)
    assert (way[0][0], way[0][1]) == (0, 0)
    assert {row for _, row, _ in way} == set(range(drop + 1))
    assert all(0 <= cell < length for cell, _, _ in way)
    for (cell, row, _), (after, below, _) in pairwise(way):
        assert (after, below) in {(cell + 1, row), (cell, row + 1)}


def test_a_flood_is_laid_out():
    assert len(layout(swarm()).rungs) == 64
    assert DELAY > 20 * MS
