"""From socket() to accept(): what each segment and each call does to both ends."""

from playbook import LISTENER_FD, SERVER_PID, Playbook, arrives, lost, moves, passes, segment, waits, wire
from playbook_calls import (
    accepts,
    call,
    connect,
    connected,
    ends_program,
    entered,
    establishes,
    listen,
    pid_of,
    returned,
    sees,
    sees_no,
    starts,
)
from playbook_truths import caption, ends, owner, queues, silent, told, went

from sockviz import events
from sockviz.tcp.states import State
from sockviz.world.model import Provenance, Transition

SECOND = 1_000_000_000


def test_a_held_handshake_stands_still_at_each_step():
    (
        Playbook()
        >> listen(backlog=2)
        >> wire("hold")
        >> connect(1)
        << ends(1, "SYN_SENT", "CLOSED")
        << told("which holds it")
        >> arrives(1, "client", "SYN")
        << ends(1, "SYN_SENT", "CLOSED")
        << silent
        >> segment(1, "server", "SYN|ACK")
        << ends(1, "SYN_SENT", "SYN_RECV")
        << queues(syn=[1])
        << told("half-open")
        >> arrives(1, "server", "SYN|ACK")
        << ends(1, "ESTABLISHED", "SYN_RECV")
        << told("connect() returns")
        >> segment(1, "client", "ACK")
        >> connected(1)
        << silent
        >> arrives(1, "client", "ACK")
        << ends(1, "ESTABLISHED", "ESTABLISHED")
        << queues(accept=[1])
        << owner(1, "server", None, None)
        << caption("no program has called accept() yet")
        >> accepts(1, fd=4)
        << queues()
        << owner(1, "server", SERVER_PID, 4)
        << told("accept() returned fd 4. It made no packets")
        << went(1, "client", "CLOSED>SYN_SENT", "SYN_SENT>ESTABLISHED")
        << went(1, "server", "LISTEN>SYN_RECV", "SYN_RECV>ESTABLISHED")
    )


def test_a_reading_of_the_table_confirms_what_was_inferred():
    book = Playbook() >> listen() >> connect(1)
    assert book.end(1, "client").provenance is Provenance.INFERRED
    book >> sees("client", 1, "SYN_SENT", pid=pid_of(1), fd=3)
    end = book.end(1, "client")
    assert end.provenance is end.history[-1].provenance is Provenance.SAMPLED
    first, again = [fact for fact in book.of(Transition) if fact.connection == 1]
    assert (first.t, first.before, first.after) == (again.t, again.before, again.after)
    assert again.provenance is Provenance.SAMPLED


def test_the_kernel_answers_whether_or_not_a_program_waits_in_accept():
    book = Playbook() >> listen() >> entered("accept", fd=LISTENER_FD)
    book << told("accept() is blocked") >> establishes(1)
    book << told("A program is blocked in accept()") << queues(accept=[1])
    book >> returned("accept", 4, local="10.0.0.1:8001", remote=book.flow(1).client)
    book << queues() << owner(1, "server", SERVER_PID, 4)


def test_accept_takes_the_oldest_finished_connection_not_the_oldest_syn():
    (
        Playbook()
        >> listen()
        >> connect(1)
        >> connect(2)
        >> moves(arrives(1, "client", "SYN"), segment(1, "server", "SYN|ACK"))
        >> moves(arrives(2, "client", "SYN"), segment(2, "server", "SYN|ACK"))
        << queues(syn=[1, 2])
        >> moves(arrives(2, "server", "SYN|ACK"), passes(2, "client", "ACK"))
        >> moves(arrives(1, "server", "SYN|ACK"), passes(1, "client", "ACK"))
        << queues(accept=[2, 1])
        >> accepts(2, fd=4)
        << queues(accept=[1])
    )


def test_the_client_is_known_while_connect_is_blocked():
    book = Playbook() >> listen() >> connect(1) << owner(1, "client", pid_of(1), 3)
    (blocked,) = book.world.programs["client", pid_of(1)].blocked
    assert (blocked.name, blocked.connection) == ("connect", 1)


def test_of_two_connects_at_once_the_table_tells_which_is_which():
    both = moves(starts(1), starts(2))
    book = Playbook() >> listen() >> both
    for number in (1, 2):
        book >> entered("connect", host="client", pid=pid_of(number), fd=3, args="10.0.0.1:8001")
    book >> segment(2, "client", "SYN") << owner(2, "client", None, None)
    book >> sees("client", 2, "SYN_SENT", pid=pid_of(2), fd=3) << owner(2, "client", pid_of(2), 3)
    book >> segment(1, "client", "SYN") << owner(1, "client", pid_of(1), 3)


def test_refused():
    (
        Playbook()
        >> connect(1)
        >> arrives(1, "client", "SYN")
        >> segment(1, "server", "RST|ACK")
        << ends(1, "SYN_SENT", "CLOSED")
        >> arrives(1, "server", "RST|ACK")
        << ends(1, "CLOSED", "CLOSED")
        << told("nobody listens")
        >> returned("connect", -1, host="client", pid=pid_of(1), error="ECONNREFUSED")
        << silent
        << went(1, "server")
        << went(1, "client", "CLOSED>SYN_SENT", "SYN_SENT>CLOSED")
    )


def test_a_refusal_that_acknowledges_something_else_is_not_believed():
    book = Playbook() >> connect(1)
    book.flow(1).next["client"] += 5
    book >> passes(1, "server", "RST|ACK") << ends(1, "SYN_SENT", "CLOSED")


def test_no_answer_at_all():
    book = Playbook() >> wire("cut") << told("cut") >> listen() >> connect(1)
    book >> lost(1, "client", "SYN", "cut") << told("taken off the wire")
    for _ in range(3):
        book >> waits(SECOND) >> segment(1, "client", "SYN", again=True) << told("sent its SYN again")
        book >> lost(1, "client", "SYN", "cut")
    book >> returned("connect", -1, host="client", pid=pid_of(1), error="ETIMEDOUT")
    book << ends(1, "CLOSED", "CLOSED") << told("gave up") << told("ETIMEDOUT")
    assert len(book.world.connections) == 1
    assert book.connection(1).closed == book.t


def test_connect_interrupted_goes_on_until_the_descriptor_is_closed():
    (
        Playbook()
        >> listen()
        >> connect(1)
        >> returned("connect", -1, host="client", pid=pid_of(1), error="EINTR")
        << ends(1, "SYN_SENT", "CLOSED")
        >> call("close", host="client", pid=pid_of(1), fd=3)
        << ends(1, "CLOSED", "CLOSED")
        << owner(1, "client", None, None)
        << told("gave up connecting")
    )


def test_simultaneous_open():
    (
        Playbook()
        >> connect(1)
        >> segment(1, "server", "SYN")
        << ends(1, "SYN_SENT", "SYN_SENT")
        >> moves(arrives(1, "client", "SYN"), segment(1, "server", "SYN|ACK"))
        << ends(1, "SYN_SENT", "SYN_RECV")
        << told("simultaneous open")
        >> moves(arrives(1, "server", "SYN"), segment(1, "client", "SYN|ACK"))
        << ends(1, "SYN_RECV", "SYN_RECV")
        >> arrives(1, "client", "SYN|ACK")
        >> arrives(1, "server", "SYN|ACK")
        << ends(1, "ESTABLISHED", "ESTABLISHED")
        << went(1, "server", "CLOSED>SYN_SENT", "SYN_SENT>SYN_RECV", "SYN_RECV>ESTABLISHED")
        << went(1, "client", "CLOSED>SYN_SENT", "SYN_SENT>SYN_RECV", "SYN_RECV>ESTABLISHED")
    )


def test_a_syn_ack_sent_again_while_the_first_is_held_changes_nothing():
    book = Playbook() >> listen() >> wire("hold") >> connect(1)
    book >> arrives(1, "client", "SYN") >> segment(1, "server", "SYN|ACK") << ends(1, "SYN_SENT", "SYN_RECV")
    first = book.flow(1).sent[-1].id
    book >> segment(1, "server", "SYN|ACK", again=True) << silent
    again = book.flow(1).sent[-1].id
    assert book.world.wire.in_flight[again].retransmission
    assert book.world.wire.in_flight[first].resent == 0


def test_what_is_sent_again_and_not_taken_is_counted_at_the_first_copy():
    book = Playbook() >> listen() >> wire("hold") >> connect(1) >> segment(1, "client", "SYN", again=True)
    first, again = (sent.id for sent in book.flow(1).sent)
    book.feed(events.SegmentDropped(t=book.now(), id=again, cause="resent", original=first))
    assert book.world.wire.in_flight[first].resent == 1
    assert [held.id for held in book.world.wire.held] == [first]


def test_the_listener_opens_and_closes():
    book = Playbook() >> listen(backlog=5)
    listener = book.listener()
    assert (listener.state, listener.pid, listener.fd, listener.backlog) == (State.LISTEN, 10, 3, 5)
    book >> call("listen", fd=LISTENER_FD, args="backlog=1") << told("living listener")
    assert book.listener().backlog == 1
    book >> call("close", fd=LISTENER_FD) << told("does not listen any more")
    assert book.listener().state is State.CLOSED
    book >> connect(1) >> arrives(1, "client", "SYN") >> passes(1, "server", "RST|ACK")
    book << ends(1, "CLOSED", "CLOSED")
    steps = [(t.before, t.after, t.remote) for t in book.of(Transition) if t.connection is None]
    assert steps[0] == ("CLOSED", "LISTEN", "0.0.0.0:0")
    assert steps[-1] == ("LISTEN", "CLOSED", "0.0.0.0:0")


def test_the_addresses_are_used_again():
    book = Playbook() >> listen() >> establishes(1) >> accepts(1, 4)
    book >> moves(passes(1, "client", "FIN|ACK"), passes(1, "server", "ACK"))
    (
        book
        >> moves(passes(1, "server", "FIN|ACK"), passes(1, "client", "ACK"))
        << ends(1, "TIME_WAIT", "CLOSED")
    )
    old = book.connection(1)
    book >> connect(1)
    new = book.connection(1)
    assert new.id == old.id + 1
    assert book.world.connections[old.id].client.state is State.CLOSED
    (
        book
        >> arrives(1, "client", "SYN")
        >> passes(1, "server", "SYN|ACK")
        << ends(1, "ESTABLISHED", "SYN_RECV")
    )
    assert book.listener().syn_queue == (new.id,)


def test_a_row_of_the_old_connection_says_nothing_about_the_new_one():
    book = Playbook() >> listen() >> connect(1) << ends(1, "SYN_SENT", "CLOSED")
    book >> sees("server", 1, "TIME_WAIT") << ends(1, "SYN_SENT", "CLOSED") << silent


def test_a_client_that_ends_gives_up():
    (
        Playbook()
        >> listen()
        >> connect(1)
        >> ends_program(1)
        << ends(1, "CLOSED", "CLOSED")
        << owner(1, "client", None, None)
    )


def test_the_ack_before_data_can_be_lost():
    (
        Playbook()
        >> listen()
        >> connect(1)
        >> moves(arrives(1, "client", "SYN"), passes(1, "server", "SYN|ACK"))
        >> moves(segment(1, "client", "ACK"), lost(1, "client", "ACK"))
        << told("an ACK is not sent again by itself")
        >> passes(1, "client", "PSH|ACK", length=5)
        << ends(1, "ESTABLISHED", "ESTABLISHED")
        << told("5 bytes arrived and the kernel acknowledged them, although nobody has accepted")
    )


def test_events_that_come_a_little_out_of_order():
    """Two sources' clocks differ by a microsecond: the answer can come before the question's arrival."""
    (
        Playbook()
        >> listen()
        >> connect(1)
        >> segment(1, "server", "SYN|ACK")
        >> arrives(1, "client", "SYN")
        >> segment(1, "client", "ACK")
        << ends(1, "ESTABLISHED", "SYN_RECV")
        >> arrives(1, "server", "SYN|ACK")
        >> arrives(1, "client", "ACK")
        << ends(1, "ESTABLISHED", "ESTABLISHED")
        << queues(accept=[1])
        << went(1, "client", "CLOSED>SYN_SENT", "SYN_SENT>ESTABLISHED")
    )


def test_a_half_open_row_that_goes_away():
    book = (
        Playbook() >> listen() >> connect(1) >> arrives(1, "client", "SYN") >> segment(1, "server", "SYN|ACK")
    )
    book >> sees("server", 1, "SYN_RECV") << queues(syn=[1])
    book >> waits(63 * SECOND) >> sees_no("server", 1) << ends(1, "SYN_SENT", "CLOSED") << queues()
    book << told("gave up")
