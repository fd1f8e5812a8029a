"""Where a packet on the wire is."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from story import DELAY, MS, S, Story

from sockviz.events import Segment
from sockviz.tui.render.flight import LINGER, Fate, packets, position
from sockviz.tui.render.lanes import Lanes, centre_out
from sockviz.world.model import InFlight, Wire

SEGMENT = Segment(source="a:1", destination="b:2", flags="SYN", seq=0, ack=0, window=0, length=0)
WIRE = Wire("flow", DELAY)


def flight(**known):
    return InFlight(1, "client", "server", SEGMENT, **{"sent": S, "due": S + DELAY, **known})


@pytest.mark.parametrize(
    ("after", "expected"), [(0, 0.0), (DELAY // 4, 0.25), (DELAY, 1.0), (2 * DELAY, 1.0), (-5, 0.0)]
)
def test_one_that_flows_moves_evenly(after, expected):
    assert position(flight(), WIRE, None, S + after) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("after", "expected"), [(0, 0.0), (DELAY // 4, 0.25), (DELAY // 2, 0.5), (9 * DELAY, 0.5)]
)
def test_a_held_one_goes_to_the_middle_in_half_the_delay_and_stands(after, expected):
    assert position(flight(due=None), WIRE, None, S + after) == pytest.approx(expected)


def test_a_held_one_without_delay_is_in_the_middle_at_once():
    assert position(flight(due=None), Wire("hold", 0), None, S) == pytest.approx(0.5)


def test_a_released_one_goes_on_from_the_middle():
    one = flight(released=S + 5 * S, due=S + 5 * S + DELAY // 2)
    assert position(one, WIRE, None, one.released) == pytest.approx(0.5)
    assert position(one, WIRE, None, one.released + DELAY // 4) == pytest.approx(0.75)
    assert position(one, WIRE, None, one.due) == pytest.approx(1.0)


def test_one_released_before_it_reached_the_middle_does_not_jump():
    one = flight(released=S + DELAY // 10, due=S + DELAY)
    before = position(flight(due=None), WIRE, None, one.released)
    assert position(one, WIRE, None, one.released) == pytest.approx(before)


@given(st.integers(0, 10**10), st.integers(0, 10**10), st.integers(0, 10**9), st.booleans())
def test_no_packet_ever_goes_back(first, second, delay, held):
    one = flight(due=None if held else S + delay)
    early, late = sorted((first, second))
    assert (
        0
        <= position(one, Wire("hold", delay), None, early)
        <= position(one, Wire("hold", delay), None, late)
        <= 1
    )


def test_on_loopback_the_recorded_arrival_tells_the_position_and_nothing_is_called_held():
    story = Story(source="loopback", delay=0)
    story.send(S, 1, "client", "SYN", held=True)
    (unknown,) = packets(story.view(S + 10_000), {})
    assert unknown.fate is Fate.MOVING
    story.arrows[0] = replace(story.arrows[0], arrived=S + 40_000)
    (known,) = packets(story.view(S + 10_000), {})
    assert known.fate is Fate.MOVING
    assert known.fraction == pytest.approx(0.25)


def test_a_lost_one_stays_for_a_while_where_it_was_last_seen():
    story = Story()
    number = story.send(S, 1, "client", "SYN", dropped=S + 100 * MS, cause="operator")
    (lost,) = packets(story.view(S + 300 * MS), {number: 0.3})
    assert (lost.fate, lost.fraction) == (Fate.LOST, pytest.approx(0.3))
    (unseen,) = packets(story.view(S + 300 * MS), {})
    assert unseen.fraction == pytest.approx(0.25)
    assert packets(story.view(S + 100 * MS + LINGER), {}) == []


def test_an_ignored_one_lies_at_the_receiver_and_a_copy_that_the_wire_did_not_take_nowhere():
    story = Story()
    story.send(S, 1, "client", "ACK", arrived=S + DELAY, ignored=True, cause="the accept queue is full")
    story.send(S, 1, "client", "SYN", dropped=S, cause="resent")
    (ignored,) = packets(story.view(S + DELAY + MS), {})
    assert (ignored.fate, ignored.fraction, ignored.cause) == (Fate.IGNORED, 1.0, "the accept queue is full")


def test_what_arrived_is_gone_from_the_wire():
    story = Story()
    story.send(S, 1, "client", "SYN", arrived=S + DELAY)
    assert packets(story.view(S + DELAY + MS), {}) == []


@given(st.lists(st.sets(st.integers(1, 30), max_size=8), max_size=12), st.integers(1, 8))
def test_a_packet_keeps_its_lane_and_no_two_share_one(frames, count):
    lanes, before = Lanes(), {}
    for ids in frames:
        now = lanes.assign(sorted(ids), count)
        assert len(set(now.values())) == len(now)
        assert all(0 <= lane < count for lane in now.values())
        assert all(now[one] == lane for one, lane in before.items() if one in ids)
        assert len(now) == min(len(ids), count)
        before = now


@given(st.integers(0, 20))
def test_lanes_are_filled_from_the_middle(count):
    order = centre_out(count)
    assert sorted(order) == list(range(count))
    assert not order or order[0] == (count - 1) // 2
