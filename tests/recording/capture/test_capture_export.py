"""Recordings written as pcapng: read back they have the same segments, and tshark has no complaints."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether
from wireshark import frames, why_no_tshark

from sockviz import events as ev
from sockviz.export.pcapng import blocks
from sockviz.recording.capture.catalogue import summarise
from sockviz.recording.capture.events import capture_events
from sockviz.recording.capture.packets import packets
from sockviz.recording.reader import read
from sockviz.tcp.link import RAW
from sockviz.tcp.rebuild import rebuild
from sockviz.tcp.segment import FRAME_KEPT, decode, flags_text
from sockviz.world.fold import advance
from sockviz.world.model import World

DATA = Path(__file__).parents[2] / "data"
RECORDINGS = sorted(DATA.glob("*.jsonl"))
MS = 1_000_000
needs_tshark = pytest.mark.skipif(bool(why_no_tshark()), reason=why_no_tshark())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "made.pcapng"


def exported(path: Path, several: list[ev.AnyEvent]) -> list[ev.SegmentCaptured]:
    """Write and read back."""
    path.write_bytes(b"".join(blocks(several)))
    return [event for event in capture_events(path) if isinstance(event, ev.SegmentCaptured)]


def sent(several: list[ev.AnyEvent]) -> list[ev.SegmentSent]:
    return [event for event in several if isinstance(event, ev.SegmentSent)]


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda path: path.stem)
def test_the_same_segments(path: Path, recording: Path) -> None:
    several = list(read(recording))
    original = sent(several)
    back = exported(path, several)
    assert [one.segment for one in back] == [one.segment for one in original]
    assert [one.sender for one in back] == [one.sender for one in original]
    assert [one.t for one in back] == [one.t - original[0].t for one in original]
    assert next(iter(capture_events(path))).wall_clock == several[0].wall_clock + original[0].t


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda path: path.stem)
@needs_tshark
def test_tshark_reads_it(path: Path, recording: Path) -> None:
    several = list(read(recording))
    back = exported(path, several)
    theirs = frames(path)
    assert [flags_text(one.flags) for one in theirs] == [one.segment.flags for one in back]
    assert [one.interface for one in theirs] == [one.sender for one in sent(several)]
    assert {one.number - 1: one.seen for one in summarise(path).connections} == {
        one.stream: one.completeness for one in theirs
    }


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda path: path.stem)
def test_the_states_are_the_same_without_the_table(path: Path, recording: Path) -> None:
    """But for what no segment tells: what a kernel ignores, that somebody gave up, that TIME_WAIT is over."""
    several = list(read(recording))
    exported(path, several)
    world, _ = advance(World(), several)
    inferred, _ = advance(World(), capture_events(path))
    for one, other in zip(world.connections.values(), inferred.connections.values(), strict=True):
        for end, guess in ((one.client, other.client), (one.server, other.server)):
            assert (end.local, end.remote) == (guess.local, guess.remote)
            way = [t.after for t in end.history]
            guessed = [t.after for t in guess.history]
            assert guessed == way[: len(guessed)]
            assert len(way) - len(guessed) <= 1


class Wire:
    """A recording, event by event."""

    def __init__(self, source: str = "lab") -> None:
        hosts = (
            ev.Host(name="client", addresses=("10.0.0.2",)),
            ev.Host(name="server", addresses=("10.0.0.1",)),
        )
        self.events: list[ev.AnyEvent] = [
            ev.Header(
                t=0, format=1, source=source, hosts=hosts, made_by="sockviz test", wall_clock=10**18 + 1,
                kernel="Linux 6.18",
            )
        ]  # fmt: skip
        self.count = 0

    def put(self, *, due: int | None = None, length: int = 0, frame: bytes = b"", **more: object) -> int:
        self.count += 1
        segment = ev.Segment(
            **{
                "source": "10.0.0.2:40000",
                "destination": "10.0.0.1:80",
                "flags": "PSH|ACK",
                "seq": 1000 * self.count,
                "ack": 1,
                "window": 64240,
                **more,
            },
            length=length,
            frame=frame,
        )
        t = self.count * MS
        self.events.append(
            ev.SegmentSent(t=t, id=self.count, sender="client", receiver="server", segment=segment, due=due)
        )
        return self.count

    def then(self, kind: type[ev.Event], t: int, **fields: object) -> None:
        self.events.append(kind(t=t * MS, **fields))


@needs_tshark
def test_what_the_wire_did_is_said(path: Path) -> None:
    wire = Wire()
    held = wire.put(length=1)
    dropped = wire.put(length=2)
    flows = wire.put(length=3, due=4 * MS)
    resent = wire.put(length=1, seq=1000)
    answered = wire.put(length=1, seq=1000)
    cut = wire.put(length=4, due=7 * MS)
    stays = wire.put(length=5)
    wire.then(ev.SegmentDelivered, 4, id=flows)
    wire.then(ev.SegmentDropped, 5, id=resent, cause="resent", original=held)
    wire.then(ev.SegmentDropped, 5, id=answered, cause="resent")
    wire.then(ev.SegmentDropped, 6, id=cut, cause="cut")
    wire.then(ev.SegmentReleased, 251, id=held, due=252 * MS)
    wire.then(ev.SegmentDelivered, 252, id=held)
    wire.then(ev.SegmentDropped, 302, id=dropped, cause="operator")
    assert len(exported(path, wire.events)) == stays
    made_again = "headers made again from what was recorded: no bytes of it were"
    assert [one.comment.removesuffix(made_again).rstrip(",") for one in frames(path)] == [
        "held on the wire, released after 250 ms",
        "never arrived: taken off the wire after 300 ms",
        "",
        "not taken by the wire: what it repeats was still on it",
        "not taken by the wire: its acknowledgement was on it",
        "never arrived: lost, since the wire was cut after 0 ns",
        "held on the wire, and still there when the recording ended",
    ]
    told = subprocess.run(["capinfos", "-M", path], check=True, capture_output=True, text=True).stdout
    assert "sockviz test" in told
    assert "Recorded by sockviz (lab)" in told
    assert "Linux 6.18" in told


def test_on_loopback_nothing_is_held(path: Path) -> None:
    wire = Wire("loopback")
    wire.put()
    path.write_bytes(b"".join(blocks(wire.events)))
    assert b"held on" not in path.read_bytes()


@needs_tshark
def test_cut_off_frames_have_their_length(path: Path) -> None:
    segment = ev.Segment(
        source="10.0.0.2:1", destination="10.0.0.1:2", flags="ACK", seq=1, ack=1, window=1, length=60_000
    )
    packet = rebuild(segment)
    assert packet
    frame = bytes(12) + b"\x08\x00" + packet + bytes(300)
    wire = Wire()
    wire.put(frame=frame[:FRAME_KEPT], length=60_000)
    (back,) = exported(path, wire.events)
    assert back.segment.length == 60_000
    assert len(back.segment.frame) == FRAME_KEPT
    assert (frames(path)[0].size, frames(path)[0].kept) == (14 + 40 + 60_000, FRAME_KEPT)


def test_datagrams_are_packets_too(path: Path) -> None:
    payload = bytes(1000)
    frame = bytes(Ether() / IP(src="10.0.0.2", dst="10.0.0.9") / UDP(sport=5, dport=6) / payload)
    wire = Wire()
    number = wire.put(frame=frame[:FRAME_KEPT], length=1000, protocol="udp", flags="")
    wire.put(protocol="udp", flags="", length=3)
    wire.then(ev.SegmentDropped, 3, id=number, cause="nobody")
    path.write_bytes(b"".join(blocks(wire.events)))
    ((_, link, kept, length),) = packets(path)
    assert (link, kept, length) == (1, frame[:FRAME_KEPT], len(frame))
    assert b"never arrived: no host has its address; dropped after 2 ms" in path.read_bytes()


def test_a_fate_that_is_never_known_delays_nothing_for_ever() -> None:
    wire = Wire()
    wire.put()
    for _ in range(10_050):
        wire.then(ev.SegmentDelivered, 1, id=wire.put())
    made = blocks(iter(wire.events))
    assert sum(1 for _ in made) == wire.count + 2


def test_a_recording_of_nothing(path: Path) -> None:
    for several in ([], Wire().events):
        assert exported(path, several) == []


def test_what_can_not_be_on_a_wire_is_left_out(path: Path) -> None:
    wire = Wire()
    for change in (
        {"source": "nonsense"},
        {"source": "10.0.0.1:99999"},
        {"source": "[fd00::1]:1"},
        {"length": -5},
    ):
        wire.put(**change)
    wire.put(seq=2**40, window=-1, flags="ACK|WHAT", length=2**40)
    back = exported(path, wire.events)
    assert [one.segment.flags for one in back] == ["ACK"]


u32 = st.integers(0, 2**32 - 1)
options = st.builds(
    ev.Options,
    mss=st.none() | st.integers(0, 0xFFFF),
    window_scale=st.none() | st.integers(0, 255),
    sack_permitted=st.booleans(),
    timestamp=st.none() | st.tuples(u32, u32),
    sack=st.lists(st.tuples(u32, u32), max_size=2).map(tuple),
)
addresses = st.one_of(
    st.tuples(st.sampled_from(["10.0.0.2:1", "1.2.3.4:65535"]), st.just("10.0.0.1:80")),
    st.tuples(st.sampled_from(["[fd00::2]:1", "[::ffff:1.2.3.4]:5"]), st.just("[::1]:80")),
)


segments = st.builds(
    lambda ends, **rest: ev.Segment(source=ends[0], destination=ends[1], **rest),
    addresses,
    flags=st.integers(0, 255).map(flags_text),
    seq=u32,
    ack=u32,
    window=st.integers(0, 0xFFFF),
    options=options,
    length=st.integers(0, 9**7),
)


@given(segments)
def test_headers_made_again_say_the_same(segment: ev.Segment) -> None:
    packet = rebuild(segment)
    assert packet is not None
    found = decode(packet, RAW, len(packet) + segment.length)
    assert found is not None
    assert ev.Segment(**{**_fields(found), "frame": b"", "link": 1}) == segment


def _fields(segment: ev.Segment) -> dict[str, object]:
    return {name: getattr(segment, name) for name in segment.__struct_fields__}


def test_the_command(path: Path) -> None:
    sockviz = [sys.executable, "-m", "sockviz", "export"]
    subprocess.run([*sockviz, RECORDINGS[0], "--to", "pcapng", "-o", path], check=True)
    printed = subprocess.run([*sockviz, RECORDINGS[0], "--to", "pcapng"], check=True, capture_output=True)
    assert printed.stdout == path.read_bytes()
    text = subprocess.run([*sockviz, path, "--to", "text"], check=True, capture_output=True, text=True)
    assert "SYN-ACK" in text.stdout
    path.write_bytes(path.read_bytes()[:1000])
    cut = subprocess.run([*sockviz, path, "--to", "states"], check=True, capture_output=True, text=True)
    assert "is cut off after packet" in cut.stderr
    assert cut.stderr.count("\n") == 1
