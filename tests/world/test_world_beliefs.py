"""Where the two ends of a connection believe different things, and why; and their timers."""

from itertools import product

import pytest
from playbook import LISTENER_FD, Flow, Playbook, arrives, lost, passes, raised, segment, wire
from playbook_calls import call, connect, establishes, listen, sees, sees_no

from sockviz.tcp.states import State
from sockviz.world.beliefs import Reason, Split, ghosts, split, splits
from sockviz.world.timers import Countdown, countdowns

SECOND = 1_000_000_000


def of(book: Playbook, number: int = 1) -> Split | None:
    return split(book.world, book.connection(number))


def differs(book: Playbook, number: int = 1) -> Split:
    found = of(book, number)
    assert found is not None
    assert found.why.endswith(".")
    assert list(splits(book.world)).count(found) == 1
    return found


def test_two_that_know_the_same_of_each_other_agree() -> None:
    assert of(Playbook() >> listen() >> establishes(1)) is None
    assert list(splits((Playbook() >> listen() >> establishes(1)).world)) == []


def test_while_a_segment_is_on_its_way_they_differ() -> None:
    book = Playbook() >> listen() >> connect(1)
    found = differs(book)
    assert (found.client.state, found.server.state) == (State.SYN_SENT, State.CLOSED)
    assert found.client.words == "has asked, and waits for an answer"
    assert (found.reason, found.settled_by) == (Reason.ON_THE_WIRE, (1,))
    assert found.why == "The client's SYN waits on the wire, which holds it: the server knows nothing of it."
    book >> arrives(1, "client", "SYN") >> segment(1, "server", "SYN|ACK", due=10**12)
    assert of(book) is None, "one asked, the other answered"
    book >> arrives(1, "server", "SYN|ACK") >> segment(1, "client", "ACK", due=10**12)
    assert (differs(book).client.state, differs(book).server.state) == (State.ESTABLISHED, State.SYN_RECV)
    assert "is on its way" in differs(book).why


def test_established_is_not_accepted() -> None:
    book = Playbook() >> listen() >> establishes(1) >> segment(1, "client", "FIN|ACK")
    assert differs(book).server.words == "is connected, and no program has accepted it"


def test_a_ghost() -> None:
    book = Playbook() >> listen(backlog=0) >> establishes(1) >> connect(2) >> arrives(2, "client", "SYN")
    book >> segment(2, "server", "SYN|ACK") >> raised("SyncookiesSent") >> sees_no("server", 2)
    book >> arrives(2, "server", "SYN|ACK") >> passes(2, "client", "ACK") >> raised("ListenOverflows")
    book >> sees_no("server", 2)
    found = differs(book, 2)
    assert (found.reason, found.settled_by) == (Reason.GHOST, ())
    assert found.server.words == "has no socket: there is no such connection"
    assert ghosts(book.world) == [book.connection(2)]


def ignored(book: Playbook) -> Playbook:
    book >> listen(backlog=0)
    for number in (1, 2):
        book >> connect(number) >> arrives(number, "client", "SYN") >> passes(number, "server", "SYN|ACK")
        book >> sees("server", number, "SYN_RECV")
    return book >> passes(1, "client", "ACK") >> passes(2, "client", "ACK") >> raised("ListenOverflows")


def test_a_final_ack_that_was_ignored() -> None:
    assert differs(ignored(Playbook()), 2).reason is Reason.ACK_IGNORED


def test_a_syn_that_was_dropped() -> None:
    book = Playbook() >> listen(backlog=0) >> establishes(1) >> connect(2) >> arrives(2, "client", "SYN")
    book >> raised("ListenOverflows")
    assert differs(book, 2).reason is Reason.SYN_DROPPED


def test_deferred() -> None:
    book = Playbook() >> listen() >> call("setsockopt", fd=LISTENER_FD, args="SOL_TCP, TCP_DEFER_ACCEPT, [5]")
    book >> connect(1) >> arrives(1, "client", "SYN") >> passes(1, "server", "SYN|ACK")
    book >> passes(1, "client", "ACK") >> sees("server", 1, "SYN_RECV")
    assert differs(book).reason is Reason.DEFERRED


def test_a_cut_wire() -> None:
    book = Playbook() >> listen() >> establishes(1) >> wire("cut") >> segment(1, "client", "FIN|ACK")
    book >> lost(1, "client", "FIN|ACK", "cut")
    assert differs(book).reason is Reason.CUT
    book >> wire("flow")
    assert differs(book).reason is Reason.UNTOLD


def test_a_made_up_syn() -> None:
    book = Playbook() >> listen()
    book.flows[1] = Flow("10.0.0.66:1024")
    book >> segment(1, "client", "SYN") >> arrives(1, "client", "SYN") >> segment(1, "server", "SYN|ACK")
    book >> lost(1, "server", "SYN|ACK", "nobody") >> sees("server", 1, "SYN_RECV")
    found = differs(book)
    assert (found.reason, found.client.words) == (Reason.FORGED, "is nobody: the address is made up")


def test_what_is_over_is_settled() -> None:
    book = Playbook() >> listen() >> establishes(1) >> segment(1, "client", "RST|ACK")
    assert differs(book).client.state is State.CLOSED
    book >> arrives(1, "client", "RST|ACK")
    assert of(book) is None


@pytest.mark.parametrize(
    ("mine", "row", "timer", "does"),
    [
        ("client", "SYN_SENT", "retransmit", "sends its SYN again"),
        ("server", "SYN_RECV", "retransmit", "sends its SYN-ACK again"),
        ("client", "ESTABLISHED", "retransmit", "sends again what was not acknowledged"),
        ("client", "ESTABLISHED", "keepalive", "asks the peer whether it is still there"),
        ("client", "ESTABLISHED", "probe", "asks the peer whether it takes data again"),
        ("client", "LAST_ACK", "retransmit", "sends its FIN again"),
        ("client", "FIN_WAIT2", "keepalive", "stops waiting for the other FIN"),
        ("client", "FIN_WAIT2", "timewait", "stops waiting for the other FIN"),
        ("client", "TIME_WAIT", "timewait", "forgets the connection"),
    ],
)
def test_a_timer_counts_down(mine: str, row: str, timer: str, does: str) -> None:
    book = Playbook() >> listen() >> connect(1) >> sees(mine, 1, row, timer=timer, expires=60 * SECOND)
    number = book.connection(1).id
    assert list(countdowns(book.world, 58 * SECOND)) == [
        Countdown(number, mine, timer, 60 * SECOND, 2 * SECOND, does)
    ]
    assert [one.left for one in countdowns(book.world, 99 * SECOND)] == [0]


def test_no_timer_no_countdown() -> None:
    book = Playbook() >> listen() >> establishes(1)
    assert list(countdowns(book.world, 0)) == []


@pytest.mark.parametrize(("mine", "theirs"), product(State, State))
def test_every_pair_of_states_has_words(mine: State, theirs: State) -> None:
    """Also pairs that should not be: a table may show anything."""
    book = Playbook() >> listen() >> connect(1) >> arrives(1, "client", "SYN")
    book >> sees("client", 1, mine) >> sees("server", 1, theirs)
    found = of(book)
    if found is not None:
        assert found.client.words
        assert found.server.words
        assert found.why
