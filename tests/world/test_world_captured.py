"""Segments seen at one point of their way: both ends follow them."""

from captured import CLIENT, MS, SERVER, C, Capture, S, ways
from hypothesis import given, settings
from hypothesis import strategies as st

from sockviz import events
from sockviz.tcp.states import State
from sockviz.world.draft import KEPT
from sockviz.world.fold import advance
from sockviz.world.model import World


def test_a_whole_life():
    capture = (
        Capture()
        .shakes_hands()
        .c("PSH|ACK", C + 1, S + 1, 5)
        .s("PSH|ACK", S + 1, C + 6, 7)
        .c("FIN|ACK", C + 6, S + 8)
        .s("ACK", S + 8, C + 7)
        .s("FIN|ACK", S + 8, C + 7)
        .c("ACK", C + 7, S + 9)
    )
    assert capture.went() == {
        "client": ["SYN_SENT", "ESTABLISHED", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT"],
        "server": ["SYN_RECV", "ESTABLISHED", "CLOSE_WAIT", "LAST_ACK", "CLOSED"],
    }
    (connection,) = capture.connections
    assert (connection.client.bytes_sent, connection.client.bytes_received) == (5, 7)
    assert (connection.server.bytes_sent, connection.server.bytes_received) == (7, 5)
    assert not any(arrow.retransmission or arrow.late for arrow in capture.arrows())
    assert all(arrow.sent == arrow.arrived for arrow in capture.arrows())


def test_nothing_is_claimed_of_queues_and_programs():
    told = Capture().shakes_hands().c("PSH|ACK", C + 1, S + 1, 5).c("FIN|ACK", C + 6, S + 1).told()
    assert "queue" not in told.replace("Recv-Q", "")
    assert "no program" not in told
    assert "blocked" not in told


def test_refused():
    capture = Capture().c("SYN", C).s("RST|ACK", 0, C + 1)
    assert capture.went() == {"client": ["SYN_SENT", "CLOSED"], "server": []}
    assert capture.connections[0].closed == 2 * MS
    assert "nobody listens" in capture.told()


def test_refused_and_tried_again_with_the_same_number():
    """As Windows does; to Wireshark, too, this is one connection."""
    capture = Capture().c("SYN", C).s("RST|ACK", 0, C + 1).c("SYN", C)
    assert capture.states() == (State.SYN_SENT, State.CLOSED)
    assert capture.s("SYN|ACK", S, C + 1).c("ACK", C + 1, S + 1).states() == (
        State.ESTABLISHED,
        State.ESTABLISHED,
    )


def test_unanswered_and_sent_again():
    capture = Capture().c("SYN", C).c("SYN", C, after=1000 * MS).c("SYN", C, after=2000 * MS)
    assert capture.states() == (State.SYN_SENT, State.CLOSED)
    assert [arrow.retransmission for arrow in capture.arrows()] == [False, True, True]


def test_half_open():
    capture = Capture().c("SYN", C).s("SYN|ACK", S, C + 1).s("SYN|ACK", S, C + 1, after=1000 * MS)
    assert capture.states() == (State.ESTABLISHED, State.SYN_RECV)
    assert [arrow.retransmission for arrow in capture.arrows()] == [False, False, True]


def test_reset():
    capture = Capture().shakes_hands().s("RST", S + 1)
    assert capture.states() == (State.CLOSED, State.CLOSED)
    assert all(end.reset for end in (capture.connections[0].client, capture.connections[0].server))


def test_a_reset_with_another_number_is_not_believed():
    """RFC 5961 §3.2. Its sender goes on, so it was not its sender."""
    capture = Capture().shakes_hands().s("RST", S + 999)
    assert capture.states() == (State.ESTABLISHED, State.CLOSED)
    capture.s("PSH|ACK", S + 1, C + 1, 4)
    assert capture.states() == (State.ESTABLISHED, State.ESTABLISHED)


def test_half_close():
    capture = Capture().shakes_hands().c("FIN|ACK", C + 1, S + 1).s("ACK", S + 1, C + 2)
    capture.s("PSH|ACK", S + 1, C + 2, 100).c("ACK", C + 2, S + 101)
    assert capture.states() == (State.FIN_WAIT2, State.CLOSE_WAIT)
    assert capture.connections[0].client.bytes_received == 100


def test_simultaneous_open():
    capture = Capture().c("SYN", C).s("SYN", S)
    assert capture.states() == (State.SYN_RECV, State.SYN_RECV)
    capture.c("SYN|ACK", C, S + 1).s("SYN|ACK", S, C + 1)
    assert capture.went() == {
        "client": ["SYN_SENT", "SYN_RECV", "ESTABLISHED"],
        "server": ["SYN_SENT", "SYN_RECV", "ESTABLISHED"],
    }
    assert not any(arrow.retransmission for arrow in capture.arrows())
    assert "simultaneous open" in capture.told()


def test_simultaneous_close():
    capture = Capture().shakes_hands().c("FIN|ACK", C + 1, S + 1).s("FIN|ACK", S + 1, C + 1)
    assert capture.states() == (State.CLOSING, State.CLOSING)
    capture.c("ACK", C + 2, S + 2).s("ACK", S + 2, C + 2)
    both = ["ESTABLISHED", "FIN_WAIT1", "CLOSING", "TIME_WAIT"]
    assert capture.went() == {"client": ["SYN_SENT", *both], "server": ["SYN_RECV", *both]}


def test_a_fin_that_acknowledges_the_other_one_does_not_cross_it():
    capture = Capture().shakes_hands().c("FIN|ACK", C + 1, S + 1).s("FIN|ACK", S + 1, C + 2)
    assert capture.states() == (State.TIME_WAIT, State.LAST_ACK)


def test_the_same_addresses_again():
    capture = Capture().shakes_hands().c("FIN|ACK", C + 1, S + 1).s("FIN|ACK", S + 1, C + 2)
    capture.c("ACK", C + 2, S + 2).c("SYN", C + 99_999)
    first, second = capture.connections
    assert (first.client.state, first.server.state) == (State.CLOSED, State.CLOSED)
    assert first.client.history[-1].why == "a new connection with the same addresses"
    assert second.client.state is State.SYN_SENT


def test_the_same_addresses_again_from_the_other_end():
    """The roles are told by who sends the SYN, so client and server have changed places."""
    capture = (
        Capture().shakes_hands().c("FIN|ACK", C + 1, S + 1).s("FIN|ACK", S + 1, C + 2).c("ACK", C + 2, S + 2)
    )
    segment = events.Segment(source=SERVER, destination=CLIENT, flags="SYN", seq=7, ack=0, window=1, length=0)
    capture.events.append(
        events.SegmentCaptured(t=capture.t, id=99, sender="client", receiver="server", segment=segment)
    )
    first, second = capture.connections
    assert (first.client.state, first.server.state) == (State.CLOSED, State.CLOSED)
    assert (second.client.local, second.client.state) == (SERVER, State.SYN_SENT)


def test_what_is_in_time_wait_for_good_is_forgotten_past_some_number():
    capture = Capture()
    for port in range(1, 2 * KEPT):
        capture.c("SYN", C, port=port).s("SYN|ACK", S, C + 1, port=port).c("ACK", C + 1, S + 1, port=port)
        if port != 5:
            capture.c("FIN|ACK", C + 1, S + 1, port=port).s("FIN|ACK", S + 1, C + 2, port=port)
            capture.c("ACK", C + 2, S + 2, port=port)
    numbers = [connection.id for connection in advance(World(), capture.events)[0].connections.values()]
    assert len(numbers) == KEPT
    assert numbers == [5, *range(KEPT + 1, 2 * KEPT)]


def test_a_socket_connected_to_itself():
    capture = Capture()
    for flags in ("SYN", "SYN|ACK", "ACK"):
        segment = events.Segment(
            source=CLIENT, destination=CLIENT, flags=flags, seq=1, ack=2, window=1, length=0
        )
        capture.events.append(
            events.SegmentCaptured(
                t=0, id=len(capture.events), sender="client", receiver="server", segment=segment
            )
        )
    assert capture.connections


numbers = st.one_of(st.integers(0, 12), st.integers(2**32 - 6, 2**32 - 1))
flags = st.sampled_from(["SYN", "SYN|ACK", "ACK", "PSH|ACK", "FIN|ACK", "FIN", "RST", "RST|ACK", ""])
moves = st.tuples(
    st.sampled_from(["client", "server"]),
    flags,
    numbers,
    numbers,
    st.integers(0, 4),
    st.sampled_from([1, 10 * MS]),
)


@settings(max_examples=300)
@given(st.lists(moves, max_size=25))
def test_any_segments_at_all(several):
    """Each end's history is a way through its states, and all of it is inferred."""
    capture = Capture()
    for host, flags_, seq, ack, length, after in several:
        capture.sends(host, flags_, seq, ack, length, after=after)
    for connection in capture.connections:
        for end in (connection.client, connection.server):
            ways(end.history)
            for earlier, later in zip(end.history, end.history[1:], strict=False):
                assert later.before in (earlier.after, State.LISTEN)
            if end.history:
                assert end.state is end.history[-1].after
