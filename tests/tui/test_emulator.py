"""What the terminals of the user's own programs show: as a VT102 would, and never anything to obey."""

import re
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from test_programs import drawn, known, printed

from sockviz.guests.body import TERMINAL
from sockviz.tui.programs.emulator import Look, shown
from sockviz.world.guests import OUTPUT_KEPT

SEQUENCES = st.sampled_from(
    ["\x1b[", "\x1b", "\x1b]", "\x1b(", "?", ";", "H", "m", "K", "J", "r", "h", "l", "1049", "9999", "²",
     "\x9b", "\x0e", "\x0f", "\r", "\n", "\t", "\b", "你", "e\u0301", "ab", "\x1b[4h", "\x1b[?7l", "\x1b7",
     "\x1b8", "\x1b[2;3r", "\x1b[6n", "\x1b[?6n", "\x1b[?3h", "\x1b[c", "\x1b[" + "1" * 5000 + "A",
     "\x1b[38;5m"]
)  # fmt: skip


def text(output, columns=57, rows=15, **known):
    """The rows, without blanks at their ends."""
    found = shown(output, columns, rows, **known)
    return tuple("".join(piece.text for piece in row) for row in found)


@pytest.mark.parametrize(
    ("output", "seen"),
    [
        (b"", ()),
        (b"one\r\ntwo\r\n", ("one", "two")),
        (b"one\r\n$ ", ("one", "$")),
        (b"10%\r20%\r100%\r\n", ("100%",)),
        (b"abcdef\rxy\n", ("xycdef",)),
        (b"ab\b\bc\n", ("cb",)),
        (b"a\tb\n", ("a       b",)),
        (b"\x1b[31mred\x1b[0m\n", ("red",)),
        (b"\x1b]0;a title\x07text\n", ("text",)),
        (b"\x1b]0;never ended", ()),
        (b"begun \x1b[1", ("begun",)),
        (b"\x07ding\n", ("ding",)),
        ("你好\n".encode(), ("你好",)),
        ("a\u202eb\n".encode(), ("a\ufffdb",)),
        (b"\xff\n", ("\ufffd",)),
        (b"\x9b31m\n", ("\ufffd31m",)),
        (b"\x1b\x00[2Jtext", ("[2Jtext",)),
        (b"them\r\n> yo\r\n\x1b[1A\r\x1b[Kyou: yo\r\n> ", ("them", "you: yo", ">")),
        (b"long ago\x1b[2J\x1b[Hnow", ("now",)),
        (b"shell\x1b[?1049h\x1b[Heditor\x1b[?1049l again", ("shell again",)),
        (b"\x1b(0lqk\x1b(B", ("┌─┐",)),
        (b"abc\x1b[1;2H\x1b[1Pd", ("ad",)),
        (b"ac\b\x1b[4hb\x1b[4l!", ("ab!",)),
    ],
)
def test_output_as_a_terminal_shows_it(output, seen):
    assert text(output) == seen


def test_long_lines_are_broken_where_the_pane_ends():
    assert text(b"abcdefgh", 3, 4) == ("abc", "def", "gh")
    assert text("a你好".encode(), 4, 4) == ("a你", "好")
    assert text(b"one\r\ntwo\r\nthree\r\n", 9, 2) == ("two", "three")


def test_places_are_meant_on_the_terminal_that_the_program_has():
    output = b"\x1b[24;70Hcorner\x1b[23;1Hmenu"
    assert text(output, 30, 3, own=(80, 24))[-2] == "menu"
    assert text(output, 80, 24, own=(80, 24))[-1].endswith("corner")


def test_what_a_menu_lights_up_is_lit_up():
    (row,) = shown(b"\x1b[7m one \x1b[m two \x1b[1;4mthree", 40, 5)
    assert [(piece.text, piece.look) for piece in row] == [
        (" one ", Look(reverse=True)), (" two ", Look()), ("three", Look(bold=True, underlined=True)),
    ]  # fmt: skip
    picture = drawn(known(printed(11, "server", "\x1b[7mchosen\x1b[m")))
    styles = {style.reverse for row in picture.rows for char, style in zip(*row, strict=True) if char == "h"}
    assert True in styles


def test_of_output_that_is_cut_no_half_sequence_is_seen():
    assert text(b";1Hrest of it\r\nnext", cut=True) == ("next",)
    assert text(b"[1mone long line", cut=True) == ("[1mone long line",)
    world = known(*(printed(11, "server", "\x1b[1;31mX\x1b[m" * 400) for _ in range(8)))
    output = next(one for one in world.programs.values() if one.pid == 11).output
    assert len(output) == OUTPUT_KEPT
    assert set(drawn(world, 58, 6).text.splitlines()[1].strip("│ ")) == {"X"}


@given(st.binary(max_size=300), st.integers(1, 90), st.integers(0, 30))
def test_whatever_is_printed_nothing_of_it_is_to_be_obeyed(output, columns, rows):
    found = text(output, columns, rows)
    assert all(line.isprintable() for line in found)
    assert len(found) <= rows


@given(st.lists(SEQUENCES, max_size=60), st.integers(1, 90), st.integers(0, 30), st.booleans())
def test_whatever_sequences_there_are_it_is_a_screen(pieces, columns, rows, cut):
    output = "".join(pieces).encode()
    for own in (None, (80, 24), (2, 1), (100_000, 100_000)):
        found = text(output, columns, rows, own=own, cut=cut)
        assert all(line.isprintable() for line in found)
        assert len(found) <= rows


@given(st.text("ab你 ", max_size=40), st.integers(2, 9), st.integers(1, 6))
def test_no_row_is_wider_than_there_is_room(line, width, rows):
    found = text(line.encode(), width, rows)
    assert all(cell_len(row) <= width for row in found)


@given(
    st.text("ab你\r\n\t\b", max_size=60) | st.lists(st.sampled_from(["\r\n", "ab", "你", "\n"])).map("".join),
    st.integers(1, 40),
    st.integers(1, 9),
)
def test_leaving_out_what_was_above_changes_nothing(line, width, rows):
    whole = text(("\x1b[H\x1b[M" + line).encode(), width, rows, own=(width, rows + 1))
    assert text(line.encode(), width, rows)[-rows:] == whole[-rows:]


def test_programs_are_told_of_a_terminal_that_is_known_here():
    if not shutil.which("infocmp"):
        pytest.skip("infocmp is not installed")
    found = subprocess.run(["infocmp", "-1", TERMINAL], check=True, capture_output=True, text=True).stdout
    told = dict(re.findall(r"^\s(\w+)=(.*),$", found, re.MULTILINE))
    for name in ("clear", "cup", "el", "ed", "ri", "il1", "dl1", "dch1", "smir", "rmir"):
        sequence = re.sub(r"\$<\d+\*?>|%i|%p\d", "", told[name]).replace("\\E", "\x1b").replace("%d", "2")
        before = text(b"one\r\ntwo\r\nthree\r\n\x1b[2;2H")
        after = text(b"one\r\ntwo\r\nthree\r\n\x1b[2;2H" + sequence.encode() + b"X")
        assert after != before, name
        assert not any("[" in row for row in after), name
