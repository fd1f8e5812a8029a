"""A connection's whole life, one segment at a time; what psutil's table says at each stop."""

import pytest
from driver import Engine

from sockviz import events, intents

pytestmark = pytest.mark.lab


def release(engine: Engine, sender: str, flags: str, nth: int = 1) -> None:
    """Let the nth segment with these flags go, and see it arrive."""
    sent = engine.sent(sender, flags, nth)
    assert sent.due is None
    engine.send(intents.Release(id=sent.id))
    engine.event(events.SegmentDelivered, id=sent.id)


def listener(engine: Engine, **fields: int) -> None:
    def holds() -> bool:
        looks = list(engine.every(events.ListenerSampled))
        return bool(looks) and all(getattr(looks[-1], name) == value for name, value in fields.items())

    engine.until(holds, f"listener {fields}")


@pytest.mark.parametrize("ipv6", [False, True], ids=["IPv4", "IPv6"])
def test_each_state_stands_still_while_its_segment_is_held(user, ipv6):  # noqa: PLR0915 - one life, told whole
    with Engine(prefix=user, mode="hold", ipv6=ipv6) as engine:
        server = engine.program("server").pid
        engine.send(intents.Connect())
        client = engine.program("client 1").pid

        engine.sent("client", "SYN")
        row = engine.row("client", "SYN_SENT")
        assert (row.pid, row.fd) == (client, 3)
        assert engine.states("server") == []

        release(engine, "client", "SYN")
        engine.sent("server", "SYN|ACK")
        row = engine.row("server", "SYN_RECV")
        assert (row.pid, row.fd, row.inode) == (None, None, 0)
        engine.row("client", "SYN_SENT")
        listener(engine, depth=0, half_open=1)

        release(engine, "server", "SYN|ACK")
        engine.row("client", "ESTABLISHED")
        engine.row("server", "SYN_RECV")
        assert engine.returned("connect", error=None).remote == engine.returned("bind").local

        release(engine, "client", "ACK")
        row = engine.row("server", "ESTABLISHED")
        assert (row.pid, row.fd, row.inode) == (None, None, 0)
        listener(engine, depth=1, limit=2, half_open=0)

        engine.call("server", "accept")
        accepted = engine.returned("accept").result
        engine.until(lambda: engine.row("server", "ESTABLISHED").pid == server)
        assert engine.row("server", "ESTABLISHED").fd == accepted
        listener(engine, depth=0)

        engine.call("client 1", "close", 3)
        engine.sent("client", "FIN|ACK")
        row = engine.row("client", "FIN_WAIT1")
        assert row.pid is None
        engine.row("server", "ESTABLISHED")

        release(engine, "client", "FIN|ACK")
        assert engine.row("server", "CLOSE_WAIT").fd == accepted
        engine.row("client", "FIN_WAIT1")

        release(engine, "server", "ACK")
        engine.row("client", "FIN_WAIT2")

        engine.call("server", "close", accepted)
        engine.sent("server", "FIN|ACK")
        assert engine.row("server", "LAST_ACK").pid is None
        engine.row("client", "FIN_WAIT2")

        release(engine, "server", "FIN|ACK")
        row = engine.row("client", "TIME_WAIT")
        assert row.timer == "timewait"
        engine.row("server", "LAST_ACK")

        release(engine, "client", "ACK", 2)
        engine.until(lambda: engine.states("server") == [])
        engine.row("client", "TIME_WAIT")
        engine.send(intents.Quit())
        assert engine.event(events.Ended).reason == "quit"
        assert engine.process.wait(10) == 0
    times = [event.t for event in engine.events]
    assert times == sorted(times)
    assert isinstance(engine.events[0], events.Header)
    assert engine.events[-1] is engine.event(events.Ended)
    assert {event.program for event in engine.every(events.ProgramStarted)} == {"server", "client 1"}
    assert {event.pid for event in engine.every(events.ProgramEnded)} == {server, client}


def test_both_closing_at_once_pass_through_closing(lab):
    with Engine(accept="auto") as engine:
        engine.send(intents.Connect())
        accepted = engine.returned("accept").result
        engine.until(lambda: engine.states("client") == engine.states("server") == ["ESTABLISHED"])
        engine.send(intents.Wire(mode="hold"))
        engine.call("client 1", "close", 3)
        engine.call("server", "close", accepted)
        engine.sent("client", "FIN|ACK")
        engine.sent("server", "FIN|ACK")
        engine.row("client", "FIN_WAIT1")
        engine.row("server", "FIN_WAIT1")
        release(engine, "client", "FIN|ACK")
        engine.row("server", "CLOSING")
        release(engine, "server", "FIN|ACK")
        engine.row("client", "CLOSING")
        release(engine, "server", "ACK")
        engine.row("client", "TIME_WAIT")
        release(engine, "client", "ACK", 2)
        engine.row("server", "TIME_WAIT")


def test_data_flows_and_an_abort_resets(lab):
    with Engine(accept="auto") as engine:
        engine.send(intents.Connect())
        accepted = engine.returned("accept").result
        engine.call("server", "recv", accepted)
        engine.call("client 1", "send", 3, data=b"hello")
        assert engine.returned("recv").data == b"hello"
        assert engine.sent("client", "PSH|ACK").segment.length == 5
        engine.call("server", "recv", accepted)
        engine.call("client 1", "abort", 3)
        engine.sent("client", "RST|ACK")
        assert engine.returned("recv", result=-1).error == "ECONNRESET"
        engine.until(lambda: engine.states("client") == engine.states("server") == [])


def test_a_flowing_life_is_sampled_in_each_state(lab):
    with Engine(accept="auto") as engine:
        engine.send(intents.Connect())
        accepted = engine.returned("accept").result
        engine.until(lambda: engine.states("client") == engine.states("server") == ["ESTABLISHED"])
        engine.call("client 1", "close", 3)
        engine.row("server", "CLOSE_WAIT")
        engine.call("server", "close", accepted)
        engine.row("client", "TIME_WAIT")
        engine.until(lambda: engine.states("server") == [])

    def seen(host: str) -> list[str]:
        states = []
        for sample in engine.every(events.SocketsSampled, host=host):
            for row in sample.changed:
                if row.state != "LISTEN" and row.state not in states:
                    states.append(row.state)
        return states

    assert seen("client") == ["SYN_SENT", "ESTABLISHED", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT"]
    assert seen("server") == ["SYN_RECV", "ESTABLISHED", "CLOSE_WAIT", "LAST_ACK"]


def test_after_the_last_evidence_there_is_a_sample_that_began_later(lab):
    with Engine(accept="auto") as engine:
        engine.send(intents.Connect(count=3))
        engine.until(lambda: engine.states("server") == ["ESTABLISHED"] * 3)

        def evidence(event: events.Event, host: str) -> bool:
            match event:
                case events.SegmentSent():
                    return event.sender == host
                case events.SegmentDelivered():
                    return True
                case events.CallEntered() | events.CallReturned():
                    return event.host == host
            return False

        def settled(host: str) -> bool:
            last = max(event.t for event in engine.events if evidence(event, host))
            return any(sample.began > last for sample in engine.every(events.SocketsSampled, host=host))

        for host in ("client", "server"):
            engine.until(lambda host=host: settled(host))
