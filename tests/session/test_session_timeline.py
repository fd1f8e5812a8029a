"""The log: a seek equals the fold from the start; a look back knows no more than was known then."""

import random
from bisect import bisect_right
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sockviz.events import AnyEvent, SegmentDelivered, SegmentSent
from sockviz.recording.reader import read
from sockviz.session import timeline as module
from sockviz.session.facts import Facts
from sockviz.session.timeline import Timeline
from sockviz.tcp.states import State
from sockviz.world.fold import advance
from sockviz.world.model import Arrow, Provenance, Transition, World

DATA = Path(__file__).parent.parent / "data"
RECORDINGS = sorted(DATA.glob("*.jsonl"))


@pytest.fixture(scope="module", params=RECORDINGS, ids=lambda path: path.stem)
def events(request: pytest.FixtureRequest) -> list[AnyEvent]:
    """Recordings of real runs."""
    return list(read(request.param))


@pytest.fixture(autouse=True)
def many_keyframes(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a short recording has them, and has them thinned."""
    monkeypatch.setattr(module, "KEYFRAME_EVERY", 8)
    monkeypatch.setattr(module, "KEYFRAMES", 6)


def fold(events: Sequence[AnyEvent], t: int) -> World:
    return advance(World(), [event for event in events if event.t <= t])[0]


def test_there_are_recordings() -> None:
    assert RECORDINGS


@settings(max_examples=60, deadline=None)
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


def test_every_time_of_a_recording_backwards(events: list[AnyEvent]) -> None:
    timeline = Timeline(events)
    for event in reversed(events):
        assert timeline.world_at(event.t) == fold(events, event.t)


def test_the_number_of_keyframes_is_bounded(events: list[AnyEvent]) -> None:
    timeline = Timeline(events)
    assert len(events) > module.KEYFRAMES * module.KEYFRAME_EVERY
    assert len(timeline._keyframes) <= module.KEYFRAMES


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


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_look_back_knows_no_more_than_was_known(events: list[AnyEvent], data: st.DataObject) -> None:
    timeline = Timeline(events)
    t1 = data.draw(st.integers(0, events[-1].t))
    t0 = data.draw(st.integers(0, t1))
    arrows = arrows_at(events, t1)
    assert timeline.last_arrows(10**6, t1) == arrows
    assert timeline.last_arrows(3, t1) == arrows[-3:]
    ended = {arrow.id: arrow.dropped if arrow.arrived is None else arrow.arrived for arrow in arrows}
    assert timeline.arrows(t0, t1) == [a for a in arrows if (t1 if (t := ended[a.id]) is None else t) >= t0]
    known = histories(fold(events, t1))
    assert same(timeline.last_transitions(10**6, t1), known)
    assert same(timeline.transitions(t0, t1), [transition for transition in known if transition.t >= t0])


def test_what_a_sample_takes_back_is_gone_from_then_on() -> None:
    def transition(t: int, before: State, after: State, corrects: int = 0) -> Transition:
        return Transition(t, "client", "a", "b", before, after, Provenance.INFERRED, 1, corrects=corrects)

    first = transition(1, State.CLOSED, State.SYN_SENT)
    wrong = transition(5, State.SYN_SENT, State.ESTABLISHED)
    right = transition(9, State.SYN_SENT, State.CLOSED, corrects=1)
    facts = Facts()
    for fact in (first, wrong, right):
        facts.add(fact.t, [fact], step=False)
    assert facts.transitions.last(9, 8) == [first, wrong]
    assert facts.transitions.last(9, 9) == [first, right]
    assert list(facts.transitions.between(5, 10)) == [right]


def test_steps_visit_each_segment_and_each_transition(events: list[AnyEvent]) -> None:
    timeline = Timeline(events)
    times = []
    t: int | None = -1
    while t is not None and (t := timeline.next_event(t)) is not None:
        times.append(t)
    assert times == sorted(set(times))
    wanted = {event.t for event in events if isinstance(event, SegmentSent | SegmentDelivered)}
    assert wanted <= set(times)
    assert {fact.t for fact in timeline.transitions(0, events[-1].t)} <= set(times)
    assert len(times) < len({event.t for event in events})
    back = []
    t = events[-1].t + 1
    while (t := timeline.previous_event(t)) is not None:
        back.append(t)
    assert back == times[::-1]


def test_events_out_of_order_count_as_happening_now(events: list[AnyEvent]) -> None:
    shuffled = events[:1] + random.Random(1).sample(events[1:], len(events) - 1)
    timeline = Timeline(shuffled)
    times = timeline._times
    assert list(times) == sorted(times)
    for t in times[:: len(times) // 10]:
        count = bisect_right(times, t)
        assert timeline.world_at(t) == advance(World(), shuffled[:count])[0]


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
        and not timeline.arrows(sent[segment].t - 1, sent[segment].t - 1)
    ]
    assert lonely
    for event in lonely:
        end = event.due if lab else arrived[event.id]
        assert timeline.flight_at(event.t) == (None if end is None else end - event.t)
