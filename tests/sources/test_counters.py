"""The kernel's counters, raised by live sockets."""

import socket

from sockviz.events import CounterRaised
from sockviz.sources.clock import Clock
from sockviz.sources.counters import CounterReader, read


def test_a_connection_is_counted_from_the_start_of_the_reader() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        before = CounterReader(Clock(), "server")
        totals = []
        for _ in range(2):
            with socket.create_connection(listener.getsockname()):
                raised = {name: (by, total) for name, by, total in before.raised()}
                by, total = raised["PassiveOpens"]
                totals.append(total)
                assert 1 <= by <= total
        assert totals[0] < totals[1] < read()["PassiveOpens"] + 1
        reset = CounterReader(Clock(), "server")
        with socket.create_connection(listener.getsockname()):
            (opened,) = (event for event in reset.raised_events() if event.name == "PassiveOpens")
            assert isinstance(opened, CounterRaised)
            assert (opened.host, opened.by) == ("server", opened.total)


def test_a_full_accept_queue_is_counted() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        with socket.create_connection(listener.getsockname()), socket.socket() as late:
            reader = CounterReader(Clock(), "server")
            late.setblocking(False)
            late.connect_ex(listener.getsockname())
            raised = {name: by for name, by, _ in reader.raised()}
        assert raised["ListenOverflows"] >= 1
        assert raised["ListenDrops"] >= 1


def test_what_a_kernel_does_not_have_is_left_out() -> None:
    assert {"ListenOverflows", "RetransSegs", "OutRsts"} <= read().keys()
    assert all(value >= 0 for value in read().values())
