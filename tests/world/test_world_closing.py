"""FIN, RST, and what is left."""

import pytest
from playbook import SERVER_PID, Playbook, arrives, lost, moves, passes, segment, waits
from playbook_calls import accepts, call, connect, ends_program, establishes, listen, pid_of, sees, sees_no
from playbook_truths import ends, owner, queues, silent, told, went

SECOND = 1_000_000_000


def open_(number=1, fd=4):
    return moves(establishes(number), accepts(number, fd))


@pytest.fixture
def book() -> Playbook:
    return Playbook() >> listen() >> open_() << ends(1, "ESTABLISHED", "ESTABLISHED")


def closes(number: int, host: str, pid: int, fd: int):
    return call("close", host=host, pid=pid, fd=fd)


def test_the_whole_close(book):
    (
        book
        >> closes(1, "client", pid_of(1), 3)
        << silent
        << owner(1, "client", None, None)
        >> segment(1, "client", "FIN|ACK")
        << ends(1, "FIN_WAIT1", "ESTABLISHED")
        << told("closed first")
        >> arrives(1, "client", "FIN|ACK")
        << ends(1, "FIN_WAIT1", "CLOSE_WAIT")
        << told("has not called close() yet")
        >> passes(1, "server", "ACK")
        << ends(1, "FIN_WAIT2", "CLOSE_WAIT")
        >> call("recv", 0, fd=4)
        << silent
        << told("recv() returned 0")
        >> closes(1, "server", SERVER_PID, 4)
        >> segment(1, "server", "FIN|ACK")
        << ends(1, "FIN_WAIT2", "LAST_ACK")
        << owner(1, "server", None, None)
        >> arrives(1, "server", "FIN|ACK")
        << ends(1, "TIME_WAIT", "LAST_ACK")
        << told("TIME_WAIT for 60 s")
        >> passes(1, "client", "ACK")
        << ends(1, "TIME_WAIT", "CLOSED")
        << told("the last ACK arrived")
        >> sees("client", 1, "TIME_WAIT")
        >> waits(60 * SECOND)
        >> sees_no("client", 1)
        << ends(1, "CLOSED", "CLOSED")
        << told("TIME_WAIT is over")
    )
    assert book.connection(1).closed == book.t


def test_a_fin_that_also_acknowledges_is_two_steps_at_one_moment(book):
    book >> segment(1, "client", "FIN|ACK") >> arrives(1, "client", "FIN|ACK")
    book >> segment(1, "server", "FIN|ACK") << ends(1, "FIN_WAIT1", "LAST_ACK")
    book >> arrives(1, "server", "FIN|ACK") << ends(1, "TIME_WAIT", "LAST_ACK")
    first, second = book.end(1, "client").history[-2:]
    assert (first.after, second.after, first.t) == ("FIN_WAIT2", "TIME_WAIT", second.t)


def test_simultaneous_close(book):
    (
        book
        >> segment(1, "client", "FIN|ACK")
        >> segment(1, "server", "FIN|ACK")
        << ends(1, "FIN_WAIT1", "FIN_WAIT1")
        << told("now both are in FIN_WAIT1")
        >> arrives(1, "client", "FIN|ACK")
        >> segment(1, "server", "ACK")
        >> arrives(1, "server", "FIN|ACK")
        >> segment(1, "client", "ACK")
        << ends(1, "CLOSING", "CLOSING")
        << told("crossed")
        >> arrives(1, "server", "ACK")
        >> arrives(1, "client", "ACK")
        << ends(1, "TIME_WAIT", "TIME_WAIT")
    )


def test_half_close_keeps_the_descriptor_and_the_other_direction(book):
    (
        book
        >> call("shutdown", host="client", pid=pid_of(1), fd=3, args="SHUT_WR")
        << silent
        >> passes(1, "client", "FIN|ACK")
        << owner(1, "client", pid_of(1), 3)
    )
    book2 = Playbook() >> listen() >> open_()
    (
        book2
        >> call("shutdown", host="client", pid=pid_of(1), fd=3, args="SHUT_WR")
        >> segment(1, "client", "FIN|ACK")
    )
    book2 << told("kept the descriptor") >> arrives(1, "client", "FIN|ACK") >> passes(1, "server", "ACK")
    book2 << ends(1, "FIN_WAIT2", "CLOSE_WAIT") >> passes(1, "server", "PSH|ACK", length=10)
    assert book2.end(1, "client").bytes_received == book2.end(1, "server").bytes_sent == 10


def test_shutting_down_the_reading_side_sends_nothing(book):
    book >> call("shutdown", host="client", pid=pid_of(1), fd=3, args="SHUT_RD") << silent
    book >> call("recv", 0, host="client", pid=pid_of(1), fd=3, args="up to 100 bytes") << silent
    book << ends(1, "ESTABLISHED", "ESTABLISHED")
    book >> segment(1, "client", "FIN|ACK") << told("closed first")


def test_receiving_no_bytes_says_nothing_about_the_peer(book):
    book >> call("recv", 0, host="client", pid=pid_of(1), fd=3, args="up to 0 bytes") << silent
    book << ends(1, "ESTABLISHED", "ESTABLISHED")


def test_closed_before_anybody_accepted():
    (
        Playbook()
        >> listen()
        >> establishes(1)
        >> passes(1, "client", "PSH|ACK", length=2)
        >> passes(1, "client", "FIN|ACK")
        << ends(1, "FIN_WAIT1", "CLOSE_WAIT")
        << queues(accept=[1])
        << owner(1, "server", None, None)
        << told("closed before anybody accepted")
        >> accepts(1, 4)
        << queues()
        << owner(1, "server", SERVER_PID, 4)
    )


@pytest.mark.parametrize(("host", "peer"), [("client", "server"), ("server", "client")])
def test_reset_either_way(book, host, peer):
    book >> segment(1, host, "RST|ACK") << told("sent RST")
    assert (book.end(1, host).state, book.end(1, peer).state) == ("CLOSED", "ESTABLISHED")
    book >> arrives(1, host, "RST|ACK") << ends(1, "CLOSED", "CLOSED") << told("ECONNRESET")
    assert book.end(1, host).reset
    assert book.end(1, peer).reset


def test_a_reset_with_another_number_is_not_believed(book):
    book.flow(1).next["client"] += 7
    book >> passes(1, "client", "RST|ACK")
    assert book.end(1, "server").state == "ESTABLISHED"


def test_a_reset_connection_keeps_its_place_in_the_accept_queue():
    book = Playbook() >> listen() >> establishes(1) >> passes(1, "client", "RST|ACK") >> sees_no("server", 1)
    book << ends(1, "CLOSED", "CLOSED") << queues(accept=[1]) << told("keeps its place")
    book >> accepts(1, 4) << queues() << silent
    assert book.end(1, "server").accepted
    assert len(book.world.connections) == 1
    book >> call("recv", -1, fd=4, error="ECONNRESET") << silent << told("the other side sent RST")


def test_closing_the_listener_resets_what_is_queued():
    book = Playbook() >> listen() >> establishes(1) >> establishes(2) << queues(accept=[1, 2])
    book >> segment(1, "server", "RST|ACK") << told("the listener is being closed")
    book >> segment(2, "server", "RST|ACK") >> call("close", fd=3)
    (
        book
        << ends(1, "ESTABLISHED", "CLOSED")
        << told("resets what was still in its accept queue (2)")
        << queues()
    )


def test_the_server_program_ends():
    book = Playbook() >> listen() >> open_() >> ends_program()
    book << owner(1, "server", None, None) << told("server ended")
    assert book.listener().state == "CLOSED"
    assert not book.world.programs["server", SERVER_PID].running
    assert not book.world.programs["server", SERVER_PID].descriptors


def test_a_lost_fin_is_sent_again(book):
    (
        book
        >> segment(1, "client", "FIN|ACK")
        >> lost(1, "client", "FIN|ACK")
        << ends(1, "FIN_WAIT1", "ESTABLISHED")
        >> segment(1, "client", "FIN|ACK", again=True)
        << silent
        << told("sent its FIN again")
        >> arrives(1, "client", "FIN|ACK")
        << ends(1, "FIN_WAIT1", "CLOSE_WAIT")
    )


def test_a_lost_last_ack_is_repeated_from_time_wait(book):
    book >> passes(1, "client", "FIN|ACK") >> passes(1, "server", "ACK") >> passes(1, "server", "FIN|ACK")
    book >> segment(1, "client", "ACK") >> lost(1, "client", "ACK") << ends(1, "TIME_WAIT", "LAST_ACK")
    book >> segment(1, "server", "FIN|ACK", again=True) >> arrives(1, "server", "FIN|ACK") << silent
    book >> passes(1, "client", "ACK") << ends(1, "TIME_WAIT", "CLOSED")


def test_a_fin_behind_a_gap_waits_for_what_is_missing(book):
    (
        book
        >> segment(1, "client", "PSH|ACK", length=100)
        >> lost(1, "client", "PSH|ACK")
        >> passes(1, "client", "FIN|ACK")
        << ends(1, "FIN_WAIT1", "ESTABLISHED")
        >> segment(1, "client", "PSH|ACK", again=True)
        >> arrives(1, "client", "PSH|ACK")
        << ends(1, "FIN_WAIT1", "CLOSE_WAIT")
    )
    assert book.end(1, "server").bytes_received == 100


def test_bytes_are_counted_once(book):
    for _ in range(3):
        book >> passes(1, "client", "PSH|ACK", length=1000)
    book >> segment(1, "client", "PSH|ACK", again=True) >> arrives(1, "client", "PSH|ACK")
    assert (book.end(1, "client").bytes_sent, book.end(1, "server").bytes_received) == (3000, 3000)


def test_a_peer_that_vanished_is_not_seen_as_closed(book):
    book >> segment(1, "client", "FIN|ACK") >> lost(1, "client", "FIN|ACK", "cut")
    book >> call("recv", -1, fd=4, error="ETIMEDOUT") << ends(1, "FIN_WAIT1", "CLOSED")
    book << told("no answer came, however often the kernel asked")


def test_an_orphan_in_fin_wait2_is_given_up(book):
    book >> closes(1, "client", pid_of(1), 3) >> passes(1, "client", "FIN|ACK") >> passes(1, "server", "ACK")
    book << told("tcp_fin_timeout") >> sees("client", 1, "FIN_WAIT2") << ends(1, "FIN_WAIT2", "CLOSE_WAIT")
    book >> waits(60 * SECOND) >> sees_no("client", 1) << ends(1, "CLOSED", "CLOSE_WAIT")
    book << told("did not come in time")


def test_unread_data_and_close_is_a_reset(book):
    book >> passes(1, "client", "PSH|ACK", length=6)
    book >> sees("server", 1, "ESTABLISHED", pid=SERVER_PID, fd=4, recv_queue=6)
    book >> closes(1, "server", SERVER_PID, 4) << silent
    book >> passes(1, "server", "RST|ACK") << ends(1, "CLOSED", "CLOSED") << told("unread bytes in Recv-Q")
    book << went(1, "server", "LISTEN>SYN_RECV", "SYN_RECV>ESTABLISHED", "ESTABLISHED>CLOSED")


def test_the_oldest_closed_connections_are_forgotten():
    book = Playbook() >> listen() >> connect(1)
    for number in range(2, 300):
        book >> segment(number, "client", "SYN") >> arrives(number, "client", "SYN")
        book >> passes(number, "server", "RST|ACK")
    assert list(book.world.connections) == [1, *range(45, 300)]


def test_the_oldest_programs_that_ended_are_forgotten():
    book = Playbook() >> listen() >> connect(1)
    for number in range(2, 300):
        book >> connect(number) >> ends_program(number)
    assert len(book.world.programs) == 256
    names = [program.name for program in book.world.programs.values()]
    assert {"server", "client 1", "client 299"} <= set(names)
    assert "client 2" not in names


def test_what_was_sent_to_a_closed_end_is_answered_with_rst(book):
    """In CLOSE_WAIT the kernel keeps EPIPE for the next send() (tcp_reset), not ECONNRESET."""
    book >> passes(1, "client", "FIN|ACK") >> passes(1, "server", "ACK")
    book >> call("send", 3, fd=4) << told("they stay in Send-Q")
    book >> passes(1, "server", "PSH|ACK", length=3) >> segment(1, "client", "RST")
    book >> arrives(1, "client", "RST") << told("from its next send() (EPIPE") << ends(1, "CLOSED", "CLOSED")
    book >> call("send", -1, fd=4, error="EPIPE") << told("EPIPE: the other side had closed")


def test_a_send_after_shutdown_has_nothing_to_do_with_the_peer(book):
    book >> call("shutdown", fd=4, args="SHUT_WR") >> segment(1, "server", "FIN|ACK")
    book >> call("send", -1, fd=4, error="EPIPE") << told("has already said that it sends no more")
