"""Random event logs: a seek equals the fold from the start, and what was written is what is read."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1] / "world"))
from test_world_properties import HEADER, anything

from sockviz.events import AnyEvent, decode, encode
from sockviz.recording.reader import Reader, read
from sockviz.recording.writer import Writer
from sockviz.session import index, keyframes, log
from sockviz.session import timeline as module
from sockviz.session.index import Kind
from sockviz.session.timeline import Timeline
from sockviz.world.fold import advance
from sockviz.world.model import World

QUIET = settings(
    max_examples=60,
    deadline=None,
    # Many a random log has no two moments of a kind: those are passed over.
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.filter_too_much,
    ],
)


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a few events have keyframes, pages and chunks."""
    monkeypatch.setattr(keyframes, "EVERY", 6)
    monkeypatch.setattr(module, "STRIDE", 3)
    monkeypatch.setattr(module, "_NEAR", 2)
    monkeypatch.setattr(module, "CHUNK", 8)
    monkeypatch.setattr(log, "CHUNK", 8)
    monkeypatch.setattr(index, "PAGE", 5)
    monkeypatch.setattr(index, "_AT_HAND", 1)


def timed(log: Sequence[tuple[int, AnyEvent]]) -> Iterator[AnyEvent]:
    """The events, each so long after the one before."""
    yield HEADER
    t = 0
    for gap, event in log:
        t += gap
        yield msgspec.structs.replace(event, t=t)


logs = st.lists(st.tuples(st.integers(0, 3), anything), min_size=1, max_size=60).map(
    lambda log: list(timed(log))
)


def readable(events: list[AnyEvent]) -> bool:
    """The strategy also makes what no recording may hold."""
    try:
        return all(decode(encode(event)) == event for event in events)
    except msgspec.DecodeError:
        return False


def fold(events: list[AnyEvent], t: int) -> World:
    return advance(World(), [event for event in events if event.t <= t])[0]


@QUIET
@given(events=logs, data=st.data())
def test_a_seek_equals_the_fold_from_the_start(events: list[AnyEvent], data: st.DataObject) -> None:
    assume(readable(events))
    timeline, fed = Timeline(), 0
    while fed < len(events):
        more = data.draw(st.integers(1, len(events) - fed))
        timeline.extend(events[fed : fed + more])
        fed += more
        for t in data.draw(st.lists(st.integers(-1, events[-1].t + 1), max_size=4)):
            assert timeline.world_at(t) == fold(events[:fed], t)


@QUIET
@given(events=logs, data=st.data())
def test_what_was_written_and_read_gives_the_same_world(
    tmp_path_factory: pytest.TempPathFactory, events: list[AnyEvent], data: st.DataObject
) -> None:
    assume(readable(events))
    path = tmp_path_factory.mktemp("random") / "r.jsonl"
    with Writer(path) as writer:
        writer.write(events)
    assert list(read(path)) == events
    with Reader(path) as reader:
        file_log = log.FileLog(reader)
        timeline = Timeline(log=file_log)
        while more := file_log.more():
            timeline.extend(more)
        assert timeline.edge == fold(events, events[-1].t)
        for t in data.draw(st.lists(st.integers(-1, events[-1].t + 1), max_size=5)):
            assert timeline.world_at(t) == fold(events, t)


@QUIET
@given(events=logs, data=st.data())
def test_a_step_forward_and_back_shows_the_same(events: list[AnyEvent], data: st.DataObject) -> None:
    assume(readable(events))
    timeline = Timeline(events)
    kind = data.draw(st.sampled_from([Kind.MOMENT, Kind.SEGMENT, Kind.STATE]))
    here = timeline.next_event(data.draw(st.integers(-1, events[-1].t)), kind)
    assume(here is not None)
    before = timeline.world_at(here), timeline.last_arrows(60, here), timeline.last_transitions(200, here)
    there = timeline.next_event(here, kind)
    assume(there is not None)
    assert timeline.world_at(there) == fold(events, there)
    back = timeline.previous_event(there, kind)
    assert back == here
    assert (
        timeline.world_at(back), timeline.last_arrows(60, back), timeline.last_transitions(200, back)
    ) == before  # fmt: skip
