"""Segments seen at one point of their way: both ends follow them, and what was missed is inferred."""

from collections.abc import Iterable

from hypothesis import given, settings
from hypothesis import strategies as st

from sockviz import events
from sockviz.tcp.states import State
from sockviz.world.draft import KEPT
from sockviz.world.fold import advance
from sockviz.world.model import Arrow, Connection, Narration, Provenance, Transition, World

CLIENT, SERVER = "10.0.0.2:40000", "10.0.0.1:80"
MS = 1_000_000
C, S = 1000, 5000
"""Initial sequence numbers."""


class Capture:
    """Segments as a capture has them; each move is a method."""

    def __init__(self) -> None:
        hosts = tuple(events.Host(name=name, addresses=()) for name in ("client", "server"))
        header = events.Header(
            t=0, format=1, source="pcap", hosts=hosts, made_by="test", capabilities=("capture",)
        )
        self.events: list[events.AnyEvent] = [header]
        self.t = 0

    def sends(
        self,
        host: str,
        flags: str,
        seq: int,
        ack: int = 0,
        length: int = 0,
        *,
        after: int = MS,
        port: int = 40000,
    ) -> "Capture":
        self.t += after
        client = CLIENT.replace("40000", str(port))
        local, remote = (client, SERVER) if host == "client" else (SERVER, client)
        self.events.append(
            events.SegmentCaptured(
                t=self.t,
                id=len(self.events),
                sender=host,
                receiver="server" if host == "client" else "client",
                segment=events.Segment(
                    source=local,
                    destination=remote,
                    flags=flags,
                    seq=seq,
                    ack=ack,
                    window=64240,
                    length=length,
                ),
            )
        )
        return self

    def c(self, flags: str, seq: int, ack: int = 0, length: int = 0, **more: int) -> "Capture":
        return self.sends("client", flags, seq, ack, length, **more)

    def s(self, flags: str, seq: int, ack: int = 0, length: int = 0, **more: int) -> "Capture":
        return self.sends("server", flags, seq, ack, length, **more)

    def shakes_hands(self) -> "Capture":
        return self.c("SYN", C).s("SYN|ACK", S, C + 1).c("ACK", C + 1, S + 1)

    def folded(self) -> tuple[World, list]:
        world, facts = advance(World(), self.events)
        one = World()
        piecemeal = []
        for event in self.events:
            one, more = advance(one, (event,))
            piecemeal += more
        assert (world, facts) == (one, piecemeal)
        return world, facts

    @property
    def connections(self) -> list[Connection]:
        return list(self.folded()[0].connections.values())

    def went(self) -> dict[str, list[str]]:
        """The states that each end of the only connection went through."""
        (connection,) = self.connections
        return {end.host: ways(end.history) for end in (connection.client, connection.server)}

    def states(self) -> tuple[State, State]:
        """Of the client's and the server's end of the last connection."""
        last = self.connections[-1]
        return last.client.state, last.server.state

    def arrows(self) -> list[Arrow]:
        """As they are known in the end."""
        return list({fact.id: fact for fact in self.folded()[1] if isinstance(fact, Arrow)}.values())

    def told(self) -> str:
        return "\n".join(fact.text for fact in self.folded()[1] if isinstance(fact, Narration))


def ways(history: Iterable[Transition]) -> list[str]:
    assert all(transition.provenance is Provenance.INFERRED for transition in history)
    return [transition.after.value for transition in history]


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
