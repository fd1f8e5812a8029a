"""`python -m sockviz replay` in a real terminal: play, step, point with the mouse, choose from a capture."""

import sys
from pathlib import Path

import pytest
from screen import running

from sockviz.export.pcapng import blocks
from sockviz.recording.reader import read

pytestmark = pytest.mark.terminal

DATA = Path(__file__).parents[1] / "data"
REPLAY = [sys.executable, "-m", "sockviz", "replay"]
HEAD = "┃"
SIZES = pytest.mark.parametrize(("columns", "rows"), [(120, 36), (80, 24)], ids=["120x36", "80x24"])


def bar(text):
    """The line with the playhead: its number, and itself."""
    return next((y, line) for y, line in enumerate(text.splitlines()) if HEAD in line and "REPLAY" in line)


def mouse(x, y, *, down):
    """The left button goes down or up (SGR 1006), at a cell counted from 0."""
    return f"\x1b[<0;{x + 1};{y + 1}{'M' if down else 'm'}"


@SIZES
def test_a_recording_is_played_stepped_through_and_left(columns, rows):
    with running([*REPLAY, str(DATA / "by-hand-lab.jsonl")], columns=columns, rows=rows) as terminal:
        before = terminal.modes()
        terminal.see("replay by-hand-lab.jsonl", "REPLAY 00:00.000")
        assert terminal.modes() != before
        terminal.press("}", "}", "}", "}")
        terminal.see("SYN_SENT", "SYN_RECV")
        terminal.press("{", "{", "{")
        terminal.wait(lambda text: "SYN_RECV" not in text)
        terminal.press("c")
        terminal.see("This is a recording")
        terminal.press("end")
        terminal.see("The end of the recording")
        terminal.press("home", ">", ">", "space")
        terminal.see("The recording plays")
        terminal.see("The end of the recording", "TIME_WAIT", seconds=40)
        terminal.press("q")
        assert terminal.exit_status() == 0
        assert terminal.modes() == before
        assert terminal.left() == []


@SIZES
def test_the_bar_is_clicked_and_dragged(columns, rows):
    with running([*REPLAY, str(DATA / "life-lab.jsonl")], columns=columns, rows=rows) as terminal:
        terminal.see("REPLAY 00:00.000")
        y, line = bar(terminal.text)
        begin = line.index(HEAD)
        terminal.press(mouse(begin + 9, y, down=True), mouse(begin + 9, y, down=False))
        terminal.wait(lambda text: bar(text)[1].index(HEAD) == begin + 9)
        terminal.press(mouse(begin + 9, y, down=True))
        for x in range(begin + 8, begin + 2, -1):
            terminal.press(f"\x1b[<32;{x + 1};{y + 1}M")
        terminal.wait(lambda text: bar(text)[1].index(HEAD) == begin + 3)
        terminal.press(mouse(begin + 3, y, down=False), "q")
        assert terminal.exit_status() == 0


@SIZES
def test_a_connection_of_a_capture_is_chosen_and_left(columns, rows, tmp_path):
    path = tmp_path / "full.pcapng"
    path.write_bytes(b"".join(blocks(read(DATA / "full-queue-lab.jsonl"))))
    with running([*REPLAY, str(path)], columns=columns, rows=rows) as terminal:
        terminal.see("capture full.pcapng", "5 connections", "unanswered", "Enter open")
        terminal.press("down", "enter")
        terminal.see("replay full.pcapng #2", "REPLAY")
        terminal.press("end")
        terminal.see("The end of the recording")
        terminal.press("L")
        terminal.see("5 connections")
        terminal.press("q")
        assert terminal.exit_status() == 0
        assert terminal.left() == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"hello\n", "no recording of sockviz"),
        (b'{"event":"header","t":0,"format":99}\n', "made by a newer sockviz"),
        (b"\xd4\xc3\xb2\xa1\x02\x00\x04\x00" + bytes(8) + b"\xff\xff\x00\x00\x01\x00\x00\x00", "TCP"),
    ],
    ids=["foreign", "newer", "empty capture"],
)
def test_what_can_not_be_replayed_is_one_line(content, said, tmp_path):
    path = tmp_path / "r"
    path.write_bytes(content)
    with running([*REPLAY, str(path)], columns=200) as terminal:
        before = terminal.modes()
        assert terminal.exit_status() == 2
        (line,) = terminal.raw.rpartition(b"\x1b[?1049l")[2].decode().splitlines()
        assert "sockviz: " in line
        assert said in line
        assert terminal.modes() == before
