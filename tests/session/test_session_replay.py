"""A recording or a capture as a session's source: looked at while it is read, up to where it is damaged."""

import asyncio
import os
import threading
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from sockviz.errors import UserError
from sockviz.events import AnyEvent
from sockviz.export.pcapng import blocks
from sockviz.intents import Connect
from sockviz.recording.capture.catalogue import summarise
from sockviz.recording.reader import read
from sockviz.session import log
from sockviz.session.captured import Captured
from sockviz.session.index import Kind
from sockviz.session.pace import Pace
from sockviz.session.playback import Mode
from sockviz.session.replay import Replay
from sockviz.session.session import Session
from sockviz.session.source import Source
from sockviz.tcp.states import State
from sockviz.world.fold import advance
from sockviz.world.model import World

DATA = Path(__file__).parents[1] / "data"
LIFE = DATA / "life-lab.jsonl"
SECOND = 1_000_000_000


class Clock:
    """Stands still unless it is moved."""

    def __init__(self) -> None:
        self.now = 1000 * SECOND

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


Open = Callable[[Source], Session]
Replayed = Callable[[Source], Awaitable[Session]]


@pytest.fixture
def opened(clock: Clock) -> Iterator[Open]:
    """Sessions that are closed in the end."""
    sessions = []

    def open_(source: Source) -> Session:
        sessions.append(Session(source, clock=clock))
        return sessions[-1]

    yield open_
    for session in sessions:
        session.kill()


@pytest.fixture
def replayed(opened: Open, clock: Clock) -> Replayed:
    """Sessions that have read everything."""

    async def read_all(source: Source) -> Session:
        session = opened(source)
        await session.run()
        session.tick(clock.now)
        return session

    return read_all


def fold(events: list[AnyEvent]) -> World:
    return advance(World(), events)[0]


@pytest.mark.parametrize("path", sorted(DATA.glob("*.jsonl")), ids=lambda path: path.stem)
async def test_a_recording_ends_as_the_run_did(replayed: Replayed, path: Path) -> None:
    session = await replayed(Replay(path))
    assert (session.recorded, session.name, session.progress) == (True, path.name, 1.0)
    assert session.now == 0
    assert session.mode is Mode.PAUSED
    session.live()
    assert session.world == fold(list(read(path)))
    assert session.mode is Mode.PAUSED
    assert not session.past


async def test_it_plays_from_the_beginning_to_the_end_and_stops(replayed: Replayed, clock: Clock) -> None:
    session = await replayed(Replay(LIFE))
    while session.speed > 1 / 100:
        session.faster(-1)
    session.play()
    states = set()
    for _ in range(20_000):
        clock.now += SECOND // 30
        session.tick(clock.now)
        states |= {connection.client.state for connection in session.world.connections.values()}
        if session.mode is Mode.PAUSED:
            break
    assert session.now == session.timeline.end
    assert {State.SYN_SENT, State.ESTABLISHED, State.FIN_WAIT1, State.TIME_WAIT} <= states


async def test_loopback_is_replayed_in_slow_motion_as_it_was_shown(replayed: Replayed) -> None:
    session = await replayed(Replay(DATA / "life-loopback.jsonl"))
    assert session.pace is Pace.SLOW
    session.play()
    assert session.in_slow_motion


async def test_it_can_be_looked_at_while_it_is_read(
    opened: Open, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "CHUNK", 16)
    monkeypatch.setattr("sockviz.session.replay.CHUNK", 16)
    monkeypatch.setattr("sockviz.session.timeline.CHUNK", 16)
    session = opened(Replay(LIFE))
    task = asyncio.create_task(session.run())
    progress, ends = [], []
    while not task.done():
        progress.append(session.progress)
        session.live()
        session.tick(clock.now)
        ends.append(session.now)
        session.step(-1, Kind.SEGMENT)
        await asyncio.sleep(0)
    await task
    assert progress == sorted(progress)
    assert len({*progress}) > 5
    assert 0 < progress[len(progress) // 2] < 1
    assert ends == sorted(ends)


async def test_nothing_is_asked_of_a_recording(replayed: Replayed) -> None:
    session = await replayed(Replay(LIFE))
    before = len(session.timeline)
    session.send(Connect())
    assert len(session.timeline) == before


async def test_marks_of_the_one_who_looks_are_not_in_the_recording(replayed: Replayed) -> None:
    content = LIFE.read_bytes()
    session = await replayed(Replay(LIFE))
    session.step(1)
    here = session.now
    session.mark()
    session.live()
    session.step(-1, Kind.MARK)
    assert session.now == here
    assert LIFE.read_bytes() == content


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (b'{"event":"marked","t":', "cut off in line 41"),
        (b"nonsense\n", ", line 41: JSON is malformed"),
        (b'{"event":"marked","t":-5,"text":""}\n', ", line 41: the time -5 is out of range"),
        (b"\0" * 5000, ", line 41: "),
    ],
)
async def test_a_damaged_recording_opens_up_to_the_damage_and_says_where_it_is(
    replayed: Replayed, damage: bytes, said: str, tmp_path: Path
) -> None:
    path = tmp_path / "r.jsonl"
    lines = LIFE.read_bytes().splitlines(keepends=True)
    path.write_bytes(
        b"".join(lines[:40]) + damage + (b"" if said.startswith("cut") else b"".join(lines[40:]))
    )
    session = await replayed(Replay(path))
    assert said in session.notice
    assert "everything before it is" in session.notice
    assert session.failure is None
    session.live()
    assert session.world == fold(list(read(LIFE))[:40])


def test_what_is_no_recording_is_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "r"
    path.write_text("hello\n")
    with pytest.raises(UserError, match="no recording"):
        Replay(path)


async def test_a_pipe_can_be_replayed_and_looked_back_at(replayed: Replayed, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(LIFE.read_bytes()))
    writer.start()
    session = await replayed(Replay(pipe))
    writer.join()
    events = list(read(LIFE))
    session.seek(events[80].t)
    assert session.world == fold([event for event in events if event.t <= events[80].t])


async def test_closing_ends_the_reading(opened: Open) -> None:
    session = opened(Replay(LIFE))
    await session.close()
    await session.run()
    assert not len(session.timeline)


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    """What was on the wire, as a capture."""
    path = tmp_path / "life.pcapng"
    path.write_bytes(b"".join(blocks(read(DATA / "life-lab.jsonl"))))
    return path


async def test_a_capture_is_replayed_as_a_whole_or_one_connection_of_it(
    replayed: Replayed, capture: Path
) -> None:
    whole = await replayed(Captured(capture))
    assert (whole.recorded, whole.progress, whole.ended) == (True, 1.0, True)
    connections = summarise(capture).connections
    assert len(connections) == 2
    whole.live()
    assert len(whole.world.connections) == 2
    one = await replayed(Captured(capture, connections[1]))
    assert one.name == "life.pcapng #2"
    one.live()
    (only,) = one.world.connections.values()
    assert only.client.local == connections[1].client


async def test_a_capture_that_is_none_says_so(opened: Open, tmp_path: Path) -> None:
    path = tmp_path / "c.pcap"
    path.write_bytes(b"hello")
    session = opened(Captured(path))
    with pytest.raises(UserError, match="no capture"):
        await session.run()
    assert session.failure is not None


async def test_a_capture_is_not_read_on_when_nobody_looks_any_more(opened: Open, capture: Path) -> None:
    session = opened(Captured(capture))
    await session.close()
    await session.run()
    assert session.ended
    assert not len(session.timeline)
