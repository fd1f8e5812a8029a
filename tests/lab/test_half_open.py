"""Half-open connections from an address that nobody has."""

import pytest
from driver import Engine

from sockviz import events, intents

pytestmark = pytest.mark.lab


def half_open(engine: Engine) -> list[events.SocketRow]:
    return [row for row in engine.connections("server") if row.state == "SYN_RECV"]


def cookies_off(engine: Engine) -> None:
    engine.returned("listen")
    engine.send(intents.SetSysctl(host="server", name="net.ipv4.tcp_syncookies", value="0"))


@pytest.mark.parametrize("ipv6", [False, True], ids=["IPv4", "IPv6"])
def test_they_fill_the_syn_queue(user, ipv6):
    with Engine(prefix=user, backlog=2, ipv6=ipv6) as engine:
        cookies_off(engine)
        engine.send(intents.Flood(count=8))
        engine.event(events.CounterRaised, host="server", name="TCPReqQFullDrop")
        ended = engine.event(events.ProgramEnded, pid=engine.program("flood 1").pid)
        assert ended.status == 0
        limits = engine.events[0].limits
        room = next(one.capacity for one in limits if (one.queue, one.backlog) == ("syn", 2))
        engine.until(lambda: len(half_open(engine)) == room)
        assert all(row.inode == 0 for row in half_open(engine))
        nobody = "[fd00::66]:" if ipv6 else "10.0.0.66:"
        assert all(row.remote.startswith(nobody) for row in half_open(engine))
        assert engine.connections("client") == []
        # A real client finds no room, and is told nothing.
        engine.send(intents.Connect())
        engine.row("client", "SYN_SENT")
        mark = engine.mark()
        engine.event(events.CounterRaised, mark, host="server", name="TCPReqQFullDrop")


def test_the_answers_are_seen_on_the_wire_and_lost_there(lab):
    with Engine(backlog=2) as engine:
        engine.returned("listen")
        engine.send(intents.Flood(count=2))
        engine.sent("server", "SYN|ACK", 2)
        answers = list(engine.every(events.SegmentSent, sender="server"))[:2]
        assert {sent.segment.destination.partition(":")[0] for sent in answers} == {"10.0.0.66"}
        for sent in answers:
            assert engine.event(events.SegmentDropped, id=sent.id).cause == "nobody"
        engine.sent("server", "SYN|ACK", 3)  # the kernel tries again
        calls = [event.name for event in engine.every(events.CallEntered, host="client")]
        assert calls == ["socket", "sendto", "sendto", "close"]


def test_with_cookies_the_queue_fills_and_clients_get_in_all_the_same(lab):
    with Engine(backlog=2, accept="never") as engine:
        engine.returned("listen")
        engine.send(intents.Flood(count=8))
        engine.event(events.CounterRaised, host="server", name="SyncookiesSent")
        engine.send(intents.Connect())
        engine.until(lambda: engine.states("client") == ["ESTABLISHED"])
        engine.until(lambda: "ESTABLISHED" in engine.states("server"))
        engine.event(events.CounterRaised, host="server", name="SyncookiesRecv")


def test_the_wire_holds_them_too(lab):
    with Engine(mode="hold") as engine:
        engine.returned("listen")
        engine.send(intents.Flood(count=2))
        first = engine.sent("client", "SYN")
        engine.sent("client", "SYN", 2)
        assert first.due is None
        engine.send(intents.Release(id=first.id))
        engine.until(lambda: len(half_open(engine)) == 1)
        assert engine.sent("server", "SYN|ACK").segment.destination == first.segment.source


@pytest.mark.parametrize("count", [0, 100_001])
def test_its_size_is_bounded(lab, count):
    with Engine() as engine:
        engine.returned("listen")
        engine.send(intents.Flood(count=count))
        assert "1 to 100,000" in engine.event(events.RequestRefused, request="flood").reason
