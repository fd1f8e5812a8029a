"""Segments seen at one point of their way, and not all of them: what was missed is inferred."""

from captured import MS, C, Capture, S

from sockviz.tcp.states import State


def test_under_way_when_the_capture_began():
    capture = Capture().s("PSH|ACK", S, C, 10)
    assert capture.went() == {"client": ["ESTABLISHED"], "server": ["ESTABLISHED"]}
    assert [t.why for t in capture.connections[0].client.history] == ["found under way"]
    assert "not in the capture" in capture.told()
    capture.c("ACK", C, S + 10).c("FIN|ACK", C, S + 10).s("FIN|ACK", S + 10, C + 1).c("ACK", C + 1, S + 11)
    assert capture.states() == (State.TIME_WAIT, State.CLOSED)


def test_the_first_thing_captured_is_a_fin():
    capture = Capture().c("FIN|ACK", C, S).s("ACK", S, C + 1)
    assert capture.states() == (State.FIN_WAIT2, State.CLOSE_WAIT)


def test_the_only_thing_captured_is_a_reset():
    capture = Capture().s("RST", S)
    assert capture.states() == (State.CLOSED, State.CLOSED)
    assert capture.connections[0].closed is not None
    assert capture.went() == {"client": [], "server": []}


def test_the_syn_was_missed():
    capture = Capture().s("SYN|ACK", S, C + 1)
    assert capture.states() == (State.ESTABLISHED, State.SYN_RECV)
    assert capture.c("ACK", C + 1, S + 1).went() == {
        "client": ["SYN_SENT", "ESTABLISHED"],
        "server": ["SYN_RECV", "ESTABLISHED"],
    }


def test_the_syn_ack_was_missed():
    assert Capture().c("SYN", C).c("ACK", C + 1, S + 1).went() == {
        "client": ["SYN_SENT", "ESTABLISHED"],
        "server": ["SYN_RECV", "ESTABLISHED"],
    }


def test_only_the_syn_was_captured_of_the_handshake():
    assert Capture().c("SYN", C).s("PSH|ACK", S + 1, C + 1, 5).went() == {
        "client": ["SYN_SENT", "ESTABLISHED"],
        "server": ["SYN_RECV", "ESTABLISHED"],
    }


def test_the_final_ack_was_missed():
    capture = Capture().c("SYN", C).s("SYN|ACK", S, C + 1).s("PSH|ACK", S + 1, C + 1, 5)
    assert capture.states() == (State.ESTABLISHED, State.ESTABLISHED)


def test_an_answer_to_something_older_opens_nothing():
    """A challenge ACK (RFC 5961 §4): the server still has an old connection with these addresses."""
    capture = Capture().c("SYN", C).s("ACK", S, C - 7777)
    assert capture.states() == (State.SYN_SENT, State.CLOSED)
    assert capture.c("RST", C - 7777).c("SYN", C).states() == (State.SYN_SENT, State.CLOSED)


def test_one_direction_only():
    capture = Capture().c("SYN", C).c("ACK", C + 1, S + 1).c("PSH|ACK", C + 1, S + 1, 5)
    capture.c("FIN|ACK", C + 6, S + 10)
    assert capture.states() == (State.FIN_WAIT1, State.CLOSE_WAIT)
    assert capture.connections[0].client.bytes_received == 9


def test_data_that_was_acknowledged_and_never_seen():
    capture = Capture().shakes_hands().s("ACK", S + 1, C + 101)
    assert "100 bytes of the client were acknowledged, and are not in the capture" in capture.told()
    (connection,) = capture.connections
    assert connection.server.bytes_received == 100
    # So this is no gap any more, and what comes next is not a repetition.
    capture.c("PSH|ACK", C + 101, S + 1, 5).c("FIN|ACK", C + 106, S + 1)
    assert capture.states() == (State.FIN_WAIT1, State.CLOSE_WAIT)
    assert not any(arrow.retransmission or arrow.late for arrow in capture.arrows())
    assert capture.told().count("are not in the capture") == 1


def test_data_missing_in_between_is_told_once_it_is_acknowledged():
    capture = Capture().shakes_hands().c("ACK", C + 1, S + 1, 10).c("ACK", C + 21, S + 1, 10)
    assert "are not in the capture" not in capture.told()
    capture.s("ACK", S + 1, C + 31)
    assert "10 bytes of the client were acknowledged, and are not in the capture" in capture.told()
    assert capture.connections[0].server.bytes_received == 30


def test_out_of_order():
    capture = Capture().shakes_hands().c("ACK", C + 11, S + 1, 10).c("ACK", C + 1, S + 1, 10)
    assert [(arrow.late, arrow.retransmission) for arrow in capture.arrows()][-2:] == [
        (False, False),
        (True, False),
    ]
    assert "overtaken" in capture.told()
    assert capture.connections[0].server.bytes_received == 20


def test_lost_on_its_way_to_the_capture_and_sent_again():
    capture = Capture().shakes_hands().c("ACK", C + 11, S + 1, 10).c("ACK", C + 1, S + 1, 10, after=200 * MS)
    assert (capture.arrows()[-1].late, capture.arrows()[-1].retransmission) == (False, True)


def test_lost_after_the_capture_and_sent_again():
    capture = Capture().shakes_hands().c("ACK", C + 1, S + 1, 10).c("ACK", C + 1, S + 1, 10, after=200 * MS)
    assert capture.arrows()[-1].retransmission
    assert capture.connections[0].client.bytes_sent == 10


def test_a_keepalive_is_no_repetition():
    capture = Capture().shakes_hands().c("PSH|ACK", C + 1, S + 1, 1).s("ACK", S + 1, C + 2)
    capture.c("ACK", C + 1, S + 1, after=1000 * MS).c("ACK", C + 1, S + 1, 1, after=1000 * MS)
    assert not any(arrow.retransmission for arrow in capture.arrows())
    assert capture.told().count("whether the server is still there") == 2


def test_one_byte_sent_again_is_no_keepalive():
    capture = (
        Capture().shakes_hands().c("PSH|ACK", C + 1, S + 1, 1).c("PSH|ACK", C + 1, S + 1, 1, after=200 * MS)
    )
    assert capture.arrows()[-1].retransmission
