"""Buttons, status line and hints as data: what fits where, and what is said when."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from worlds import connection, flight, header, world

from sockviz.tcp.states import State
from sockviz.tui import status
from sockviz.tui.actions.action import Situation
from sockviz.tui.actions.registry import BY_ID
from sockviz.tui.controls import bar
from sockviz.tui.controls.layout import Cluster, Face, place
from sockviz.tui.hints import hint
from sockviz.tui.status import Tone
from sockviz.tui.view import Selection
from sockviz.world.model import World

faces = st.builds(
    Face,
    st.just("id"),
    st.text("abc", min_size=1, max_size=5),
    st.text("ab c", max_size=20),
    st.text("x", max_size=6),
)
clusters = st.lists(
    st.builds(Cluster, st.text("tu", max_size=9), st.lists(faces, max_size=6).map(tuple)), max_size=4
)


@given(clusters, st.integers(0, 200))
def test_buttons_never_overlap_nor_leave_the_row(row, width):
    end = 0
    for piece in place(row, width):
        assert end <= piece.begin < piece.end <= width
        end = piece.end


SITUATIONS = {
    "empty": Situation(world()),
    "busy": Situation(
        world(*(connection(n) for n in range(1, 120)), flights=[flight(1)], queue=[1], mode="cut")
    ),
    "past": Situation(world(connection(1)), past=True, paused=True),
    "of a list": Situation(world(connection(1)), replayed="c.pcap #1", listed=True),
}


@pytest.mark.parametrize("situation", SITUATIONS.values(), ids=SITUATIONS)
@pytest.mark.parametrize(("tabs", "width"), [(True, 80), (False, 110), (False, 120)])
def test_every_button_of_the_plan_has_room(situation, tabs, width):
    for row in bar.rows(replace(situation, tabs=tabs)):
        wanted = [face.action for cluster in row for face in cluster.faces]
        assert [piece.face.action for piece in place(row, width) if piece.face] == wanted


def test_the_row_of_calls_says_whose_they_are_even_where_room_is_scarce():
    situation = Situation(world(connection(1), connection(2)), Selection(side="server"), tabs=True)
    calls = bar.rows(situation)[2]
    assert place(calls, 80)[0].text == "■2 server"


def test_what_is_impossible_is_dimmed_with_its_reason():
    assert bar.face("release-next", Situation(world())).why_not == BY_ID["release-next"].why_not(
        Situation(world())
    )
    assert bar.face("release-next", Situation(world(flights=[flight(1)]))).why_not is None


def line(situation):
    return " │ ".join(part.text for part in status.parts(situation))


def test_the_status_line_says_where_and_how():
    held = Situation(world(flights=[flight(1)], delay=400 * 10**6))
    assert line(held) == (
        "sockviz │ lab · Linux 6.18 │ backlog 2 │ wire HELD 1 waiting │ delay 400 ms │ accept manual"
    )
    assert "wire flows 400 ms" in line(Situation(world(mode="flow", delay=400 * 10**6)))
    assert "wire CUT" in line(Situation(world(mode="cut")))
    assert line(Situation(World())) == "sockviz │ starting …"
    assert line(replace(held, replayed="a\x1b[31m.jsonl")).startswith(
        r"sockviz │ replay a\x1b[31m.jsonl │ lab"
    )


def test_what_is_hidden_is_said_in_plain_words():
    blind = Situation(
        world(header=header("loopback", ("table", "calls"), ("No packets are seen: sudo would.",)))
    )
    (part,) = [part for part in status.parts(blind) if part.tone is Tone.WARN]
    assert part.text == "no capture: packets are hidden"
    assert "sudo" in hint(blind).text


def test_a_narrow_status_line_leaves_out_what_matters_least():
    parts = list(status.parts(Situation(world(flights=[flight(1)], delay=10**6))))
    kept = [part.text for part in status.fit(parts, 80)]
    assert "wire HELD 1 waiting" in kept
    assert "sockviz" in kept
    assert sum(len(text) + 3 for text in kept) <= 80


@pytest.mark.parametrize(
    ("situation", "word"),
    [
        (Situation(World()), "Starting"),
        (Situation(world()), "Press c"),
        (Situation(world(connection(1), flights=[flight(1)])), "n lets it go"),
        (Situation(world(connection(1), queue=[1])), "a makes the server call accept()"),
        (Situation(world(connection(1, accepted=4))), "x closes"),
        (Situation(world(connection(1, State.FIN_WAIT2, State.CLOSE_WAIT, fd=None, accepted=4))), "then x"),
        (Situation(world(connection(1, State.TIME_WAIT, State.CLOSED, fd=None))), "TIME_WAIT goes by itself"),
        (Situation(world(), past=True), "PAST"),
        (Situation(world(), paused=True), "Space"),
        (Situation(world(), over=True), "q quits"),
        (Situation(world(mode="cut")), "w mends"),
        (Situation(World(), replayed="r.jsonl"), "Reading r.jsonl"),
        (Situation(world(), replayed="r.jsonl", paused=True), "Space plays"),
        (Situation(world(), replayed="r.jsonl"), "Space stops"),
        (Situation(world(connection(1)), replayed="r.jsonl", paused=True, at_end=True), "The end"),
    ],
)  # fmt: skip
def test_the_hint_says_what_to_press_next(situation, word):
    text = hint(situation).text.replace("`", "")
    assert word in text
    assert len(text) <= 110
