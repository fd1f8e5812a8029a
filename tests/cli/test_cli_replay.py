"""`sockviz replay`: what it prints, and one clear line for what it can't replay."""

import json
from pathlib import Path

import pytest
from command import run

from sockviz.export.pcapng import blocks
from sockviz.recording.reader import read

DATA = Path(__file__).parents[1] / "data"
LIFE = DATA / "life-lab.jsonl"


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    """What was on the wire of a run, as a capture."""
    path = tmp_path / "full.pcapng"
    path.write_bytes(b"".join(blocks(read(DATA / "full-queue-lab.jsonl"))))
    return path


def test_without_a_screen_it_prints_the_recording() -> None:
    done = run("replay", str(LIFE), "--headless")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == LIFE.read_text()


def test_what_is_cut_off_is_printed_up_to_the_cut(tmp_path: Path) -> None:
    path = tmp_path / "cut.jsonl"
    path.write_bytes(LIFE.read_bytes()[:5000])
    done = run("replay", str(path), "--headless")
    assert done.returncode == 0
    assert LIFE.read_text().startswith(done.stdout)
    assert done.stderr.startswith(f"sockviz: {path} is cut off in line ")
    assert done.stderr.count("\n") == 1


def test_what_is_damaged_is_printed_up_to_the_damage(tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    lines = LIFE.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines[:30], "\x1b[31mnonsense\n", *lines[30:]]))
    done = run("replay", str(path), "--headless")
    assert done.returncode == 2
    assert done.stdout == "".join(lines[:30])
    assert f"{path}, line 31: " in done.stderr
    assert done.stderr.count("\n") == 1
    assert "\x1b" not in done.stderr


def test_a_capture_is_printed_whole_or_one_connection_of_it(capture: Path) -> None:
    whole = run("replay", str(capture), "--headless")
    assert whole.returncode == 0
    events = [json.loads(line) for line in whole.stdout.splitlines()]
    assert {event["event"] for event in events} == {"header", "segment_captured"}
    one = run("replay", str(capture), "--headless", "--connection", "3")
    segments = [json.loads(line)["segment"] for line in one.stdout.splitlines()[1:]]
    ends = {frozenset((segment["source"], segment["destination"])) for segment in segments}
    assert len(ends) == 1
    assert 0 < len(segments) < len(events) - 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"hello\n", "no recording of sockviz"),
        (b'{"event":"header","t":0,"format":99}\n', "newer sockviz (format 99; this one reads up to 1)"),
        (b"\x1f\x8b\x08\x00\x00\x00\x00\x00", "gzip -d"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("headless", [True, False])
def test_what_is_no_recording_is_one_clear_line(
    content: bytes, said: str, tmp_path: Path, *, headless: bool
) -> None:
    path = tmp_path / "r"
    path.write_bytes(content)
    done = run("replay", str(path), *(["--headless"] if headless else []))
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert said in done.stderr


def test_without_a_terminal_it_says_what_to_do() -> None:
    done = run("replay", str(LIFE))
    assert done.returncode == 2
    assert "--headless" in done.stderr


def test_a_connection_that_is_not_there(capture: Path) -> None:
    done = run("replay", str(capture), "--headless", "--connection", "9")
    assert (done.returncode, done.stderr) == (
        2,
        f"sockviz: {capture} has 5 connections: there is no number 9\n",
    )
    done = run("replay", str(LIFE), "--headless", "--connection", "1")
    assert done.returncode == 2
    assert "is no capture" in done.stderr


def test_wrong_use() -> None:
    assert "missing: FILE" in run("replay").stderr
    assert "No such file" in run("replay", "/nowhere/r.jsonl", "--headless").stderr
    assert "there is one 'more' too many" in run("replay", str(LIFE), "more").stderr
    assert "did you mean --headless?" in run("replay", str(LIFE), "--headles").stderr
