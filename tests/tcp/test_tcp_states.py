"""The transition table: RFC 9293 figure 5 edge by edge, and what Linux does differently."""

import pytest

from sockviz.tcp.states import EDGES, TABLE, State, Trigger, path, step

S, T = State, Trigger

FIGURE_5 = [
    (S.CLOSED, T.LISTEN, S.LISTEN),
    (S.CLOSED, T.CONNECT, S.SYN_SENT),
    (S.LISTEN, T.SEND_SYN_ACK, S.SYN_RECV),
    (S.LISTEN, T.CLOSE, S.CLOSED),
    (S.SYN_SENT, T.CLOSE, S.CLOSED),
    (S.SYN_SENT, T.RECV_SYN, S.SYN_RECV),
    (S.SYN_SENT, T.RECV_SYN_ACK, S.ESTABLISHED),
    (S.SYN_RECV, T.RECV_ACK_OF_SYN, S.ESTABLISHED),
    (S.SYN_RECV, T.CLOSE, S.FIN_WAIT1),
    (S.ESTABLISHED, T.CLOSE, S.FIN_WAIT1),
    (S.ESTABLISHED, T.RECV_FIN, S.CLOSE_WAIT),
    (S.FIN_WAIT1, T.RECV_ACK_OF_FIN, S.FIN_WAIT2),
    (S.FIN_WAIT1, T.RECV_FIN, S.CLOSING),
    (S.FIN_WAIT2, T.RECV_FIN, S.TIME_WAIT),
    (S.CLOSE_WAIT, T.CLOSE, S.LAST_ACK),
    (S.CLOSING, T.RECV_ACK_OF_FIN, S.TIME_WAIT),
    (S.LAST_ACK, T.RECV_ACK_OF_FIN, S.CLOSED),
    (S.TIME_WAIT, T.TIME_WAIT_OVER, S.CLOSED),
]


@pytest.mark.parametrize(("before", "trigger", "after"), FIGURE_5)
def test_every_edge_of_the_figure(before, trigger, after):
    taken = step(before, trigger)
    assert taken.possible
    assert taken.after is after


@pytest.mark.parametrize(
    ("before", "trigger", "after"),
    [
        (S.LISTEN, T.SEND_SYN, S.SYN_SENT),  # a listener can't connect
        (S.FIN_WAIT1, T.RECV_FIN_AND_ACK, S.TIME_WAIT),  # two steps in Linux
    ],
)
def test_what_the_figure_has_and_linux_does_not(before, trigger, after):
    assert any((e.before, e.trigger, e.after) == (before, trigger, after) and not e.linux for e in EDGES)
    assert not step(before, trigger).possible


@pytest.mark.parametrize(
    "state",
    [S.SYN_RECV, S.ESTABLISHED, S.FIN_WAIT1, S.FIN_WAIT2, S.CLOSE_WAIT, S.CLOSING, S.LAST_ACK],
)
@pytest.mark.parametrize("trigger", [T.RECV_RST, T.SEND_RST, T.ABORT, T.GAVE_UP])
def test_a_reset_or_giving_up_ends_it_in_every_synchronized_state(state, trigger):
    assert step(state, trigger).after is S.CLOSED


def test_refused_is_a_reset_in_syn_sent_and_sending_one_is_not():
    assert step(S.SYN_SENT, T.RECV_RST).after is S.CLOSED
    assert step(S.SYN_SENT, T.SEND_RST).after is S.SYN_SENT
    assert step(S.CLOSED, T.SEND_RST).after is S.CLOSED


@pytest.mark.parametrize(
    ("before", "after"),
    [(S.ESTABLISHED, S.FIN_WAIT1), (S.CLOSE_WAIT, S.LAST_ACK), (S.SYN_RECV, S.FIN_WAIT1)],
)
@pytest.mark.parametrize("trigger", [T.CLOSE, T.SHUTDOWN, T.SEND_FIN])
def test_close_shutdown_and_the_fin_itself_say_the_same(before, trigger, after):
    assert step(before, trigger).after is after


@pytest.mark.parametrize(
    ("state", "trigger"),
    [
        (S.CLOSED, T.RECV_FIN),
        (S.LISTEN, T.RECV_FIN),
        (S.SYN_SENT, T.RECV_ACK_OF_FIN),
        (S.ESTABLISHED, T.LISTEN),
        (S.TIME_WAIT, T.CONNECT),
        (S.LAST_ACK, T.TIME_WAIT_OVER),
    ],
)
def test_an_impossible_trigger_leaves_the_state_and_is_told(state, trigger):
    taken = step(state, trigger)
    assert taken.after is state
    assert not taken.possible


def test_a_repetition_is_possible_and_changes_nothing():
    for state, trigger in [(S.SYN_SENT, T.SEND_SYN), (S.LAST_ACK, T.SEND_FIN), (S.TIME_WAIT, T.RECV_FIN)]:
        taken = step(state, trigger)
        assert taken.possible
        assert taken.after is state


def test_the_table_is_unambiguous_and_complete():
    linux = [(e.before, e.trigger) for e in EDGES if e.linux]
    assert len(linux) == len(set(linux)) == len(TABLE)
    assert {e.before for e in EDGES} == set(State)
    assert {e.after for e in EDGES} == set(State)
    assert all(e.source for e in EDGES)


def test_every_state_can_be_reached_and_left():
    for state in State:
        if state is not S.CLOSED:
            assert path(S.CLOSED, state)
        assert any(e.before is state and e.after is not state and e.linux for e in EDGES)


def test_only_what_arrives_is_doubtful_and_the_answer_that_may_be_a_cookie():
    doubtful = {e.trigger for e in EDGES if not e.certain}
    assert {t for t in doubtful if not t.name.startswith("RECV_")} == {T.SEND_SYN_ACK}
    assert all(e.certain for e in EDGES if e.trigger in (T.SEND_SYN, T.SEND_FIN, T.SEND_RST, T.CLOSE))


@pytest.mark.parametrize(
    ("before", "after", "way"),
    [
        (S.LISTEN, S.ESTABLISHED, [S.SYN_RECV, S.ESTABLISHED]),
        (S.CLOSED, S.ESTABLISHED, [S.SYN_SENT, S.ESTABLISHED]),
        (S.ESTABLISHED, S.TIME_WAIT, [S.FIN_WAIT1, S.FIN_WAIT2, S.TIME_WAIT]),
        (S.ESTABLISHED, S.LAST_ACK, [S.CLOSE_WAIT, S.LAST_ACK]),
        (S.SYN_RECV, S.FIN_WAIT1, [S.ESTABLISHED, S.FIN_WAIT1]),
        (S.SYN_SENT, S.SYN_SENT, []),
    ],
)
def test_the_way_between_two_readings(before, after, way):
    found = path(before, after)
    assert found is not None
    assert [edge.after for edge in found] == way


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (S.TIME_WAIT, S.ESTABLISHED),
        (S.ESTABLISHED, S.SYN_RECV),
        (S.CLOSE_WAIT, S.FIN_WAIT2),
        (S.LAST_ACK, S.SYN_SENT),
    ],
)
def test_there_is_no_way_back(before, after):
    assert path(before, after) is None


def test_states_have_the_names_that_psutil_uses():
    psutil = pytest.importorskip("psutil")
    names = {value for name, value in vars(psutil).items() if name.startswith("CONN_")}
    theirs = {"CLOSED": "CLOSE"}
    assert {theirs.get(state.value, state.value) for state in State} <= names
