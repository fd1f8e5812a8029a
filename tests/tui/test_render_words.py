"""Words: badges, times, captions, and the details of a connection and of a segment."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.text import Text
from scenes import accepted, full, syn_held, syn_recv, unclear
from story import MS, S, Story, handshake

from sockviz.events import Options
from sockviz.recording.reader import read
from sockviz.session.dissect import Field, Layer
from sockviz.session.timeline import Timeline
from sockviz.tcp.states import State
from sockviz.tui.palettes import DARK
from sockviz.tui.render import marks
from sockviz.tui.render.canvas import ConnectionTarget, width_of
from sockviz.tui.render.caption import draw_caption, wrap
from sockviz.tui.render.details import connection_details, connection_title, segment_details, segment_title
from sockviz.tui.render.hanging import wrapped
from sockviz.tui.view import StageView
from sockviz.world.model import Narration


def plain(lines):
    return "\n".join(line.plain for line in lines)


def test_badges_go_round_through_the_shapes():
    assert [marks.badge(i) for i in (1, 2, 3, 4, 5, 42)] == ["●1", "■2", "▲3", "◆4", "●5", "■42"]
    assert marks.badge(None) == ""


def test_every_state_has_a_sign_of_one_cell_of_its_own():
    assert set(marks.GLYPHS) == set(State)
    assert len(set(marks.GLYPHS.values())) == len(State)
    assert all(width_of(sign) == 1 for sign in marks.GLYPHS.values())


@pytest.mark.parametrize(
    ("ns", "text"), [(0, "0.000"), (3_120 * MS, "3.120"), (62_500 * MS, "1:02.500"), (-5, "0.000")]
)
def test_clock(ns, text):
    assert marks.clock(ns) == text


@pytest.mark.parametrize(("ns", "text"), [(S - 1, ""), (S, "1 s"), (99 * S, "99 s"), (150 * S, "2 min")])
def test_age(ns, text):
    assert marks.age(ns) == text


@pytest.mark.parametrize(
    ("ns", "text"),
    [(S - 1, ""), (99 * S, "99 s"), (100 * S, "1 m"), (99 * 60 * S, "99 m"), (130 * 60 * S, "2 h")],
)
def test_an_age_in_four_cells(ns, text):
    assert marks.short_age(ns) == text


def test_numbers_are_counted_from_the_initial_ones_and_around_the_end():
    story = Story()
    story.send(S, 1, "client", "ACK", seq=-500, ack=7)
    story.ends["client", 1] = replace(story.end("client", 1), isn=4_294_967_000)
    view = story.view(S)
    segment = replace_segment(view.arrows[0].segment, seq=4)
    assert marks.numbers_text(segment, "client", view.world.connections[1]) == "seq 300  ack 7"


def replace_segment(segment, **known):
    return type(segment)(**{name: getattr(segment, name) for name in segment.__struct_fields__} | known)


def test_a_caption_uses_badges_and_marks_words():
    said = Narration(0, "#2: accept() took it: SYN_RECV is over. #2 is ESTABLISHED.", 2)
    picture = draw_caption(said, 70, 3, DARK)
    assert "■2: accept() took it: SYN_RECV is over. ■2 is ESTABLISHED." in picture.text
    styles = {segment.text: segment.style for line in picture.lines for segment in line}
    assert styles["ESTABLISHED"] == DARK.states[State.ESTABLISHED]
    assert styles["■2"] == DARK.tint(2)
    assert styles["accept()"] == DARK.accent
    assert picture.target(10, 1) == ConnectionTarget(2)


def test_a_caption_that_is_too_long_says_so():
    picture = draw_caption(Narration(0, "word " * 60), 40, 2, DARK)
    assert picture.lines[1].text.rstrip().endswith("…")


def test_what_a_caption_says_can_not_move_the_cursor():
    assert "\x1b" not in draw_caption(Narration(0, "a\x1b[2Jb\nc"), 40, 2, DARK).text


@given(st.text(max_size=80), st.integers(-1, 20), st.integers(-1, 4))
def test_wrapped_captions_keep_to_their_box(text, width, height):
    lines = wrap(text, width, height)
    assert len(lines) <= max(0, height)
    assert all(width_of(line) <= max(0, width) for line in lines)


def test_wrapping_loses_nothing_while_there_is_room():
    text = "The final ACK of ◆4 was ignored."
    assert " ".join(wrap(text, 12, 9)) == text


def details(view, number):
    return plain(connection_details(view, view.world.connections[number], DARK))


def test_a_connection_in_detail():
    view = accepted()
    assert connection_title(view.world.connections[1]) == "●1  10.0.0.2:44734 → 10.0.0.1:8001"
    text = details(view, 1)
    assert "█ ESTABLISHED  since 1.200, 5 s ago" in text
    assert "read from the kernel's table" in text
    assert "pid 11, fd 4" in text
    assert "5 B not read" in text
    assert "LISTEN → SYN_RECV  SYN received" in text
    assert "initial sequence number 1000" in text


def test_nobody_owns_what_was_not_accepted():
    assert "nobody: accept() has not returned it" in details(accepted(), 2)


def test_inferred_and_disputed_states_are_told():
    view = unclear()
    assert "inferred, not read from the kernel" in details(view, 3)
    assert "the client has a socket, the server has none" in details(view, 3)
    assert "SYN_RECV: the kernel says otherwise" in details(view, 2)


def test_a_timer_counts_down():
    story = Story()
    handshake(story, 1, 0)
    story.row("client", 1, State.TIME_WAIT, S, timer="timewait", expires=31 * S)
    assert "timewait: forgets the connection in 29 s" in details(story.view(2 * S), 1)


def segment(view, number, layers=()):
    arrow = next(arrow for arrow in view.arrows if arrow.id == number)
    return plain(segment_details(view, arrow, layers, DARK))


def test_a_segment_in_detail():
    view = syn_recv()
    assert segment_title(view, view.arrows[1]) == "●1 SYN-ACK  server → client"
    text = segment(view, 2)
    assert "SYN ACK" in text
    assert "seq 0  ack 1, counted from the initial ones" in text
    assert "seq 5000  ack 1001 on the wire" in text
    assert "1.800, after 400 ms" in text


def test_what_became_of_a_segment():
    assert "not yet: it is on the wire, sent again 2 times since" in segment(syn_held(), 1)
    texts = [segment(full(), arrow.id) for arrow in full().arrows]
    assert any("taken off the wire by the operator" in text for text in texts)
    assert any("ignored" in text and "the accept queue is full (3 > limit 2)" in text for text in texts)


def test_the_ports_of_a_segment_as_they_go_over_the_wire():
    timeline = Timeline()
    timeline.extend(read(Path(__file__).parents[1] / "data" / "by-hand-lab.jsonl"))
    arrows = timeline.last_arrows(60, timeline.end)
    view = StageView(timeline.world_at(timeline.end), timeline.end, arrows)
    for arrow in arrows:
        ports = [int(end.rpartition(":")[2]) for end in (arrow.segment.source, arrow.segment.destination)]
        first, second = (port.to_bytes(2, "big").hex(" ") for port in ports)
        assert f"{first}, {second} on the wire" in plain(segment_details(view, arrow, None, DARK))
    assert "ports" not in segment(syn_recv(), 2), "of no frame, none"


def test_options_and_layers():
    view = syn_recv()
    options = Options(mss=1460, window_scale=7, sack_permitted=True, timestamp=(5, 6), sack=((1, 2),))
    arrow = replace(view.arrows[0], segment=replace_segment(view.arrows[0].segment, options=options))
    layers = (Layer("TCP", (Field("dport", "8001", "where it goes"), Field("seq", "7\x1b[0m"))),)
    text = plain(segment_details(view, arrow, layers, DARK))
    assert "MSS 1460, window scale 7, SACK permitted, SACK 1-2, timestamps 5 6" in text
    assert "  dport  8001  where it goes" in text
    assert "\x1b" not in text
    assert "reading the layers" in plain(segment_details(view, arrow, None, DARK))
    assert "can't be read" in plain(segment_details(view, arrow, (), DARK))


def test_continuations_hang_under_the_value():
    console = Console(width=30)
    pieces = [
        piece.plain.rstrip()
        for piece in wrapped(Text("  dropped  taken off the wire by the operator"), 30, console)
    ]
    assert pieces == ["  dropped  taken off the wire", "           by the operator"]
    assert [piece.plain for piece in wrapped(Text("short"), 30, console)] == ["short"]


@given(st.text(alphabet="ab  \n日", max_size=60), st.integers(1, 40))
def test_hanging_lines_keep_to_their_width(text, width):
    console = Console(width=40)
    assert all(piece.cell_len <= max(width, 2) for piece in wrapped(Text(text), width, console))
