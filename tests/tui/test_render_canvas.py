"""The grid of cells: clipping, wide characters, what must not get out."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.style import Style

from sockviz.tui.render.canvas import Canvas, ConnectionTarget, SegmentTarget, clean, fit, width_of

BOLD = Style(bold=True)


def drawn(*texts, width=8, height=1):
    canvas = Canvas(width, height)
    for x, text in texts:
        canvas.put(x, 0, text)
    return canvas.picture().text


def test_text_is_clipped_at_both_edges():
    assert drawn((-2, "abcdefghijkl")) == "cdefghij"


def test_put_returns_the_cell_after_the_text_even_where_it_is_clipped():
    canvas = Canvas(4, 1)
    assert canvas.put(2, 0, "abcd") == 6
    assert canvas.put(0, 5, "ab") == 2
    assert canvas.put(0, 0, "日本") == 4


def test_half_a_wide_character_at_the_edge_is_blank():
    assert drawn((7, "日")) == " " * 8
    assert drawn((-1, "日本")) == " 本" + " " * 5


def test_overwriting_half_of_a_wide_character_blanks_the_other_half():
    assert drawn((0, "日本"), (1, "x")) == " x本" + " " * 4
    assert drawn((0, "日本"), (2, "x")) == "日x " + " " * 4


@given(
    st.lists(
        st.tuples(st.integers(-5, 12), st.text(alphabet="ab日本 \x1b\n\u200b\u202eé●", max_size=9)),
        max_size=6,
    ),
    st.integers(0, 9),
)
def test_whatever_is_drawn_rows_keep_their_width_and_hold_no_control(pieces, width):
    canvas = Canvas(width, 2)
    for at, (x, text) in enumerate(pieces):
        canvas.put(x, at % 3, text, BOLD)
    for line in canvas.picture().lines:
        assert sum(width_of(c) for c in line.text) == width
        assert line.cell_length == width
        assert all(unicodedata.category(c)[0] != "C" for c in line.text)


@pytest.mark.parametrize("sequence", ["\x1b[2J", "\r\n", "\x9b31m", "\u202e", "\u200b", "\u0301"])
def test_what_moves_the_cursor_or_turns_the_text_around_is_taken_out(sequence):
    assert clean(f"a{sequence}b").startswith("a")
    assert clean(f"a{sequence}b").endswith("b")
    assert all(unicodedata.category(c)[0] != "C" for c in clean(f"a{sequence}b"))
    assert width_of(f"a{sequence}b") == len(clean(f"a{sequence}b"))


@given(st.text(max_size=20), st.integers(-1, 12))
def test_fit_never_exceeds_its_width(text, width):
    assert width_of(fit(text, width)) <= max(0, width)


def test_fit_shows_that_something_is_missing():
    assert fit("abcdef", 4) == "abc…"
    assert fit("日本語", 4) == "日…"
    assert fit("abc", 3) == "abc"


def test_targets_are_found_where_they_were_drawn_and_nowhere_else():
    canvas = Canvas(6, 2)
    canvas.put(1, 0, "ab", target=SegmentTarget(7))
    canvas.row_target(0, ConnectionTarget(1, "client"))
    picture = canvas.picture()
    assert picture.target(1, 0) == picture.target(2, 0) == SegmentTarget(7)
    assert picture.target(0, 0) == picture.target(5, 0) == ConnectionTarget(1, "client")
    assert picture.target(1, 1) is None
    assert picture.target(6, 0) is None
    assert picture.target(0, -1) is None


def test_an_underlay_keeps_what_is_drawn_and_its_style():
    canvas = Canvas(3, 1)
    canvas.put(1, 0, "x", BOLD)
    canvas.underlay(0, Style(bgcolor="red"))
    line = canvas.picture().lines[0]
    assert line.text == " x "
    assert {segment.style.bgcolor.name for segment in line} == {"red"}
    assert [segment.text for segment in line if segment.style.bold] == ["x"]
