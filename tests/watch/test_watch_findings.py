"""Why a listener drops connections: which finding follows from what was read, and what it advises."""

import msgspec
import pytest
from watch_told import LOCAL, OTHER, SECOND, begun, chosen, folded, header, listener, raised, row, sample

from sockviz.events import ListenerGone
from sockviz.world.watch.fold import fold

FULL = {"depth": 9, "limit": 8}


def test_a_full_accept_queue_is_explained_with_its_figures() -> None:
    watch = folded(header(**{"net.core.somaxconn": "4096"}), chosen(), listener(SECOND), sample(SECOND))
    fold(watch, sample(2 * SECOND, row(1), row(2)))
    fold(watch, sample(3 * SECOND, row(1, inode=4), row(2, inode=5)))
    for event in (
        listener(4 * SECOND, **FULL, drops=3),
        *raised(4 * SECOND, ListenOverflows=3, ListenDrops=3),
    ):
        fold(watch, event)
    assert watch.findings == []
    fold(watch, sample(4 * SECOND))
    (finding,) = watch.findings
    assert (finding.kind, finding.count, finding.listener, finding.certain) == (
        "accept-queue-full",
        3,
        LOCAL,
        True,
    )
    assert finding.text == (
        "The accept queue is full (9 > 8): 3 SYNs or final ACKs were ignored. The program called accept() "
        "twice in the last 3 s."
    )
    assert "backlog that the program passed to listen()" in finding.advice
    assert "somaxconn allows 4096" in finding.advice


@pytest.mark.parametrize(
    ("sysctls", "words"),
    [
        ({"net.core.somaxconn": "8"}, "The limit 8 is net.core.somaxconn, which clamps the backlog"),
        ({}, "The limit 8 is listen()'s backlog, clamped by net.core.somaxconn"),
        ({"net.ipv4.tcp_abort_on_overflow": "1"}, "are reset (net.ipv4.tcp_abort_on_overflow=1)"),
    ],
)
def test_the_advice_depends_on_the_settings(sysctls: dict[str, str], words: str) -> None:
    watch = folded(
        header(**sysctls), chosen(), listener(SECOND), sample(SECOND), listener(2 * SECOND, **FULL, drops=1)
    )
    for event in (*raised(2 * SECOND, ListenOverflows=1, ListenDrops=1), sample(2 * SECOND)):
        fold(watch, event)
    assert words in watch.findings[0].advice


def test_calls_of_accept_that_no_reading_saw_are_counted_by_what_left_the_queues() -> None:
    sampling = msgspec.structs.replace(header(), capabilities=("sampling",))
    watch = folded(sampling, chosen(), listener(SECOND, depth=1), sample(SECOND, row(1)))
    for event in (
        listener(4 * SECOND, **FULL, drops=2),
        *raised(4 * SECOND, ListenOverflows=2, ListenDrops=2, PassiveOpens=20),
        sample(4 * SECOND, row(1, inode=5)),
    ):
        fold(watch, event)
    # 1 waited, 20 came, 9 wait; one of the 12 was seen to be taken.
    assert "called accept() 1 to 12 times in the last 3 s" in watch.findings[0].text


def test_what_goes_on_is_one_finding() -> None:
    watch = begun()
    for number in range(1, 4):
        t = (1 + number) * SECOND
        for event in (
            listener(t, **FULL, drops=number),
            *raised(t, ListenOverflows=1, ListenDrops=1),
            sample(t),
        ):
            fold(watch, event)
    (finding,) = watch.findings
    assert (finding.count, finding.t, finding.last) == (3, 2 * SECOND, 4 * SECOND)
    later = 4 * SECOND + 20 * SECOND
    for event in (
        listener(later, **FULL, drops=4),
        *raised(later, ListenOverflows=1, ListenDrops=1),
        sample(later),
    ):
        fold(watch, event)
    assert len(watch.findings) == 2


def test_a_counter_and_the_listener_it_belongs_to_may_come_one_reading_apart() -> None:
    watch = begun(*raised(2 * SECOND, ListenOverflows=1, ListenDrops=1), sample(2 * SECOND))
    assert watch.findings == []
    fold(watch, listener(3 * SECOND, **FULL, drops=1))
    fold(watch, sample(3 * SECOND))
    assert [(one.listener, one.certain) for one in watch.findings] == [(LOCAL, True)]


def test_of_two_listeners_each_has_its_own_drops() -> None:
    watch = begun(
        listener(SECOND, OTHER, 2),
        listener(2 * SECOND, **FULL, drops=2),
        listener(2 * SECOND, OTHER, 2, **FULL, drops=5),
        *raised(2 * SECOND, ListenOverflows=7, ListenDrops=7),
        sample(2 * SECOND),
    )
    assert {(one.listener, one.count, one.certain) for one in watch.findings} == {
        (LOCAL, 2, True),
        (OTHER, 5, True),
    }


def test_where_the_kernel_tells_of_no_listeners_drops_it_is_said_that_it_may_be_another() -> None:
    watch = folded(
        header(),
        chosen(),
        listener(SECOND, drops=None),
        listener(SECOND, OTHER, 2, drops=None),
        sample(SECOND),
        listener(2 * SECOND, **FULL, drops=None),
        *raised(2 * SECOND, ListenOverflows=1, ListenDrops=1),
        sample(2 * SECOND),
    )
    (finding,) = watch.findings
    assert (finding.listener, finding.certain) == (LOCAL, False)
    assert "the likely one" in finding.text


def test_what_is_counted_for_the_namespace_is_said_to_be() -> None:
    watch = begun(*raised(2 * SECOND, TCPRcvQDrop=4, RetransSegs=9), sample(2 * SECOND))
    (finding,) = watch.findings
    assert (finding.kind, finding.count, finding.listener) == ("TCPRcvQDrop", 4, None)
    assert "whole network namespace" in finding.text


def test_a_group_is_full_when_one_of_its_queues_is() -> None:
    watch = begun(
        listener(2 * SECOND, cookie=5, depth=9, limit=8), listener(2 * SECOND, cookie=6, depth=0, limit=8)
    )
    here = watch.listeners[LOCAL]
    assert (len(here.sockets), here.depth, here.limit, here.full) == (3, 9, 24, True)
    for cookie in (1, 5, 6):
        assert here.gone is None
        fold(watch, ListenerGone(t=3 * SECOND, host="server", local=LOCAL, cookie=cookie))
    assert here.gone == 3 * SECOND


def test_of_a_group_the_fullest_queue_is_told() -> None:
    watch = begun(
        listener(SECOND, cookie=5),
        listener(2 * SECOND, cookie=5, depth=9, limit=8, drops=1),
        *raised(2 * SECOND, ListenOverflows=1, ListenDrops=1),
        sample(2 * SECOND),
    )
    assert "The accept queue is full (9 > 8, of one of its 2 sockets)" in watch.findings[0].text
