"""Older recordings are read through converters, one version after the other; two of these are made up."""

import json
from pathlib import Path
from typing import Any

import pytest

from sockviz import events as ev
from sockviz.errors import UserError
from sockviz.recording import versions
from sockviz.recording.reader import Reader, read
from sockviz.session.timeline import Timeline

DATA = Path(__file__).parents[1] / "data"
RECORDING = DATA / "life-lab.jsonl"


def from_1(line: dict[str, Any]) -> dict[str, Any]:
    """Format 1 counted in µs, and called a connection's end a `machine`."""
    line["t"] *= 1000
    if "machine" in line:
        line["host"] = line.pop("machine")
    return line


def from_2(line: dict[str, Any]) -> dict[str, Any]:
    """Format 2 had two events for what is one now."""
    if line["event"] == "packet_arrived":
        line["event"] = "segment_delivered"
    return line


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """This is the sockviz of format 3."""
    monkeypatch.setattr(ev, "FORMAT", 3)
    monkeypatch.setattr(versions, "CONVERTERS", {1: from_1, 2: from_2})


def downgraded(version: int, path: Path) -> Path:
    """The recording as that version would have written it."""
    lines = []
    for text in RECORDING.read_text().splitlines():
        line = json.loads(text)
        line["t"] -= line["t"] % 1000
        for key in ("began", "due"):
            line.pop(key, None) if key == "due" else line.update({key: line["t"]} if key in line else {})
        if line["event"] == "header":
            line["format"] = version
        if version < 3 and line["event"] == "segment_delivered":
            line["event"] = "packet_arrived"
        if version < 2:
            line["t"] //= 1000
            if "host" in line:
                line["machine"] = line.pop("host")
        lines.append(json.dumps(line))
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.mark.usefixtures("later")
def test_each_older_version_becomes_the_same_events(tmp_path: Path) -> None:
    now = list(read(downgraded(3, tmp_path / "3")))
    assert now[0].format == 3
    assert any(isinstance(event, ev.SegmentDelivered) for event in now)
    for version in (1, 2):
        old = list(read(downgraded(version, tmp_path / str(version))))
        assert old == now
        assert Timeline(old).edge == Timeline(now).edge


@pytest.mark.usefixtures("later")
def test_an_older_recording_is_read_from_any_line_on(tmp_path: Path) -> None:
    path = downgraded(1, tmp_path / "1")
    events = list(read(path))
    with Reader(path) as reader:
        starts = []
        while reader.position < reader.size:
            starts.append(reader.position)
            reader.more(1)
        for number in (0, 1, 70, len(events) - 4):
            assert reader.at(starts[number], starts[number + 3]) == events[number : number + 3]


@pytest.mark.usefixtures("later")
def test_a_line_that_its_version_never_wrote_is_named(tmp_path: Path) -> None:
    path = downgraded(1, tmp_path / "1")
    lines = path.read_text().splitlines()
    for bad in ('{"event":"marked","t":"soon","text":""}', '{"event":"marked","text":""}', "[1]", "7"):
        path.write_text("\n".join([*lines[:4], bad, *lines[5:]]) + "\n")
        with pytest.raises(UserError, match="line 5"):
            list(read(path))


def test_every_version_before_this_one_has_a_converter() -> None:
    assert set(versions.CONVERTERS) == set(range(1, ev.FORMAT))


@pytest.mark.parametrize("version", [0, -1])
def test_a_version_that_never_was_is_refused(version: int, tmp_path: Path) -> None:
    path = tmp_path / "r"
    path.write_text(f'{{"event":"header","t":0,"format":{version}}}\n')
    with pytest.raises(UserError, match=f"no sockviz has ever written format {version}"):
        list(read(path))


def test_the_newest_format_is_named_with_what_this_one_reads(tmp_path: Path) -> None:
    path = tmp_path / "r"
    path.write_text('{"event":"header","t":0,"format":9}\n')
    with pytest.raises(UserError) as caught:
        Reader(path)
    assert caught.value.message == (
        f"{path} was made by a newer sockviz (format 9; this one reads up to {ev.FORMAT})"
    )


@pytest.mark.parametrize(
    ("magic", "command"), [(b"\x1f\x8b\x08\x00", "gzip -d"), (b"\x28\xb5\x2f\xfd", "zstd")]
)
def test_a_packed_recording_is_told_how_to_unpack(magic: bytes, command: str, tmp_path: Path) -> None:
    path = tmp_path / "r"
    path.write_bytes(magic + bytes(40))
    with pytest.raises(UserError) as caught:
        Reader(path)
    assert command in caught.value.hint


def test_what_was_read_once_and_is_gone_is_said(tmp_path: Path) -> None:
    path = tmp_path / "r"
    path.write_bytes(RECORDING.read_bytes())
    with Reader(path) as reader:
        reader.more(10)
        start = reader.position
        events = reader.more(20)
        assert reader.at(start, reader.position) == events
        path.write_bytes(b"x" * 10)
        with pytest.raises(UserError, match="changed while it was being read"):
            reader.at(start, reader.position)
