import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from sockviz.events import Segment, SegmentDropped, SegmentReleased, SegmentSent, WireChanged
from sockviz.lab.line import DELAYED_ACK, Line, NotOnWireError, Sending

SEGMENT = Segment(
    source="10.0.0.2:1", destination="10.0.0.1:8001", flags="SYN", seq=1, ack=0, window=1, length=0
)


def sending(t=0, identity="a", sender="client", receiver="server"):
    return Sending(t, sender, receiver, SEGMENT, identity, b"frame of " + str(identity).encode())


def taken(line, now):
    found = []
    while arrival := line.take_due(now):
        found.append(arrival.id)
    return found


def test_a_flowing_segment_is_due_after_the_delay():
    line = Line("flow", delay=100)
    (sent,) = line.send(sending(t=7))
    assert (sent.id, sent.t, sent.due) == (1, 7, 107)
    assert line.next_due() == 107
    assert line.take_due(106) is None
    arrival = line.take_due(107)
    assert (arrival.id, arrival.receiver, arrival.frame) == (1, "server", b"frame of a")
    assert line.next_due() is None


def test_a_held_segment_has_no_due_time_until_it_is_released_from_the_middle():
    line = Line("hold", delay=100)
    (sent,) = line.send(sending(t=7))
    assert sent.due is None
    assert line.next_due() is None
    assert line.release(50) == [SegmentReleased(t=50, id=1, due=100)]
    assert taken(line, 99) == []
    assert taken(line, 100) == [1]


def test_a_copy_of_a_held_segment_is_shown_but_not_kept():
    line = Line("hold")
    line.send(sending(t=0))
    sent, dropped = line.send(sending(t=1000))
    assert isinstance(sent, SegmentSent)
    assert dropped == SegmentDropped(t=1000, id=2, cause="resent", original=1)
    line.send(sending(t=3000))
    line.release_all(4000)
    assert taken(line, 4000) == [1]


def test_a_copy_of_what_is_still_on_its_way_is_not_kept_but_of_what_arrived_or_was_lost_is():
    line = Line("hold", delay=100)
    line.send(sending())
    line.release(0)
    assert len(line.send(sending(t=10))) == 2
    assert taken(line, 100) == [1]
    assert len(line.send(sending(t=110))) == 1
    line.drop(120, 3)
    assert len(line.send(sending(t=130))) == 1


def test_what_is_sent_again_while_its_acknowledgement_is_held_is_not_kept():
    line = Line("hold")
    answer = Segment(
        source="10.0.0.1:8001", destination="10.0.0.2:1", flags="SYN|ACK", seq=9, ack=2, window=1, length=0
    )
    line.send(Sending(0, "server", "client", answer, "answer", b""))
    _, dropped = line.send(sending(t=1000))
    assert dropped == SegmentDropped(t=1000, id=2, cause="resent")
    data = structs.replace(SEGMENT, flags="ACK", seq=2, length=5)
    assert len(line.send(Sending(1001, "client", "server", data, "data", b""))) == 1, "not acknowledged yet"
    line.release_all(2000)
    assert taken(line, 2000) == [1, 3]
    assert len(line.send(sending(t=3000))) == 1, "the acknowledgement was lost on the way to the program"


def test_the_syn_acks_of_a_simultaneous_open_cross_and_are_both_kept():
    line = Line("hold")
    left = structs.replace(SEGMENT, flags="SYN|ACK", ack=10)
    right = structs.replace(left, source=left.destination, destination=left.source, seq=9, ack=2)
    assert len(line.send(Sending(0, "server", "client", right, "right", b""))) == 1
    assert len(line.send(Sending(1, "client", "server", left, "left", b""))) == 1
    assert len(line.send(Sending(2, "client", "server", left, "left", b""))) == 2, "resent"


def test_to_flow_releases_all_in_order_and_what_is_sent_later_arrives_later():
    line = Line("hold", delay=100)
    for identity in "abc":
        line.send(sending(identity=identity))
    changed, *released = line.change(10, mode="flow")
    assert changed == WireChanged(t=10, mode="flow", delay=100)
    assert [event.id for event in released] == [1, 2, 3]
    line.change(11, delay=0)
    line.send(sending(t=12, identity="d"))
    assert taken(line, 10_000) == [1, 2, 3, 4]


def test_a_cut_wire_loses_what_is_on_it_and_what_is_put_on_it():
    line = Line("flow", delay=100)
    line.send(sending())
    assert line.change(5, mode="cut")[1:] == [SegmentDropped(t=5, id=1, cause="cut")]
    _, dropped = line.send(sending(t=6, identity="b"))
    assert dropped == SegmentDropped(t=6, id=2, cause="cut")
    assert line.change(7, mode="hold") == [WireChanged(t=7, mode="hold", delay=100)]
    assert taken(line, 10_000) == []
    assert line.next_due() is None


def test_dropping_takes_the_oldest_or_the_one_that_is_named():
    line = Line("hold", delay=100)
    for identity in "abc":
        line.send(sending(identity=identity))
    line.release(0, 2)
    assert line.drop(1) == [SegmentDropped(t=1, id=1, cause="operator")]
    assert line.drop(2, 2) == [SegmentDropped(t=2, id=2, cause="operator")]
    line.release_all(3)
    assert taken(line, 10_000) == [3]


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda line: line.release(0, 9), "not on the wire"),
        (lambda line: line.drop(0, 9), "not on the wire"),
        (lambda line: line.release(0, 1), "on its way"),
        (lambda line: (line.take_due(1000), line.drop(0)), "No segment is on the wire"),
        (lambda line: line.release(0), "No segment is held"),
        (lambda line: line.release_all(0), "No segment is held"),
    ],
)
def test_what_is_not_there_can_be_neither_released_nor_dropped(act, words):
    line = Line("flow", delay=100)
    line.send(sending())
    with pytest.raises(NotOnWireError, match=words):
        act(line)


steps = st.lists(
    st.one_of(
        st.tuples(st.just("send"), st.sampled_from(["client", "server"]), st.integers(0, 3)),
        st.tuples(st.just("release"), st.integers(1, 30)),
        st.tuples(st.just("release_all")),
        st.tuples(st.just("drop"), st.integers(1, 30)),
        st.tuples(st.just("change"), st.just("mode"), st.sampled_from(["flow", "hold", "cut"])),
        st.tuples(st.just("change"), st.just("delay"), st.integers(0, 50)),
        st.tuples(st.just("take")),
    ),
    max_size=60,
)


def act(line, now, step):
    """Do one step of a script; what the line says."""
    match step:
        case "send", sender, number:
            receiver = "server" if sender == "client" else "client"
            return line.send(sending(now, (sender, number), sender, receiver))
        case "release", segment:
            return line.release(now, segment)
        case ("release_all",):
            return line.release_all(now)
        case "drop", segment:
            return line.drop(now, segment)
        case "change", name, value:
            return line.change(now, **{name: value})
    return []


@given(steps)
def test_each_segment_has_one_fate_and_each_due_time_is_kept(script):
    line, now, told, arrived = Line(), 0, [], []
    for step in [*script, ("change", "mode", "flow")]:
        now += 7
        with contextlib.suppress(NotOnWireError):
            told += act(line, now, step)
        if step == ("take",):
            arrived += [(now, segment) for segment in taken(line, now)]
    arrived += [(now + 1000, segment) for segment in taken(line, now + 1000)]

    sent = {event.id: event for event in told if isinstance(event, SegmentSent)}
    due = {segment: event.due for segment, event in sent.items() if event.due is not None}
    due |= {event.id: event.due for event in told if isinstance(event, SegmentReleased)}
    dropped = [event.id for event in told if isinstance(event, SegmentDropped)]
    assert sorted(dropped + [segment for _, segment in arrived]) == list(sent)
    assert all(due[segment] <= when for when, segment in arrived)
    for receiver in ("client", "server"):
        dues = [due[segment] for _, segment in arrived if sent[segment].receiver == receiver]
        assert dues == sorted(dues)


def fin(t, identity="fin", flags="FIN|ACK", length=0):
    segment = structs.replace(SEGMENT, flags=flags, length=length)
    return Sending(t, "client", "server", segment, identity, b"")


@pytest.mark.parametrize(("flags", "length"), [("FIN|ACK", 0), ("PSH|ACK", 5)])
def test_a_copy_of_what_has_just_arrived_is_not_kept_while_its_ack_may_be_delayed(flags, length):
    line = Line("hold")
    line.send(fin(0, flags=flags, length=length))
    line.release(1_000)
    assert taken(line, 1_000) == [1]
    _, dropped = line.send(fin(1_000 + DELAYED_ACK, flags=flags, length=length))
    assert dropped == SegmentDropped(t=1_000 + DELAYED_ACK, id=2, cause="resent")
    assert len(line.send(fin(1_001 + DELAYED_ACK, flags=flags, length=length))) == 1, (
        "it was ignored, or lost"
    )


def test_a_copy_of_a_syn_that_has_just_arrived_stays():
    """It is answered at once, or ignored, as by a listener whose accept queue is full."""
    line = Line("hold")
    line.send(sending(t=0))
    line.release(0)
    assert taken(line, 0) == [1]
    assert len(line.send(sending(t=1))) == 1
