"""The wire: chips, what is said of them, and dots when they are too many."""

from dataclasses import replace

import pytest
from drawn import Artist
from scenes import accepted, full, listening, swarm, syn_held
from story import DELAY, MS, S, Story

from sockviz.tui.render import marks
from sockviz.tui.render.canvas import SegmentTarget
from sockviz.tui.view import Selection

ROOMY = Artist(38, 13)
NARROW = Artist(22, 10)


def lines(picture):
    return picture.text.splitlines()


def line_of(picture, text):
    (found,) = [line for line in lines(picture) if text in line]
    return found


@pytest.mark.parametrize("artist", [ROOMY, NARROW])
def test_a_held_packet_stands_in_the_middle_with_its_mark_and_for_how_long(artist):
    picture = artist.wire(syn_held())
    chip = line_of(picture, f"●1 SYN {marks.TIMES}3")
    assert f"●1 SYN {marks.TIMES}3 ‖" in chip
    assert abs(chip.index("SYN") + 2 - artist.width // 2) <= 3
    assert "held 3 s" in picture.text
    assert "wire HELD" in lines(picture)[0]


def test_a_packet_is_where_it_is_and_points_where_it_goes():
    story = Story()
    story.send(0, 1, "client", "SYN")
    story.send(0, 2, "server", "SYN|ACK")
    starts = []
    for t in (0, DELAY // 2, DELAY):
        picture = ROOMY.wire(story.view(t))
        right, left = line_of(picture, "SYN ▶"), line_of(picture, "◀ ■2 SYN-ACK")
        starts.append((right.index("●1"), left.index("◀")))
    (a, d), (b, e), (c, f) = starts
    assert a < b < c
    assert d > e > f
    assert (a, f) == (1, 0)
    assert c + len("●1 SYN ▶") == ROOMY.width


def test_both_directions_at_once_without_overlap():
    picture = ROOMY.wire(accepted())
    assert "◀ ●1 ACK" in line_of(picture, "●1 ACK")
    assert "■2 PSH 1400 B ▶" in line_of(picture, "■2 PSH")
    assert "seq 1  ack 6" in picture.text


def test_lost_and_ignored_ones_lie_where_they_fell_with_the_cause():
    picture = ROOMY.wire(full())
    assert "dropped" in picture.text
    assert line_of(picture, "◆4 ACK").endswith("✗")
    words = " ".join(picture.text.split())
    assert "the accept queue is full" in words
    assert "limit 2)" in Artist(38, 18).wire(full()).text


def test_a_retransmission_is_marked():
    assert "●5 SYN ↻" in ROOMY.wire(full()).text


def test_the_bare_wire_and_the_cut_one():
    assert "╌" * 38 in ROOMY.wire(listening()).text
    story = Story(mode="cut")
    assert "✗" in ROOMY.wire(story.view(0)).text
    assert "wire CUT" in ROOMY.wire(story.view(0)).text


def test_where_packets_can_not_be_seen_it_says_so():
    view = listening()
    header = type(view.world.header)
    old = {name: getattr(view.world.header, name) for name in view.world.header.__struct_fields__}
    blind = header(**{**old, "source": "loopback", "capabilities": ("table",)})
    text = ROOMY.wire(replace(view, world=replace(view.world, header=blind))).text
    assert "packets are hidden here" in text
    assert "hidden" not in ROOMY.wire(view).text


@pytest.mark.parametrize("artist", [ROOMY, NARROW])
def test_a_swarm_shows_every_packet_or_counts_it(artist):
    view = swarm()
    picture = artist.wire(view)
    ways = [f.sender for f in view.world.wire.in_flight.values()]
    assert f"{ways.count('client')} ▶  ◀ {ways.count('server')}" in picture.text
    dots = sum(map(picture.text.count, "●■▲◆"))
    hidden = len(ways) - dots
    assert 0 <= hidden <= len(ways) // 3


def test_many_packets_have_a_row_each_as_long_as_there_are_rows():
    story = Story()
    for i in range(9):
        story.send(i * MS, i + 1, "client", "SYN")
    picture = NARROW.wire(story.view(100 * MS))
    assert sum("SYN" in line for line in lines(picture)) == 9


def test_a_packet_can_be_clicked_and_the_selected_one_has_brackets():
    view = replace(accepted(), selection=Selection(segment=8))
    picture = ROOMY.wire(view)
    text = line_of(picture, "ACK]")
    assert "[●1 ACK]" in text
    assert picture.target(text.index("ACK"), lines(picture).index(text)) == SegmentTarget(8)


def test_a_label_that_is_too_long_is_cut():
    story = Story()
    story.send(0, 1, "client", "PSH|ACK", length=1_000_000)
    assert "…" in Artist(10, 5).wire(story.view(S)).text
