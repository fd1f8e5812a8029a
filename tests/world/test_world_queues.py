"""The listener's two queues: what fills them, and what happens when they are full."""

import pytest
from playbook import LISTENER_FD, SERVER, SERVER_PID, Playbook, arrives, moves, passes, raised, segment, waits
from playbook_calls import accepts, call, connect, establishes, listen, queue, sees, sees_no
from playbook_truths import dropped, ends, queues, silent, told

from sockviz.events import ListenerSampled
from sockviz.world.model import Drop

SECOND = 1_000_000_000
FULL = "the accept queue is full: 2 waiting, limit 1"


@pytest.fixture
def full() -> Playbook:
    """Backlog 1: two connections wait, and no more go in."""
    book = Playbook() >> listen(backlog=1) >> establishes(1) >> establishes(2)
    return book >> queue(2, 1) << queues(accept=[1, 2])


def test_a_full_accept_queue_is_one_more_than_its_limit(full):
    listener = full.listener()
    assert listener.full
    assert (listener.depth, listener.limit, listener.capacity) == (2, 1, 2)


def test_a_syn_is_dropped_without_any_answer(full):
    (
        full
        >> connect(3)
        >> arrives(3, "client", "SYN")
        << ends(3, "SYN_SENT", "CLOSED")
        >> raised("ListenDrops")
        >> raised("ListenOverflows")
        << silent
        << dropped(3, FULL, "ListenOverflows")
        << told("No refusal is sent")
        << told("again in about 1 s")
        << queues(accept=[1, 2])
    )
    listener = full.listener()
    assert (listener.overflows, listener.drops, full.connection(3).drops) == (1, 1, 1)


def test_the_next_try_gets_in_after_accept(full):
    full >> connect(3) >> arrives(3, "client", "SYN") >> raised("ListenOverflows") >> accepts(1, 4)
    full >> waits(SECOND) >> segment(3, "client", "SYN", again=True) >> arrives(3, "client", "SYN")
    full >> segment(3, "server", "SYN|ACK") << ends(3, "SYN_SENT", "SYN_RECV") << queues(syn=[3], accept=[2])
    full >> raised("ListenDrops")
    assert full.connection(3).drops == 1


def test_counters_that_come_in_batches_count_the_oldest_unanswered(full):
    for number in (3, 4, 5):
        full >> connect(number) >> arrives(number, "client", "SYN")
    full >> segment(4, "server", "SYN|ACK") << queues(syn=[4], accept=[1, 2])
    full >> raised("ListenOverflows", by=2)
    assert [drop.connection for drop in full.of(Drop)] == [3, 5]
    assert full.listener().drops == 2


def test_somebody_elses_overflow_is_not_ours(full):
    full >> raised("ListenOverflows", by=7)
    assert not full.of(Drop)
    assert full.world.counters["server", "ListenOverflows"] == 7


def test_the_final_ack_is_ignored_while_the_queue_is_full():
    book = Playbook() >> listen(backlog=1)
    for number in (1, 2, 3):
        book >> connect(number) >> arrives(number, "client", "SYN") >> passes(number, "server", "SYN|ACK")
        book >> sees("server", number, "SYN_RECV")
    for number in (1, 2):
        book >> passes(number, "client", "ACK") >> sees("server", number, "ESTABLISHED")
    book << queues(syn=[3], accept=[1, 2])
    (
        book
        >> passes(3, "client", "ACK")
        << silent
        << ends(3, "ESTABLISHED", "SYN_RECV")
        >> raised("ListenOverflows")
        << dropped(3, FULL, "ListenOverflows")
        << told("The client believes that it is ESTABLISHED")
        >> sees("server", 3, "SYN_RECV")
        >> accepts(1, 4)
        >> segment(3, "server", "SYN|ACK", again=True)
        >> arrives(3, "server", "SYN|ACK")
        << ends(3, "ESTABLISHED", "SYN_RECV")
        >> passes(3, "client", "ACK")
        << ends(3, "ESTABLISHED", "ESTABLISHED")
        << queues(accept=[2, 3])
    )
    assert not book.connection(3).ghost


def test_a_handshake_does_not_end_at_another_listener_than_it_began_at():
    """The half-open connection outlives its listener, and can't be handed over to the next one."""
    book = Playbook() >> listen() >> connect(1) >> arrives(1, "client", "SYN")
    book >> passes(1, "server", "SYN|ACK") >> sees("server", 1, "SYN_RECV") << queues(syn=[1])
    book >> call("close", fd=LISTENER_FD) >> moves(listen()) << queues()
    book >> passes(1, "client", "ACK") << ends(1, "ESTABLISHED", "SYN_RECV") << queues()
    book >> passes(1, "server", "RST") << ends(1, "CLOSED", "CLOSED")
    assert book.transitions(1, "server") == ["LISTEN>SYN_RECV", "SYN_RECV>CLOSED"]


def test_a_count_that_came_late_says_nothing_about_who_was_reset():
    """It is told with the time of what it was late for."""
    book = Playbook() >> listen() >> establishes(1) >> passes(1, "client", "RST|ACK")
    book >> sees_no("client", 1) >> sees_no("server", 1) >> queue(1, 2) << queues(accept=[1])
    book >> establishes(2) << queues(accept=[1, 2])
    book.feed(ListenerSampled(t=book.world.listeners["server", SERVER].grew, host="server", local=SERVER,
                              depth=1, limit=2))  # fmt: skip
    book << queues(accept=[1, 2]) >> queue(1, 2) << queues(accept=[2])


def test_the_table_knows_better_whether_the_ack_was_taken():
    """accept() freed a place that we had not seen yet."""
    book = Playbook() >> listen(backlog=0) >> establishes(1) >> connect(2)
    book >> arrives(2, "client", "SYN") >> passes(2, "server", "SYN|ACK") >> passes(2, "client", "ACK")
    book << ends(2, "ESTABLISHED", "SYN_RECV") >> sees("server", 2, "ESTABLISHED")
    book << ends(2, "ESTABLISHED", "ESTABLISHED") << queues(accept=[1, 2])
    book >> raised("ListenOverflows")
    assert not book.of(Drop)


def test_a_full_syn_queue_without_cookies():
    book = Playbook() >> listen(backlog=0) >> connect(1) >> arrives(1, "client", "SYN")
    book >> segment(1, "server", "SYN|ACK") >> connect(2) >> arrives(2, "client", "SYN")
    book >> raised("TCPReqQFullDrop") << dropped(2, "the SYN queue is full: 1 half-open", "TCPReqQFullDrop")


def test_a_drop_that_only_the_sum_tells():
    """tcp_max_syn_backlog reached: only ListenDrops counts it. It is ours when the client tries again."""
    book = Playbook() >> listen() >> connect(1) >> arrives(1, "client", "SYN") >> raised("ListenDrops")
    assert not book.of(Drop)
    book >> segment(1, "client", "SYN", again=True)
    book << dropped(1, "no room for another half-open connection: 0 half-open", "ListenDrops")


def test_without_counters_the_silence_is_enough():
    book = Playbook(capabilities=["capture", "table"]) >> listen(backlog=0) >> establishes(1)
    book >> connect(2) >> arrives(2, "client", "SYN") >> waits(SECOND)
    book >> segment(2, "client", "SYN", again=True)
    book << dropped(2, "the accept queue is full: 1 waiting, limit 0", "")


def cookie(book: Playbook, number: int) -> Playbook:
    """The SYN queue is full: the kernel answers, and keeps nothing."""
    book >> connect(number) >> arrives(number, "client", "SYN") >> segment(number, "server", "SYN|ACK")
    return book >> raised("TCPReqQFullDoCookies") >> raised("SyncookiesSent") >> sees_no("server", number)


def test_a_cookie_leaves_no_half_open_connection():
    book = Playbook() >> listen(backlog=0) >> connect(1) >> arrives(1, "client", "SYN")
    book >> segment(1, "server", "SYN|ACK") >> sees("server", 1, "SYN_RECV") << queues(syn=[1])
    cookie(book, 2) << queues(syn=[1]) << ends(2, "SYN_SENT", "CLOSED") << told("SYN cookie")
    assert book.connection(2).cookie
    assert not book.connection(1).cookie
    assert book.end(2, "server").history == ()


def test_a_cookie_that_comes_back_makes_a_connection():
    book = cookie(Playbook() >> listen(), 1) >> arrives(1, "server", "SYN|ACK") >> passes(1, "client", "ACK")
    book << ends(1, "ESTABLISHED", "ESTABLISHED") << queues(accept=[1])
    assert book.transitions(1, "server") == ["LISTEN>SYN_RECV", "SYN_RECV>ESTABLISHED"]
    assert not book.connection(1).ghost


def test_a_cookie_does_not_bring_back_a_client_that_has_reset():
    """The server's FIN meets nobody: the client's end does not come from a cookie."""
    book = cookie(Playbook() >> listen(), 1) >> arrives(1, "server", "SYN|ACK") >> passes(1, "client", "ACK")
    book >> segment(1, "server", "FIN|ACK") >> passes(1, "client", "RST|ACK") << ends(1, "CLOSED", "CLOSED")
    book >> arrives(1, "server", "FIN|ACK") >> passes(1, "client", "RST") << ends(1, "CLOSED", "CLOSED")
    assert book.transitions(1, "client") == ["CLOSED>SYN_SENT", "SYN_SENT>ESTABLISHED", "ESTABLISHED>CLOSED"]


def test_a_ghost():
    book = Playbook() >> listen(backlog=0) >> establishes(1)
    cookie(book, 2) >> arrives(2, "server", "SYN|ACK") << ends(2, "ESTABLISHED", "CLOSED")
    assert not book.connection(2).ghost, "its ACK is still on the way"
    book >> passes(2, "client", "ACK") >> raised("SyncookiesRecv") >> raised("ListenOverflows")
    book << dropped(2, "the accept queue is full: 1 waiting, limit 0", "ListenOverflows")
    book << told("keeps nothing of it") >> sees_no("server", 2) << told("is a ghost") << silent
    assert book.connection(2).ghost
    book >> passes(2, "client", "FIN|ACK") >> passes(2, "server", "RST")
    book << ends(2, "CLOSED", "CLOSED")
    assert not book.connection(2).ghost


def test_a_half_open_connection_that_the_server_gave_up_is_a_ghost_too():
    book = Playbook() >> listen(backlog=0) >> connect(1) >> connect(2)
    for number in (1, 2):
        book >> arrives(number, "client", "SYN") >> passes(number, "server", "SYN|ACK")
        book >> sees("server", number, "SYN_RECV")
    book >> passes(1, "client", "ACK") >> passes(2, "client", "ACK") >> sees("server", 2, "SYN_RECV")
    (
        book
        >> waits(63 * SECOND)
        >> sees_no("server", 2)
        << ends(2, "ESTABLISHED", "CLOSED")
        << told("is a ghost")
    )


def test_deferred_accept_waits_for_data():
    book = Playbook() >> listen() >> call("setsockopt", fd=LISTENER_FD, args="SOL_TCP, TCP_DEFER_ACCEPT, [5]")
    book >> connect(1) >> arrives(1, "client", "SYN") >> passes(1, "server", "SYN|ACK")
    book >> passes(1, "client", "ACK") << ends(1, "ESTABLISHED", "SYN_RECV") << told("TCP_DEFER_ACCEPT")
    book >> sees("server", 1, "SYN_RECV")
    assert not book.connection(1).ghost
    book >> passes(1, "client", "PSH|ACK", length=3) << ends(1, "ESTABLISHED", "ESTABLISHED")
    assert book.end(1, "server").bytes_received == 3


def test_deferred_accept_that_nobody_told_us_of_is_corrected_by_the_table():
    book = (
        Playbook() >> listen() >> connect(1) >> arrives(1, "client", "SYN") >> passes(1, "server", "SYN|ACK")
    )
    book >> sees("server", 1, "SYN_RECV") >> passes(1, "client", "ACK") << queues(accept=[1])
    book >> sees("server", 1, "SYN_RECV") << ends(1, "ESTABLISHED", "SYN_RECV") << queues(syn=[1])
    book << told("the socket table says SYN_RECV")
    assert book.transitions(1, "server") == ["LISTEN>SYN_RECV"]
    book >> passes(1, "client", "PSH|ACK", length=3) << ends(1, "ESTABLISHED", "ESTABLISHED")


def test_abort_on_overflow_answers_with_rst():
    book = Playbook() >> listen(backlog=0) >> connect(1) >> connect(2)
    for number in (1, 2):
        book >> arrives(number, "client", "SYN") >> passes(number, "server", "SYN|ACK")
        book >> sees("server", number, "SYN_RECV")
    book >> passes(1, "client", "ACK") >> passes(2, "client", "ACK") >> raised("ListenOverflows")
    (
        book
        >> segment(2, "server", "RST")
        << ends(2, "ESTABLISHED", "CLOSED")
        << told("half-open connection is gone")
    )
    book >> arrives(2, "server", "RST") << ends(2, "CLOSED", "CLOSED")


def test_a_wildcard_listener_answers_at_every_address():
    anywhere = "0.0.0.0:8001"
    book = Playbook() >> listen(local=anywhere) >> establishes(1)
    assert book.connection(1).listener == anywhere
    assert book.world.listeners["server", anywhere].accept_queue == (1,)
    book >> call("accept", 4, fd=LISTENER_FD, local=SERVER, remote=book.flow(1).client)
    assert book.world.listeners["server", anywhere].accept_queue == ()
    assert book.end(1, "server").pid == SERVER_PID


def test_the_queues_are_new_when_the_listener_is():
    book = (
        Playbook() >> listen() >> establishes(1) >> call("close", fd=LISTENER_FD) >> moves(listen(backlog=7))
    )
    assert book.listener().accept_queue == ()
    assert book.listener().backlog == 7
