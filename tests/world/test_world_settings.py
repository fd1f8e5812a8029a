"""What the queues hold, what the kernels' settings say, and the options of sockets."""

from textwrap import wrap

import pytest
from playbook import LISTENER_FD, Playbook, arrives, passes, sets
from playbook_calls import accepts, call, connect, establishes, listen, queue
from playbook_truths import told

from sockviz.events import Limit
from sockviz.world import settings
from sockviz.world.limits import capacity, strangers

COOKIES, MOST = "net.ipv4.tcp_syncookies", "net.ipv4.tcp_max_syn_backlog"


def measured(accept: int, syn: int) -> list[Limit]:
    """A kernel whose queues hold so many more than listen() is called with."""
    return [
        Limit(queue="accept", backlog=0, capacity=0 + accept),
        Limit(queue="accept", backlog=5, capacity=5 + accept),
        Limit(queue="syn", backlog=2, capacity=2 + syn),
    ]


@pytest.mark.parametrize(("accept", "syn"), [(1, 1), (1, 0), (0, 0)])
def test_the_queues_hold_what_was_measured(accept: int, syn: int) -> None:
    listener = (Playbook(limits=measured(accept, syn)) >> listen(backlog=4)).listener()
    assert (listener.capacity, listener.syn_capacity) == (4 + accept, 4 + syn)


def test_what_was_measured_with_that_very_backlog_counts() -> None:
    odd = [Limit(queue="syn", backlog=1, capacity=8), Limit(queue="syn", backlog=2, capacity=8)]
    assert (Playbook(limits=odd) >> listen(backlog=2)).listener().syn_capacity == 8
    assert (Playbook(limits=odd) >> listen(backlog=3)).listener().syn_capacity is None, "there is no rule"


def test_without_measurements_only_the_accept_queue_is_known() -> None:
    listener = (Playbook() >> listen(backlog=2)).listener()
    assert (listener.capacity, listener.syn_capacity, listener.syn_full) == (3, None, False)


def test_full_is_full_on_a_kernel_that_holds_one_less() -> None:
    book = Playbook(limits=measured(0, 0)) >> listen(backlog=1) >> establishes(1) >> queue(1, 1)
    assert book.listener().full
    assert book.listener().capacity == 1


def test_a_new_backlog_has_other_capacities() -> None:
    book = Playbook(limits=measured(1, 1)) >> listen(backlog=1)
    book >> call("listen", fd=LISTENER_FD, args="backlog=7")
    assert (book.listener().capacity, book.listener().syn_capacity) == (8, 8)
    book >> queue(0, 5)  # clamped by somaxconn
    assert (book.listener().capacity, book.listener().syn_capacity) == (6, 6)


def test_the_syn_queue_is_full() -> None:
    book = Playbook(limits=measured(1, 1)) >> listen(backlog=0)
    assert not book.listener().syn_full
    book >> connect(1) >> arrives(1, "client", "SYN") >> passes(1, "server", "SYN|ACK")
    assert book.listener().syn_full
    book >> passes(1, "client", "ACK")
    assert not book.listener().syn_full


def test_without_cookies_strangers_get_three_quarters_of_the_maximum() -> None:
    book = Playbook(limits=measured(1, 1), sysctls={COOKIES: "1", MOST: "8"}) >> listen(backlog=50)
    assert book.listener().syn_capacity == 51
    book >> sets(COOKIES, "0") << told("0 drops the SYN")
    assert book.listener().syn_capacity == 7
    book >> sets(MOST, "4")
    assert book.listener().syn_capacity == 4
    book >> sets(MOST, "4096")
    assert book.listener().syn_capacity == 51
    assert strangers({COOKIES: "0", MOST: "nonsense"}) is None


def test_each_kernel_has_settings_of_its_own() -> None:
    book = Playbook(sysctls={COOKIES: "1"}) >> sets(COOKIES, "0") >> sets("net.ipv4.tcp_new", "3", "client")
    assert book.world.sysctls == {
        ("client", COOKIES): "1",
        ("server", COOKIES): "0",
        ("client", "net.ipv4.tcp_new"): "3",
    }
    assert book.world.caption
    assert book.world.caption.text == "net.ipv4.tcp_new of the client's kernel is now 3."


@pytest.mark.parametrize("name", settings.MEANINGS)
def test_what_a_setting_does_fits_into_two_lines(name: str) -> None:
    book = Playbook() >> sets(name, "60")
    assert book.world.caption
    assert len(wrap(book.world.caption.text, 76)) <= 2


def test_no_header_no_capacity() -> None:
    assert capacity(None, "syn", 2) is None
    assert (Playbook() >> listen()).listener().syn_capacity is None


def test_options_stay_with_their_descriptor() -> None:
    book = Playbook() >> call("socket", 3) >> call("setsockopt", fd=3, args="SOL_SOCKET, SO_REUSEADDR, [1]")
    book >> call("bind", fd=3, args="10.0.0.1:8001", local="10.0.0.1:8001")
    book >> call("setsockopt", fd=3, args="SOL_TCP, TCP_DEFER_ACCEPT, [5]") >> call("listen", fd=3)
    (program,) = book.world.programs.values()
    assert program.descriptors[3].kind == "listening"
    assert program.descriptors[3].options == {"SO_REUSEADDR": "1", "TCP_DEFER_ACCEPT": "5"}
    assert book.listener().defers
    book >> call("setsockopt", fd=3, args="SOL_TCP, TCP_DEFER_ACCEPT, [0]")
    assert not book.listener().defers


@pytest.mark.parametrize(
    ("linger", "aborts"),
    [
        ("{l_onoff=1, l_linger=0}", True),
        ("{l_onoff=1, l_linger=5}", False),
        ("{l_onoff=0, l_linger=0}", False),
    ],
)
def test_only_a_linger_of_no_time_resets(linger: str, aborts: bool) -> None:
    blind = Playbook(capabilities=["table", "calls"]) >> listen() >> accepts(1, 4)
    blind >> call("setsockopt", fd=4, args=f"SOL_SOCKET, SO_LINGER, {linger}") >> call("close", fd=4)
    assert blind.end(1, "server").reset is aborts
