"""The listener's queues, as the kernel tells them."""

import pytest
from driver import Engine

from sockviz import events, intents

pytestmark = pytest.mark.lab


def test_a_full_accept_queue_leaves_the_others_in_syn_sent(user):
    with Engine(prefix=user, backlog=1, accept="never") as engine:
        engine.send(intents.Connect(count=5))
        engine.until(lambda: engine.states("client") == ["ESTABLISHED"] * 2 + ["SYN_SENT"] * 3)
        engine.until(lambda: engine.states("server") == ["ESTABLISHED"] * 2)
        assert all(row.pid is None and row.inode == 0 for row in engine.connections("server"))

        def full() -> bool:
            looks = list(engine.every(events.ListenerSampled))
            return bool(looks) and (looks[-1].depth, looks[-1].limit) == (2, 1)

        engine.until(full)
        overflows = engine.event(events.CounterRaised, host="server", name="ListenOverflows")
        assert overflows.total >= 1
        engine.until(
            lambda: (
                max(raised.total for raised in engine.every(events.CounterRaised, name="ListenOverflows"))
                >= 3
            )
        )


def test_a_larger_backlog_lets_the_next_retry_in(lab):
    with Engine(backlog=0, accept="never") as engine:
        engine.send(intents.Connect(count=2))
        engine.until(lambda: engine.states("client") == ["ESTABLISHED", "SYN_SENT"])
        engine.event(events.CounterRaised, name="ListenOverflows")
        engine.send(intents.SetBacklog(backlog=5))
        engine.until(lambda: engine.states("server") == ["ESTABLISHED"] * 2)
        engine.until(lambda: any(look.limit == 5 for look in engine.every(events.ListenerSampled)))


def test_manual_accept_takes_the_oldest_and_auto_takes_all(lab):
    with Engine(accept="manual", backlog=5) as engine:
        engine.send(intents.Connect(count=1))
        engine.until(lambda: engine.states("server") == ["ESTABLISHED"])
        engine.send(intents.Connect(count=2))
        engine.until(lambda: engine.states("server") == ["ESTABLISHED"] * 3)
        first = engine.returned("connect").local
        engine.call("server", "accept")
        assert engine.returned("accept").remote == first
        mark = engine.mark()
        engine.send(intents.SetAccept(mode="auto"))
        engine.until(lambda: all(row.pid for row in engine.connections("server")))
        entered = engine.event(events.CallEntered, mark, name="accept")
        assert entered.fd == 3
        # The one that now waits is interrupted when accept() is no longer wanted.
        engine.send(intents.SetAccept(mode="manual"))
        assert engine.returned("accept", mark, result=-1).error == "EINTR"


def test_closing_the_listener_resets_what_is_queued_and_it_opens_again(lab):
    with Engine(accept="manual") as engine:
        engine.send(intents.Connect())
        engine.until(lambda: engine.states("server") == ["ESTABLISHED"])
        engine.call("server", "close", 3)
        engine.sent("server", "RST|ACK")
        engine.until(lambda: engine.rows["server"] == {})
        engine.send(intents.Connect())
        assert engine.returned("connect", result=-1).error == "ECONNREFUSED"
        mark = engine.mark()
        engine.send(intents.Open())
        assert engine.returned("listen", mark).error is None
        engine.send(intents.Connect())
        engine.until(lambda: engine.states("server") == ["ESTABLISHED"])
