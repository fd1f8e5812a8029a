"""The log: a seek equals the fold from the start; a look back knows no more than was known then."""

import random
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate
from pathlib import Path
from typing import cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sockviz.errors import UserError
from sockviz.events import (
    AnyEvent,
    Marked,
    ProgramEnded,
    ProgramStarted,
    SegmentCaptured,
    SegmentDelivered,
    SegmentDropped,
    SegmentReleased,
    SegmentSent,
)
from sockviz.recording.reader import Reader, read
from sockviz.session import index, keyframes, log, recent, spill
from sockviz.session import timeline as module
from sockviz.session.index import Kind
from sockviz.session.pace import Pace, screen_time
from sockviz.session.recent import Recent, RecentDraft
from sockviz.session.timeline import Timeline
from sockviz.tcp.states import State
from sockviz.world.fold import advance
from sockviz.world.model import Arrow, Provenance, Transition, World

DATA = Path(__file__).parent.parent / "data"
RECORDINGS = sorted(DATA.glob("*.jsonl"))
START = 0
"""When each of them begins."""


@pytest.fixture(scope="module", params=RECORDINGS, ids=lambda path: path.stem)
def path(request: pytest.FixtureRequest) -> Path:
    """Recordings of real runs."""
    return cast("Path", request.param)


@pytest.fixture(scope="module")
def events(path: Path) -> list[AnyEvent]:
    return list(read(path))


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a short recording has keyframes, pages and chunks, and leaves the memory."""
    monkeypatch.setattr(keyframes, "EVERY", 16)
    monkeypatch.setattr(module, "STRIDE", 5)
    monkeypatch.setattr(module, "_NEAR", 4)
    monkeypatch.setattr(module, "CHUNK", 32)
    monkeypatch.setattr(log, "CHUNK", 32)
    monkeypatch.setattr(index, "PAGE", 24)
    monkeypatch.setattr(index, "_AT_HAND", 2)
    monkeypatch.setattr(index, "_EXACT", 2)
    monkeypatch.setattr(spill, "ROOM", 4096)


@pytest.fixture(params=["kept", "read again"])
def opened(request: pytest.FixtureRequest, path: Path) -> Iterator[Timeline]:
    """The timeline of a recording, whose events it keeps, or reads again where they are."""
    if request.param == "kept":
        yield Timeline(read(path))
        return
    with Reader(path) as reader:
        file_log = log.FileLog(reader)
        timeline = Timeline(log=file_log)
        while more := file_log.more():
            timeline.extend(more)
        yield timeline


def fold(events: Sequence[AnyEvent], t: int) -> World:
    return advance(World(), [event for event in events if event.t <= t])[0]


def test_there_are_recordings() -> None:
    assert RECORDINGS


@settings(max_examples=60)
@given(data=st.data())
def test_a_seek_equals_the_fold_from_the_start(events: list[AnyEvent], data: st.DataObject) -> None:
    """Extend and seek in any order."""
    timeline = Timeline()
    fed = 0
    for _ in range(data.draw(st.integers(1, 8))):
        more = data.draw(st.integers(0, len(events) - fed))
        timeline.extend(events[fed : fed + more])
        fed += more
        t = data.draw(st.integers(-10, events[-1].t + 10))
        assert timeline.world_at(t) == fold(events[:fed], t)
        assert timeline.edge == fold(events[:fed], events[-1].t)


def test_every_time_of_a_recording_backwards(opened: Timeline, events: list[AnyEvent]) -> None:
    for event in reversed(events):
        assert opened.world_at(event.t) == fold(events, event.t)


def arrows_at(events: Sequence[AnyEvent], t: int) -> list[Arrow]:
    """All arrows as known at `t`, by the fold alone."""
    facts = advance(World(), [event for event in events if event.t <= t])[1]
    latest = {fact.id: fact for fact in facts if isinstance(fact, Arrow)}
    return sorted(latest.values(), key=lambda arrow: (arrow.sent, arrow.id))


def histories(world: World) -> list[Transition]:
    """All transitions as known in `world`."""
    ends = [
        end for connection in world.connections.values() for end in (connection.client, connection.server)
    ]
    return [transition for holder in (*ends, *world.listeners.values()) for transition in holder.history]


def same(some: Sequence[Transition], others: Sequence[Transition]) -> bool:
    return sorted(some, key=repr) == sorted(others, key=repr)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_look_back_knows_no_more_than_was_known(
    opened: Timeline, events: list[AnyEvent], data: st.DataObject
) -> None:
    for _ in range(3):
        t = data.draw(st.integers(0, events[-1].t))
        arrows = arrows_at(events, t)
        assert list(opened.last_arrows(100, t)) == arrows
        assert list(opened.last_arrows(3, t)) == arrows[-3:]
        assert same(opened.last_transitions(240, t), histories(fold(events, t)))


def test_no_more_is_kept_than_a_screen_shows(events: list[AnyEvent], monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Timeline(events)
    monkeypatch.setattr(recent, "ARROWS", 4)
    monkeypatch.setattr(recent, "TRANSITIONS", 6)
    timeline = Timeline(events)
    for event in events:
        assert list(timeline.last_arrows(9, event.t)) == list(whole.last_arrows(4, event.t))
        few = timeline.last_transitions(9, event.t)
        assert len(few) <= 6
        assert list(few) == list(whole.last_transitions(len(few), event.t))


def transition(t: int, before: State, after: State, corrects: int = 0) -> Transition:
    return Transition(t, "client", "a", "b", before, after, Provenance.INFERRED, 1, corrects=corrects)


def test_what_a_sample_takes_back_is_gone_from_then_on() -> None:
    first = transition(1, State.CLOSED, State.SYN_SENT)
    wrong = transition(5, State.SYN_SENT, State.ESTABLISHED)
    right = transition(9, State.SYN_SENT, State.CLOSED, corrects=1)
    draft = RecentDraft(Recent())
    assert [draft.add(fact.t, [fact]) for fact in (first, wrong)] == [True, True]
    assert draft.freeze().transitions == (first, wrong)
    assert draft.add(9, [right])
    assert draft.freeze().transitions == (first, right)


def test_a_confirmation_takes_the_place_of_what_it_confirms() -> None:
    first, second = transition(1, State.CLOSED, State.SYN_SENT), transition(2, State.SYN_SENT, State.CLOSED)
    draft = RecentDraft(Recent((), (first, second)))
    sampled = replace(first, provenance=Provenance.SAMPLED)
    assert not draft.add(7, [sampled])
    assert draft.freeze().transitions == (sampled, second)


def test_what_becomes_of_something_out_of_sight_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recent, "TRANSITIONS", 1)
    first, second = transition(1, State.CLOSED, State.SYN_SENT), transition(2, State.SYN_SENT, State.CLOSED)
    draft = RecentDraft(Recent())
    draft.add(1, [first])
    draft.add(2, [second])
    draft.add(3, [replace(first, provenance=Provenance.SAMPLED)])
    assert draft.freeze().transitions == (second,)


def stops(timeline: Timeline, kind: Kind) -> list[int]:
    """All times of that kind, there and back."""
    times = []
    t: int | None = -1
    while t is not None and (t := timeline.next_event(t, kind)) is not None:
        times.append(t)
    back = []
    t = timeline.end + 1
    while t is not None and (t := timeline.previous_event(t, kind)) is not None:
        back.append(t)
    assert back == times[::-1]
    assert times == sorted(set(times))
    return times


def test_steps_visit_each_segment_and_each_transition(opened: Timeline, events: list[AnyEvent]) -> None:
    kinds = SegmentSent | SegmentReleased | SegmentDelivered | SegmentDropped | SegmentCaptured
    assert stops(opened, Kind.SEGMENT) == sorted({event.t for event in events if isinstance(event, kinds)})
    changes = {fact.t for fact in advance(World(), events)[1] if isinstance(fact, Transition)}
    assert stops(opened, Kind.STATE) == sorted(changes)
    moments = set(stops(opened, Kind.MOMENT))
    assert moments > set(stops(opened, Kind.SEGMENT)) | changes
    assert len(moments) < len({event.t for event in events})


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_step_forward_and_back_shows_the_same(
    opened: Timeline, events: list[AnyEvent], data: st.DataObject
) -> None:
    kind = data.draw(st.sampled_from([Kind.MOMENT, Kind.SEGMENT, Kind.STATE]))
    times = stops(opened, kind)
    at = data.draw(st.integers(0, len(times) - 2))

    def shown(t: int) -> tuple[object, ...]:
        return opened.world_at(t), opened.last_arrows(60, t), opened.last_transitions(200, t)

    before = shown(times[at])
    there = opened.next_event(times[at], kind)
    assert there is not None
    assert shown(there)[0] == fold(events, there)
    back = opened.previous_event(there, kind)
    assert back == times[at]
    assert shown(back) == before


@pytest.mark.parametrize("pace", Pace)
def test_the_axis_is_the_time_it_takes_to_play(opened: Timeline, events: list[AnyEvent], pace: Pace) -> None:
    moments = stops(opened, Kind.MOMENT)
    axis, total, last = opened.index, 0, START
    for moment in moments:
        if moment > last:
            total += screen_time(moment - last, None, pace)
        last = max(moment, last)
        assert axis.played(moment, pace) == total
    whole = axis.played(opened.end, pace)
    assert whole >= total
    columns = axis.density(50, whole, pace)
    assert len(columns) == 50
    assert sum(columns) == len([moment for moment in moments if moment > START])


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_the_axis_can_be_pointed_at(opened: Timeline, data: st.DataObject) -> None:
    pace = data.draw(st.sampled_from(Pace))
    some, other = sorted(data.draw(st.tuples(*[st.integers(START, opened.end)] * 2)))
    axis = opened.index
    assert axis.played(some, pace) <= axis.played(other, pace)
    there = axis.at_played(axis.played(some, pace), pace)
    apart = abs(axis.played(there, pace) - axis.played(some, pace))
    assert abs(there - some) <= 1 or apart <= 1  # to one ns, on the scale that is the coarser one
    assert START <= there <= opened.end


def test_marks_are_stopped_at_wherever_they_come_from() -> None:
    timeline = Timeline([Marked(t=5, text="recorded"), Marked(t=9, text="later")])
    timeline.marks.add(7, "of this view")
    assert [mark.text for mark in timeline.marks] == ["recorded", "of this view", "later"]
    assert stops(timeline, Kind.MARK) == [5, 7, 9]


def test_events_out_of_order_count_as_happening_now(events: list[AnyEvent]) -> None:
    shuffled = events[:1] + random.Random(1).sample(events[1:], len(events) - 1)
    timeline = Timeline(shuffled)
    times = list(accumulate((event.t for event in shuffled), max))
    for t in times[:: len(times) // 10]:
        count = bisect_right(times, t)
        assert count == timeline.index.count(t)
        assert timeline.world_at(t) == advance(World(), shuffled[:count])[0]


def test_a_recording_that_is_changed_while_it_is_looked_at_is_said(path: Path, tmp_path: Path) -> None:
    copy = tmp_path / "r.jsonl"
    copy.write_bytes(path.read_bytes())
    with Reader(copy) as reader:
        file_log = log.FileLog(reader)
        timeline = Timeline(log=file_log)
        while more := file_log.more():
            timeline.extend(more)
        copy.write_bytes(b"")
        with pytest.raises(UserError, match="was changed"):
            timeline.world_at(timeline.end // 2)


def test_what_can_not_be_packed_is_kept_as_it_is() -> None:
    """A recording that somebody has tampered with may hold numbers that nothing else does."""
    events = [ProgramEnded(t=t, host="client", pid=1, status=2**70) for t in range(100)]
    started = ProgramStarted(t=0, host="client", pid=1, program="x")
    timeline = Timeline([started, *events])
    for t in range(0, 100, 7):
        assert timeline.world_at(t) == fold([started, *events], t)


def test_a_world_of_very_many_connections_has_few_keyframes(
    events: list[AnyEvent], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyframes, "LARGE", 0)
    monkeypatch.setattr(keyframes, "_HELD", 4)
    timeline = Timeline(events)
    assert len(timeline._keyframes._held) <= 4
    for event in events[::-7]:
        assert timeline.world_at(event.t) == fold(events, event.t)


def test_how_long_a_segment_is_under_way(events: list[AnyEvent]) -> None:
    """What slow motion is timed by: in the lab what the wire says, on loopback what came of it."""
    timeline = Timeline(events)
    lab = timeline.header is not None and timeline.header.source == "lab"
    sent = {event.id: event for event in events if isinstance(event, SegmentSent)}
    arrived = {event.id: event.t for event in events if isinstance(event, SegmentDelivered)}
    lonely = [
        sent[segment]
        for segment, t in arrived.items()
        if not any(sent[segment].t <= other.t < t for other in sent.values() if other.id != segment)
        and not timeline.world_at(sent[segment].t - 1).wire.in_flight
    ]
    assert lonely
    for event in lonely:
        end = event.due if lab else arrived[event.id]
        assert timeline.flight_at(event.t) == (None if end is None else end - event.t)
