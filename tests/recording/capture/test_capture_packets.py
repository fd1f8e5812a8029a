"""Packets of capture files in every format, and of files that are damaged, cut off, or something else."""

import os
from pathlib import Path

import pytest
from captures import MS, START, Ng, life, pcap, timed, written
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sockviz.errors import UserError
from sockviz.recording.capture.catalogue import Catalogue, summarise
from sockviz.recording.capture.events import capture_events
from sockviz.recording.capture.packet import LARGEST
from sockviz.recording.capture.packets import is_capture, packets
from sockviz.recording.capture.window import CHUNK

FRAMES = life()
MADE = timed(FRAMES)
EXPECTED = [(t, 101, frame, length) for t, frame, length in MADE]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "capture"


def read(path: Path, content: bytes) -> tuple[list, list[str]]:
    """The packets, and what is said of the file."""
    notices: list[str] = []
    found = list(packets(written(path, content), notice=notices.append))
    assert is_capture(path)
    return found, notices


def tried(path: Path) -> tuple[Catalogue | None, UserError | None]:
    """The capture's catalogue, or the one clear line there is instead."""
    try:
        return summarise(path), None
    except UserError as error:
        return None, error


def refusal(path: Path) -> UserError:
    with pytest.raises(UserError) as caught:
        list(packets(path))
    assert "\n" not in caught.value.line()
    return caught.value


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("nano", [False, True])
def test_pcap(path: Path, order: str, nano: bool) -> None:
    made = timed(FRAMES, start=START + (7 if nano else 0))
    found, notices = read(path, pcap(made, order=order, nano=nano))
    assert found == [(t, 101, frame, length) for t, frame, length in made]
    assert not notices


def test_the_upper_half_of_the_link_type_is_about_check_sequences(path: Path) -> None:
    found, _ = read(path, pcap(MADE, link=0x24000065))
    assert [link for _, link, _, _ in found] == [101] * len(MADE)


def test_packets_of_which_little_or_nothing_was_kept(path: Path) -> None:
    made = [(START, b"", 0), (START, b"", 1500), (START, b"ab", 2)]
    for content in (pcap(made), Ng().file(made)):
        found, notices = read(path, content)
        assert [(frame, length) for _, _, frame, length in found] == [(b"", 0), (b"", 1500), (b"ab", 2)]
        assert not notices


@pytest.mark.parametrize("order", "<>")
def test_pcapng(path: Path, order: str) -> None:
    assert read(path, Ng(order).file(MADE)) == (EXPECTED, [])


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize(
    ("resolution", "ticks", "ns"),
    [
        (None, 1_700_000_000_123_456, 1_700_000_000_123_456_000),
        (0, 1_700_000_000, 1_700_000_000 * 10**9),
        (3, 1_700_000_000_123, 1_700_000_000_123_000_000),
        (9, 1_700_000_000_123_456_789, 1_700_000_000_123_456_789),
        (12, 1_700_000_123_456_789_123, 1_700_000_123_456_789),
        (127, 5, 0),
        (0x80, 1_700_000_000, 1_700_000_000 * 10**9),
        (0x8A, 1_700_000_000 << 10 | 1 << 9, 1_700_000_000_500_000_000),
        (0xFF, 5, 0),
    ],
)
def test_clocks_of_pcapng(path: Path, order: str, resolution: int | None, ticks: int, ns: int) -> None:
    ng = Ng(order)
    for offset in (None, 3600, -7):
        content = ng.section() + ng.interface(resolution=resolution, offset=offset)
        found, _ = read(path, content + ng.enhanced(FRAMES[0], ticks) + ng.obsolete(FRAMES[1], ticks))
        assert [t for t, *_ in found] == [ns + (offset or 0) * 10**9] * 2


def test_several_sections_and_interfaces(path: Path) -> None:
    little, big = Ng("<"), Ng(">")
    content = (
        little.section()
        + little.interface(101, resolution=9)
        + little.interface(1, resolution=6)
        + little.enhanced(FRAMES[0], START)
        + little.enhanced(FRAMES[1], START // 1000, number=1)
        + big.section()
        + big.interface(113, resolution=9)
        + big.block(0x0BAD, b"whatever this is")
        + big.block(5, bytes(12))
        + big.obsolete(FRAMES[2], START)
        + big.simple(FRAMES[3])
    )
    found, notices = read(path, content)
    assert [(t, link) for t, link, _, _ in found] == [
        (START, 101),
        (START, 1),
        (START, 113),
        (START, 113),
    ]
    assert [frame for _, _, frame, _ in found] == FRAMES[:4]
    assert not notices


def test_simple_packets_are_cut_to_the_snap_length(path: Path) -> None:
    ng = Ng()
    found, _ = read(path, ng.section() + ng.interface(101, snap=40) + ng.simple(FRAMES[0][:40], 60))
    assert found == [(0, 101, FRAMES[0][:40], 60)]


def test_files_longer_than_what_is_read_at_once(path: Path) -> None:
    """Packets and blocks that lie across the edges, and blocks that are larger than that."""
    made = timed([bytes([n % 251]) * (n * 37 % 3000) for n in range(1500)])
    expected = [(t, 101, frame, length) for t, frame, length in made]
    ng = Ng()
    content = pcap(made)
    assert len(content) > 2 * CHUNK
    assert read(path, content) == (expected, [])
    assert read(path, ng.file(made)) == (expected, [])
    large = ng.block(0x0BAD, bytes(3 * CHUNK))
    head = ng.section() + ng.interface(resolution=9)
    body = [ng.enhanced(frame, t) for t, frame, _ in made]
    assert read(path, head + b"".join(body[:10]) + large + b"".join(body[10:])) == (expected, [])


def test_progress_is_told_up_to_the_end(path: Path) -> None:
    parts: list[float] = []
    written(path, pcap(timed([bytes(60_000)] * 60)))
    assert len(list(packets(path, progress=parts.append))) == 60
    assert len(parts) > 3
    assert parts == sorted(parts)
    assert parts[-1] == 1.0


def test_whoever_is_told_may_end_the_reading(path: Path) -> None:
    def enough(_: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        summarise(written(path, pcap(MADE)), enough)


@pytest.mark.parametrize("content", [pcap(MADE), pcap(MADE, order=">"), Ng().file(MADE), Ng(">").file(MADE)])
def test_cut_off_anywhere(path: Path, content: bytes) -> None:
    """Whatever is whole is there; where something is missing this is said, with the place."""
    whole = 0
    for size in range(4, len(content)):
        _, error = tried(written(path, content[:size]))
        if error is not None:
            assert "is cut off" in error.message
            assert not whole
            continue
        found, notices = read(path, content[:size])
        assert found == EXPECTED[: len(found)]
        assert whole <= len(found) <= whole + 1
        whole = len(found)
        assert len(notices) <= 1
        if notices:
            assert f"at byte {size:,}" in notices[0]
            assert str(path) in notices[0]
    assert whole == len(EXPECTED) - 1


def test_a_size_that_can_not_be(path: Path) -> None:
    content = (
        pcap(MADE[:3]) + pcap([(START, b"", 0)])[24:32] + (LARGEST + 1).to_bytes(4, "little") + bytes(64)
    )
    found, notices = read(path, content)
    assert found == EXPECTED[:3]
    (notice,) = notices
    place = len(pcap(MADE[:3]))
    damage = f"packet 4, at byte {place}, says that it has 262,145 bytes"
    assert notice == f"{path} is damaged: {damage}; everything before it is there"


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda ng: ng.enhanced(FRAMES[0], 1, number=2), "interface 2, which it does not describe"),
        (lambda ng: ng.block(6, bytes(16)), "a packet in too few bytes"),
        (lambda ng: ng.block(2, bytes(16)), "a packet in too few bytes"),
        (lambda ng: ng.block(3, b""), "a packet in too few bytes"),
        (lambda ng: ng.block(1, b"abcd"), "describes an interface in too few bytes"),
        (lambda ng: ng.block(6, bytes(12) + b"\xff" * 8 + bytes(8)), "says that it has 4,294,967,295 bytes"),
        (lambda ng: ng.section(version=2), "a section of version 2"),
        (lambda ng: ng.block(0x0A0D0D0A, bytes(16)), "no known byte order"),
        (
            lambda ng: ng.enhanced(FRAMES[0], 1)[:-4] + bytes(4),
            "ends with another length than it begins with",
        ),
        (lambda _: bytes(40), "has a block of 0 bytes"),
        (lambda _: b"\x06\0\0\0\x0e\0\0\0" + bytes(40), "has a block of 14 bytes"),
        (lambda _: b"\x06\0\0\0" + b"\xfc\xff\xff\x7f" + bytes(40), "has a block of 2,147,483,644 bytes"),
    ],
)
def test_damaged_blocks(path: Path, damage, words: str) -> None:
    content = Ng().file(MADE[:3])
    found, notices = read(path, content + damage(Ng()) + Ng().enhanced(FRAMES[3], 1))
    assert found == EXPECTED[:3]
    (notice,) = notices
    assert words in notice
    assert "after packet 3, at byte " in notice
    assert notice.startswith(str(path))


def test_damaged_before_the_first_packet(path: Path) -> None:
    error = refusal(written(path, Ng().section() + Ng().enhanced(FRAMES[0], 1)))
    assert "which it does not describe: it has no packets" in error.message


def test_a_capture_without_packets(path: Path) -> None:
    for content in (pcap([]), Ng().section(), Ng().file([])):
        assert read(path, content) == ([], [])


@pytest.mark.parametrize(
    ("content", "message", "hint"),
    [
        (b"", "is empty", "tcpdump"),
        (b"hello, world, this is a text\n", "is no capture", "tcpdump"),
        (b'{"event":"header","t":0}\n', "is no capture", "tcpdump"),
        (b"\x1f\x8b\x08\0\0\0\0\0\0\0", "is compressed", "gunzip"),
        (b"\x28\xb5\x2f\xfd\0\0\0\0\0\0", "is compressed", "unzstd"),
        (b"snoop\0\0\0\0\0\0\x02\0\0\0\x04", "is a capture of snoop", "editcap"),
        (bytes.fromhex("34cdb2a1") + bytes(40), "is a modified kind of pcap", "editcap"),
        (bytes.fromhex("d4c3b2a1"), "is cut off within its header", "tcpdump"),
        (bytes.fromhex("0a0d0d0a"), "is cut off", "tcpdump"),
    ],
)
def test_other_files(path: Path, content: bytes, message: str, hint: str) -> None:
    error = refusal(written(path, content))
    assert message in error.message
    assert hint in error.hint
    assert str(path) in error.message


def test_what_is_no_file(tmp_path: Path) -> None:
    assert "No such file" in refusal(tmp_path / "missing").message
    assert "is no file" in refusal(tmp_path).message
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    assert "is no file" in refusal(fifo).message
    assert "can't read" in refusal(Path("nul\0byte")).message
    assert not any(map(is_capture, (tmp_path, fifo, tmp_path / "missing", Path("nul\0byte"))))


WHOLE = [pcap(MADE), pcap(MADE, order=">", nano=True, link=1), Ng().file(MADE), Ng(">").file(MADE)]
mixed = Ng().section() + Ng().interface() + Ng().obsolete(FRAMES[0], 5) + Ng().simple(FRAMES[1])


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_bytes_come_to_an_orderly_end(path: Path, data: st.DataObject) -> None:
    """Whatever is changed, removed, repeated: packets, a sentence, or a `UserError`, and nothing else."""
    content = bytearray(data.draw(st.sampled_from([*WHOLE, mixed + WHOLE[2] + WHOLE[3]])))
    for _ in range(data.draw(st.integers(0, 5))):
        at = data.draw(st.integers(0, len(content)))
        piece = data.draw(st.one_of(st.binary(max_size=8), st.sampled_from([b"\xff\xff\xff\xff", bytes(4)])))
        content[at : at + data.draw(st.integers(0, 8))] = piece
    content = content[: data.draw(st.integers(0, len(content)))]
    written(path, bytes(content))
    catalogue, error = tried(path)
    if catalogue is None:
        assert error is not None
        assert "\n" not in error.line()
        return
    assert catalogue.segments == sum(connection.packets for connection in catalogue.connections)
    assert all("\n" not in notice for notice in catalogue.notices)
    told = list(capture_events(path))
    assert len(told) == catalogue.segments + 1
    times = [event.t for event in told]
    assert times == sorted(times)
    for connection in catalogue.connections:
        assert len(list(capture_events(path, connection))) == connection.packets + 1


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from([pcap([])[:4], Ng().section()[:4], Ng().section()]), st.binary(max_size=400))
def test_noise_after_a_good_beginning(path: Path, beginning: bytes, noise: bytes) -> None:
    written(path, beginning + noise)
    _, error = tried(path)
    assert error is None or "\n" not in error.line()


def test_times_that_go_back_do_not(path: Path) -> None:
    """Events are in order of time; who captured with several threads may have written them out of order."""
    frames = [
        (START + shift * MS, frame, len(frame)) for shift, frame in zip((0, 5, 3, 9), FRAMES, strict=False)
    ]
    events = list(capture_events(written(path, pcap(frames))))
    assert [event.t for event in events] == [0, 0, 5 * MS, 5 * MS, 9 * MS]
