"""What a view sees of a run, at the playhead. Recordings of real runs come in; the clock is an argument."""

from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from sockviz.events import AnyEvent, SegmentDelivered, SegmentSent
from sockviz.intents import Connect, Intent, Quit, Wire
from sockviz.recording.reader import read
from sockviz.session.plan import Plan
from sockviz.session.playback import Mode
from sockviz.session.run import Run
from sockviz.session.session import Session
from sockviz.tcp.states import State

if TYPE_CHECKING:
    from sockviz.session.engine import EngineLink

DATA = Path(__file__).parent.parent / "data"
SECOND = 1_000_000_000
FRAME = SECOND // 30


class Sink:
    """The other side of the link: what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[Intent] = []

    def send(self, intent: Intent) -> None:
        self.asked.append(intent)


class Theatre:
    """A session, its clock and what its engine was asked for."""

    def __init__(self, recording: str, plan: Plan | None = None) -> None:
        self.events = list(read(DATA / f"{recording}.jsonl"))
        self.now = 1_000 * SECOND
        self.link = Sink()
        run = Run(plan or Plan(), cast("EngineLink", self.link))
        self.session = Session(run, clock=lambda: self.now)

    def receive(self, events: list[AnyEvent]) -> None:
        self.session.receive(events)

    def pass_time(self, ns: int) -> None:
        for _ in range(max(1, ns // FRAME)):
            self.now += min(ns, FRAME)
            self.session.tick(self.now)

    def play_all(self) -> list[tuple[int, int, int]]:
        """The whole run arrives at once; for each frame the clock, the playhead, the segments on the wire."""
        self.session.receive(self.events)
        seen = []
        for _ in range(10_000):
            self.pass_time(FRAME)
            seen.append((self.now, self.session.now, len(self.session.world.wire.in_flight)))
            if self.session.mode is Mode.LIVE and len(seen) > 1:
                return seen
        raise AssertionError("it never came to the end")


@pytest.fixture
def lab() -> Theatre:
    return Theatre("life-lab")


@pytest.fixture
def loopback() -> Theatre:
    return Theatre("life-loopback")


def test_nothing_is_there_before_the_header(lab: Theatre) -> None:
    lab.pass_time(FRAME)
    assert not lab.session.ready
    assert lab.session.now == 0
    assert lab.session.world.header is None


class TestLab:
    def test_the_view_follows_the_run(self, lab: Theatre) -> None:
        for event in lab.events:
            lab.now += 1
            lab.receive([event])
            lab.session.tick(lab.now)
            assert lab.session.now >= event.t
            assert lab.session.world == lab.session.timeline.edge
        assert lab.session.world.ended == "quit"

    def test_time_passes_while_nothing_happens(self, lab: Theatre) -> None:
        half = lab.events[:80]
        lab.receive(half)
        lab.pass_time(5 * SECOND)
        assert lab.session.now - half[-1].t == pytest.approx(5 * SECOND, rel=0.1)

    def test_it_stands_still_at_the_end(self, lab: Theatre) -> None:
        lab.receive(lab.events)
        lab.pass_time(5 * SECOND)
        assert lab.session.now == lab.events[-1].t

    def test_a_pause_freezes_the_view_while_the_run_goes_on(self, lab: Theatre) -> None:
        lab.receive(lab.events[:80])
        lab.session.tick(lab.now)
        frozen = lab.session.world
        lab.session.pause()
        assert not lab.session.past
        lab.receive(lab.events[80:])
        lab.pass_time(SECOND)
        assert lab.session.world == frozen
        assert lab.session.past
        assert lab.session.timeline.edge.ended == "quit"
        lab.session.live()
        assert lab.session.world.ended == "quit"
        assert not lab.session.past

    def test_a_pause_without_a_look_is_no_jump(self, lab: Theatre) -> None:
        lab.receive(lab.events)
        lab.pass_time(FRAME)
        lab.session.seek(lab.events[40].t)
        lab.now += 3600 * SECOND
        lab.session.play()
        lab.session.tick(lab.now)
        assert lab.session.now < lab.events[40].t + SECOND

    def test_stepping_back_shows_each_state_of_a_handshake(self, lab: Theatre) -> None:
        lab.receive(lab.events)
        lab.pass_time(FRAME)
        states = []
        while lab.session.now > lab.events[0].t and len(states) < 1000:
            before = lab.session.now
            lab.session.step(-1)
            if lab.session.now == before:
                break
            connection = lab.session.world.connections.get(1)
            states.append(connection.server.state if connection else State.CLOSED)
        order = [state for state, last in zip(states, [None, *states], strict=False) if state != last]
        assert order[::-1] == ["CLOSED", "SYN_RECV", "ESTABLISHED", "CLOSE_WAIT", "LAST_ACK", "CLOSED"]


class TestLoopback:
    def test_a_life_of_milliseconds_is_shown_in_slow_motion(self, loopback: Theatre) -> None:
        seen = loopback.play_all()
        heads = [head for _, head, _ in seen]
        assert heads == sorted(heads)
        segments = sum(isinstance(event, SegmentSent) for event in loopback.events)
        assert seen[-1][0] - seen[0][0] >= segments * SECOND // 3

    def test_segments_are_on_the_wire_for_many_frames_and_it_is_known_when_they_arrive(
        self, loopback: Theatre
    ) -> None:
        arrived = {event.id: event.t for event in loopback.events if isinstance(event, SegmentDelivered)}
        frames = dict.fromkeys(arrived, 0)
        loopback.session.receive(loopback.events)
        for _ in range(10_000):
            loopback.pass_time(FRAME)
            for segment in loopback.session.world.wire.in_flight.values():
                frames[segment.id] += 1
                assert segment.due == arrived[segment.id]
            if loopback.session.mode is Mode.LIVE:
                break
        assert min(frames.values()) >= 10

    def test_live_skips_the_rest(self, loopback: Theatre) -> None:
        loopback.receive(loopback.events)
        loopback.pass_time(SECOND)
        assert loopback.session.in_slow_motion
        assert not loopback.session.past
        loopback.session.live()
        loopback.pass_time(FRAME)
        assert loopback.session.mode is Mode.LIVE
        assert loopback.session.behind == 0

    def test_the_server_s_first_calls_are_not_waited_for(self, loopback: Theatre) -> None:
        first = next(i for i, event in enumerate(loopback.events) if isinstance(event, SegmentSent))
        listening = loopback.events[: first - 3]
        loopback.receive(listening)
        loopback.pass_time(FRAME)
        assert loopback.session.mode is Mode.LIVE
        assert loopback.session.world.listeners


class TestAsking:
    def test_the_opening_is_asked_for_once_the_server_listens(self) -> None:
        theatre = Theatre("life-lab", Plan(opening=(Connect(count=3),)))
        for event in theatre.events:
            listening = bool(theatre.session.timeline.edge.listeners)
            assert theatre.link.asked == ([Connect(count=3)] if listening else [])
            theatre.receive([event])

    def test_the_run_ends_when_its_time_is_over(self) -> None:
        theatre = Theatre("life-lab", Plan(duration=2 * SECOND))
        theatre.receive(theatre.events[:40])
        theatre.pass_time(SECOND)
        assert (theatre.link.asked, theatre.session.expired) == ([], False)
        theatre.pass_time(2 * SECOND)
        assert (theatre.link.asked, theatre.session.expired) == ([Quit()], True)

    def test_intents_go_to_the_engine(self, lab: Theatre) -> None:
        lab.session.send(Wire(mode="cut"))
        assert lab.link.asked == [Wire(mode="cut")]


def test_a_view_is_told_when_something_came_in(lab: Theatre) -> None:
    calls = []
    lab.session.on_change = lambda: calls.append(len(lab.session.timeline))
    lab.receive(lab.events[:3])
    lab.receive(lab.events[3:5])
    assert calls == [3, 5]
