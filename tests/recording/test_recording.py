"""What is written is read, what is cut off is read up to the cut, what is no recording is one clear line."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sockviz import events as ev
from sockviz.errors import UserError
from sockviz.recording.reader import LONGEST_LINE, read
from sockviz.recording.writer import Writer

SEGMENT = ev.Segment(
    source="10.0.0.2:40000",
    destination="10.0.0.1:8001",
    flags="SYN",
    seq=1,
    ack=0,
    window=64240,
    length=0,
    frame=b"\x00\xff\x1b[31m",
)
EVENTS: list[ev.AnyEvent] = [
    ev.Header(
        t=0,
        format=ev.FORMAT,
        source="lab",
        hosts=(ev.Host(name="client", addresses=("10.0.0.2",)),),
        made_by="x",
    ),
    ev.CallEntered(
        t=5, call=1, host="client", pid=7, thread="main", name="connect", fd=3, args="10.0.0.1:8001"
    ),
    ev.SegmentSent(t=10, id=1, sender="client", receiver="server", segment=SEGMENT, due=20),
    ev.SegmentDelivered(t=20, id=1),
    ev.Marked(t=21, text="Zürich \x1b]0;title\x07 \u2028"),
    ev.Ended(t=30, reason="quit"),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "r.jsonl"


@pytest.fixture
def recording(path: Path) -> Path:
    with Writer(path) as writer:
        writer.write(EVENTS)
    return path


def failure(path: Path) -> UserError:
    with pytest.raises(UserError) as caught:
        list(read(path))
    return caught.value


def test_what_was_written_is_read(recording: Path) -> None:
    assert list(read(recording)) == EVENTS


def test_one_json_object_a_line(recording: Path) -> None:
    lines = recording.read_bytes().splitlines()
    assert [json.loads(line)["event"] for line in lines[:3]] == ["header", "call_entered", "segment_sent"]
    assert len(lines) == len(EVENTS)


def test_each_batch_is_in_the_file_at_once(path: Path) -> None:
    with Writer(path) as writer:
        for number, event in enumerate(EVENTS, 1):
            writer.write([event])
            assert list(read(path)) == EVENTS[:number]


def test_a_killed_writer_leaves_all_it_was_given(path: Path) -> None:
    program = (
        "import os, signal, sys; from pathlib import Path; sys.path.insert(0, 'tests/recording');"
        "from test_recording import EVENTS, Writer; Writer(Path(sys.argv[1])).write(EVENTS);"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    status = subprocess.run([sys.executable, "-c", program, str(path)], check=False, cwd=root()).returncode
    assert status == -9
    assert list(read(path)) == EVENTS


def root() -> Path:
    return Path(__file__).parents[2]


def test_a_recording_cut_at_any_byte_opens_up_to_the_cut(recording: Path, tmp_path: Path) -> None:
    whole = recording.read_bytes()
    header = whole.index(b"\n")
    cut = tmp_path / "cut.jsonl"
    for length in range(header, len(whole) + 1):
        cut.write_bytes(whole[:length])
        notices: list[str] = []
        complete = whole[:length].count(b"\n") + (whole[length : length + 1] == b"\n")
        assert list(read(cut, notices.append)) == EVENTS[:complete]
        ragged = length < len(whole) and whole[length - 1 : length + 1].count(b"\n") == 0
        assert len(notices) == ragged
        assert all(f"cut off in line {complete + 1}" in notice for notice in notices)


def test_a_recording_cut_in_its_first_line_says_so(recording: Path) -> None:
    whole = recording.read_bytes()
    for length in range(whole.index(b"\n")):
        recording.write_bytes(whole[:length])
        error = failure(recording)
        assert "\n" not in error.line()
        assert any(word in error.message for word in ("empty", "cut off", "no recording")), error.message


def test_a_newer_format_is_named(path: Path) -> None:
    # The header of a newer version may look different but for its format.
    path.write_text('{"event":"header","t":0,"format":2,"hosts":7,"moons":[]}\n')
    assert "made by a newer sockviz (format 2" in failure(path).message


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"hello\n",
        b"{}\n",
        b"[1]\n",
        b'{"event":"ended","t":1}\n',
        b'{"event":"header","t":0,"format":"one"}\n',
        b'{"event":"header","t":0,"format":1}\n',
        b"\xff\xfe\x00",
        b"\xd4\xc3\xb2\xa1\x02\x00\x04\x00",
        b"[" * 100_000 + b"\n",
        b"x" * (LONGEST_LINE + 10),
        b'{"event":"header","t":' + b"9" * 5000 + b"}\n",
    ],
)
def test_what_is_no_recording_is_one_clear_line(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    line = failure(path).line()
    assert str(path) in line
    assert line.isprintable()


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"nonsense",
        b'{"event":"segment_delivered","t":1}',
        b'{"event":"\x1b[31m","t":1}',
        b'{"event":"marked","t":-1,"text":""}',
        b'{"event":"marked","t":%d,"text":""}' % 2**62,
        b'{"event":"marked","t":1.5,"text":""}',
        b"[" * 100_000,
    ],
)
def test_a_bad_line_is_named_by_its_number(recording: Path, line: bytes) -> None:
    lines = recording.read_bytes().splitlines()
    recording.write_bytes(b"\n".join([*lines[:3], line, *lines[3:], b""]))
    text = failure(recording).line()
    assert ", line 4:" in text
    assert text.isprintable()


@settings(max_examples=200)
@given(st.data())
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    good = b"".join(map(ev.encode, EVENTS))
    place = data.draw(st.integers(0, len(good)))
    junk = data.draw(st.binary(max_size=20))
    path = tmp_path_factory.mktemp("fuzz") / "r"
    path.write_bytes(good[:place] + junk + good[place + len(junk) :])
    complaint = ""
    try:
        list(read(path))
    except UserError as error:
        complaint = error.line()
    assert complaint.isprintable()


def test_a_missing_file_and_a_directory(tmp_path: Path) -> None:
    assert "No such file" in failure(tmp_path / "missing").message
    assert "directory" in failure(tmp_path).message


def test_reading_is_lazy(recording: Path) -> None:
    with recording.open("ab") as file:
        file.write(b"nonsense\n")
    stream = read(recording)
    assert [next(stream) for _ in EVENTS] == EVENTS
    with pytest.raises(UserError):
        next(stream)


class TestWriter:
    def test_a_path_that_cannot_be_written_is_refused_at_once(self, tmp_path: Path) -> None:
        for path in (tmp_path, tmp_path / "missing" / "r.jsonl", Path("/dev/null/r"), Path("/proc/r.jsonl")):
            with pytest.raises(UserError) as caught:
                Writer(path)
            assert str(path) in caught.value.message

    def test_a_fifo_that_nobody_reads_is_refused_at_once(self, path: Path) -> None:
        os.mkfifo(path)
        with pytest.raises(UserError):
            Writer(path)

    def test_a_full_disk_is_one_clear_line(self) -> None:
        with Writer(Path("/dev/full")) as writer, pytest.raises(UserError, match="No space left"):
            writer.write(EVENTS)

    def test_a_run_that_never_began_leaves_an_older_recording_alone(self, recording: Path) -> None:
        before = recording.read_bytes()
        Writer(recording).close()
        assert recording.read_bytes() == before

    def test_a_new_recording_replaces_the_old_one(self, recording: Path) -> None:
        with Writer(recording) as writer:
            writer.write(EVENTS[:2])
        assert list(read(recording)) == EVENTS[:2]

    def test_a_run_that_never_began_leaves_no_file(self, path: Path) -> None:
        Writer(path).close()
        assert not path.exists()

    def test_a_device_may_be_written_to(self) -> None:
        with Writer(Path("/dev/null")) as writer:
            writer.write(EVENTS)
        assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)
