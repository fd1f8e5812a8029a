"""Why a kernel did not take what arrived: each cause by its name and in a sentence; and made-up SYNs."""

from playbook import Flow, Playbook, arrives, lost, passes, raised, segment
from playbook_calls import connect, establishes, listen, sees, sees_no
from playbook_truths import caption, ends, queues, silent, told

from sockviz.tcp.states import State
from sockviz.world.cause import Cause
from sockviz.world.model import Arrow, Drop

COOKIES, MOST = "net.ipv4.tcp_syncookies", "net.ipv4.tcp_max_syn_backlog"


def drop(book: Playbook) -> Drop:
    (found,) = book.of(Drop, news=True)
    assert found.explanation.endswith(".")
    assert found.cause in found.explanation
    return found


def forged(book: Playbook, number: int) -> Playbook:
    """A SYN from an address that nobody has, on the wire."""
    book.flows[number] = Flow(f"10.0.0.66:{1024 + number}")
    return book >> segment(number, "client", "SYN")


def half_open(book: Playbook, number: int) -> Playbook:
    """And half a connection of it."""
    forged(book, number) >> arrives(number, "client", "SYN") >> segment(number, "server", "SYN|ACK")
    return book >> lost(number, "server", "SYN|ACK", "nobody") >> sees("server", number, "SYN_RECV")


def test_the_accept_queue_is_full() -> None:
    book = Playbook() >> listen(backlog=0) >> establishes(1) >> connect(2) >> arrives(2, "client", "SYN")
    book >> raised("ListenOverflows")
    assert drop(book).why is Cause.ACCEPT_QUEUE_FULL
    assert book.connection(2).cause is Cause.ACCEPT_QUEUE_FULL


def overtaken(book: Playbook) -> Playbook:
    """Two handshakes on their way, room for one: the second's ACK finds the queue full."""
    book >> listen(backlog=0)
    for number in (1, 2):
        book >> connect(number) >> arrives(number, "client", "SYN") >> passes(number, "server", "SYN|ACK")
        book >> sees("server", number, "SYN_RECV")
    return book >> passes(1, "client", "ACK") >> passes(2, "client", "ACK")


def test_a_final_ack_is_ignored() -> None:
    book = overtaken(Playbook()) >> raised("ListenOverflows")
    assert drop(book).why is Cause.FINAL_ACK_IGNORED


def test_a_final_ack_is_answered_with_rst() -> None:
    book = overtaken(Playbook()) >> segment(2, "server", "RST")
    assert book.connection(2).cause is Cause.ABORT_ON_OVERFLOW
    book >> raised("ListenOverflows") << told("With tcp_abort_on_overflow the server answers it with RST")
    found = drop(book)
    assert (found.why, found.counter) == (Cause.ABORT_ON_OVERFLOW, "ListenOverflows")
    assert book.listener().drops == book.listener().overflows == 1
    book >> raised("ListenDrops") >> connect(3) >> arrives(3, "client", "SYN")
    book >> segment(3, "client", "SYN", again=True)
    assert not book.of(Drop, news=True), "that drop was another's"


def test_a_cookie_that_finds_the_queue_full() -> None:
    book = Playbook() >> listen(backlog=0) >> establishes(1) >> connect(2) >> arrives(2, "client", "SYN")
    book >> segment(2, "server", "SYN|ACK") >> raised("SyncookiesSent") >> sees_no("server", 2)
    book >> arrives(2, "server", "SYN|ACK") >> passes(2, "client", "ACK") >> raised("ListenOverflows")
    assert drop(book).why is Cause.COOKIE_IGNORED


def test_the_syn_queue_is_full() -> None:
    book = Playbook() >> listen(backlog=0) >> connect(1) >> arrives(1, "client", "SYN")
    book >> segment(1, "server", "SYN|ACK") >> connect(2) >> arrives(2, "client", "SYN")
    book >> raised("TCPReqQFullDrop")
    assert drop(book).why is Cause.SYN_QUEUE_FULL


def test_the_last_quarter_is_not_for_strangers() -> None:
    """Only the sum of all drops counts these; the settings tell them apart."""
    book = Playbook(sysctls={COOKIES: "0", MOST: "1"}) >> listen(backlog=50)
    for number in (1, 2):
        book >> connect(number) >> arrives(number, "client", "SYN") >> segment(number, "server", "SYN|ACK")
    book >> connect(3) >> arrives(3, "client", "SYN") >> raised("ListenDrops")
    assert drop(book).why is Cause.SYN_BACKLOG
    assert "tcp_max_syn_backlog is 1" in drop(book).explanation


def test_a_drop_without_a_known_reason() -> None:
    book = Playbook() >> listen() >> connect(1) >> arrives(1, "client", "SYN") >> raised("ListenDrops")
    book >> segment(1, "client", "SYN", again=True)
    assert drop(book).why is Cause.NO_ROOM


def test_nobody_listens() -> None:
    book = Playbook() >> connect(1) >> arrives(1, "client", "SYN") >> segment(1, "server", "RST|ACK")
    assert book.connection(1).cause is Cause.NO_LISTENER
    assert not book.of(Drop), "it was answered"
    assert book.connection(1).drops == 0


def test_an_rst_of_a_listener_that_has_one_says_nothing_about_that() -> None:
    book = Playbook() >> listen() >> establishes(1) >> segment(1, "server", "RST")
    assert book.connection(1).cause is None


def test_a_full_receive_buffer() -> None:
    book = Playbook() >> listen() >> establishes(1) >> passes(1, "client", "PSH|ACK", length=9)
    (
        book
        >> raised("TCPRcvQDrop")
        << told("server: PSH 9 B dropped, since the socket's receive buffer is full")
    )
    assert drop(book).why is Cause.RECEIVE_BUFFER
    assert book.of(Arrow, news=True)[-1].ignored


def test_who_was_busy_in_a_socket() -> None:
    book = Playbook() >> listen() >> establishes(1) >> passes(1, "client", "PSH|ACK", length=9)
    book >> raised("TCPBacklogDrop")
    assert drop(book).why is Cause.SOCKET_BACKLOG
    assert book.connection(1).cause is Cause.SOCKET_BACKLOG


def test_buffers_that_nothing_arrived_for() -> None:
    book = Playbook() >> raised("TCPRcvQDrop")
    assert not book.of(Drop)


class TestForged:
    def test_a_made_up_syn_has_no_client(self) -> None:
        book = forged(Playbook() >> listen() << queues(), 1) << silent << told("nobody has that address")
        assert book.connection(1).spoofed
        half_open(Playbook() >> listen(), 1) << ends(1, "CLOSED", "SYN_RECV") << queues(syn=[1])

    def test_its_answer_goes_to_nobody_again_and_again(self) -> None:
        book = half_open(Playbook() >> listen(), 1)
        book >> segment(1, "server", "SYN|ACK", again=True) >> lost(1, "server", "SYN|ACK", "nobody")
        book << told("to nobody again") << ends(1, "CLOSED", "SYN_RECV")
        book >> sees_no("server", 1) << ends(1, "CLOSED", "CLOSED") << queues()
        assert book.connection(1).closed is not None

    def test_it_is_not_the_clients_own_address_that_is_made_up(self) -> None:
        book = Playbook() >> listen() >> connect(1)
        assert not book.connection(1).spoofed
        elsewhere = Playbook(source="loopback")
        assert not forged(elsewhere, 1).connection(1).spoofed, "only the lab knows all addresses"

    def test_one_that_is_dropped_is_over(self) -> None:
        book = half_open(Playbook() >> listen(backlog=0), 1)
        forged(book, 2) >> arrives(2, "client", "SYN") >> raised("TCPReqQFullDrop")
        assert drop(book).why is Cause.SYN_QUEUE_FULL
        book << caption("A real client would be treated alike")
        assert book.connection(2).closed is not None
        assert book.connection(1).closed is None

    def test_one_that_is_answered_with_a_cookie_is_over(self) -> None:
        book = half_open(Playbook() >> listen(backlog=0), 1)
        forged(book, 2) >> arrives(2, "client", "SYN") >> segment(2, "server", "SYN|ACK")
        book >> raised("SyncookiesSent") >> lost(2, "server", "SYN|ACK", "nobody") >> sees_no("server", 2)
        assert book.connection(2).cookie
        assert book.connection(2).closed is not None
        book << queues(syn=[1])
        assert book.end(2, "server").state is State.CLOSED
        assert book.end(2, "server").history == ()

    def test_a_flood_of_any_size_is_forgotten_again(self) -> None:
        book = Playbook() >> listen(backlog=0)
        for number in range(1, 400):
            forged(book, number) >> arrives(number, "client", "SYN") >> raised("TCPReqQFullDrop")
        assert len(book.world.connections) <= 256
