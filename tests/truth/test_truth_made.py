"""The same as `test_truth` for what is made on purpose: floods, options, settings, ports of one's choice."""

import pytest
from life import Life, life

from sockviz import events, intents

pytestmark = pytest.mark.lab


def sysctl(engine: Life, host: str, name: str, value: str) -> None:
    engine.send(intents.SetSysctl(host=host, name=name, value=value))
    engine.event(events.SettingChanged, name=name, host=host)


def ask(engine: Life, program: str, *calls: intents.Call) -> None:
    engine.program(program)
    engine.send(*calls)


@pytest.mark.parametrize("cookies", ["0", "1"])
def test_a_flood_invents_nothing(lab: str, port: int, cookies: str) -> None:
    with life(lab, port, backlog=1, accept="never") as engine:
        sysctl(engine, "server", "net.ipv4.tcp_syncookies", cookies)
        engine.send(intents.Flood(count=5))
        engine.event(events.ProgramEnded, pid=engine.program("flood 1").pid)
        engine.until(lambda: engine.states("server") == ["SYN_RECV"] * 2)
        engine.send(intents.Connect())
        if cookies == "1":
            engine.connected(1)
        else:
            engine.until(lambda: engine.has("client", "SYN_SENT"))
            engine.event(events.CounterRaised, name="TCPReqQFullDrop")
        engine.call("client 1", "close", 3)
        engine.close_listener()
    assert "SYN_SENT" in engine.seen("client")
    assert len([row for row in engine.exported if row["host"] == "client"]) <= 5


def test_deferred_accept(lab: str, port: int) -> None:
    with life(lab, port, accept="auto") as engine:
        engine.call("server", "setsockopt", 3, option="TCP_DEFER_ACCEPT", value=60)
        engine.returned("setsockopt")
        engine.send(intents.Connect())
        engine.connected(1)
        engine.event(events.CounterRaised, name="TCPDeferAcceptDrop")
        engine.until(lambda: engine.states("server") == ["SYN_RECV"])
        engine.call("client 1", "send", 3, data=b"now")
        (fd,) = engine.accepted()
        engine.call("server", "recv", fd)
        engine.returned("recv", data=b"now")
        engine.call("client 1", "close", 3)
        engine.until(lambda: engine.has("server", "CLOSE_WAIT"))
        engine.call("server", "close", fd)
        engine.until(lambda: engine.has("client", "TIME_WAIT"))
        engine.close_listener()


def test_a_final_ack_that_is_answered_with_rst(lab: str, port: int) -> None:
    with life(lab, port, accept="never", backlog=1) as engine:
        sysctl(engine, "server", "net.ipv4.tcp_abort_on_overflow", "1")
        engine.send(intents.Connect())
        engine.connected(1)
        engine.until(lambda: engine.states("server") == ["ESTABLISHED"])
        engine.send(intents.Wire(mode="hold"), intents.Connect(count=2))
        engine.sent("client", "SYN", 3)
        engine.send(intents.Release(all=True))
        engine.sent("server", "SYN|ACK", 3)
        engine.send(intents.Wire(mode="flow"))
        engine.sent("server", "RST")
        engine.until(lambda: engine.states("client") == ["ESTABLISHED"] * 2)
        for number in (1, 2, 3):
            engine.call(f"client {number}", "abort", 3)
        engine.until(lambda: engine.states("client") == [])
        engine.close_listener()


def test_a_four_tuple_that_is_used_again(lab: str, port: int) -> None:
    with life(lab, port, accept="auto") as engine:
        for round_ in (1, 2):
            seen = engine.mark()
            engine.send(intents.Connect(port=5000))
            fd = engine.accepted(round_)[-1]
            engine.until(lambda: engine.states("client") == engine.states("server") == ["ESTABLISHED"])
            name = engine.event(events.ProgramStarted, seen, host="client").program
            engine.call(name, "close", 3)
            engine.until(lambda: engine.has("server", "CLOSE_WAIT"))
            engine.call("server", "close", fd)
            engine.until(lambda: engine.has("client", "TIME_WAIT") and engine.states("server") == [])
        engine.close_listener()
    ends = [row for row in engine.exported if row["host"] == "client" and row["to"] == "TIME_WAIT"]
    assert len(ends) == 2


def test_a_server_that_closes_first_and_is_called_again(lab: str, port: int) -> None:
    """TIME_WAIT is on the server: a SYN from the same port ends it (RFC 6191)."""
    with life(lab, port, accept="auto") as engine:
        engine.send(intents.Connect(port=5000))
        (fd,) = engine.accepted()
        engine.until(lambda: engine.states("client") == ["ESTABLISHED"])
        engine.call("server", "close", fd)
        engine.until(lambda: engine.has("client", "CLOSE_WAIT"))
        engine.call("client 1", "close", 3)
        engine.until(lambda: engine.has("server", "TIME_WAIT") and engine.states("client") == [])
        engine.send(intents.Connect(port=5000))
        fd = engine.accepted(2)[-1]
        engine.until(lambda: engine.states("client") == engine.states("server") == ["ESTABLISHED"])
        engine.call("client 2", "close", 3)
        engine.until(lambda: engine.has("server", "CLOSE_WAIT"))
        engine.call("server", "close", fd)
        engine.until(lambda: engine.has("client", "TIME_WAIT") and engine.states("server") == [])
        engine.close_listener()


def test_two_programs_of_one_kind_open_at_once(lab: str, port: int) -> None:
    with life(lab, port) as engine:
        engine.close_listener()
        engine.send(intents.Wire(mode="hold"), intents.Start(host="client"), intents.Start(host="server"))
        here, there = "client:5000", f"server:{port}"
        for program, mine, peer in (("client 1", here, there), ("server 2", there, here)):
            host = mine.partition(":")[0]
            calls = (("socket", ""), ("bind", mine), ("connect", peer))
            ask(
                engine,
                program,
                *(
                    intents.Call(host=host, program=program, name=name, address=address)
                    for name, address in calls
                ),
            )
        engine.sent("client", "SYN")
        engine.sent("server", "SYN")
        engine.send(intents.Release(all=True))
        engine.until(lambda: engine.states("client") == engine.states("server") == ["SYN_RECV"])
        engine.send(intents.Wire(mode="flow"))
        engine.until(lambda: engine.states("client") == engine.states("server") == ["ESTABLISHED"])
        engine.send(intents.End(host="client", program="client 1"))
        engine.until(lambda: engine.has("server", "CLOSE_WAIT"))
        engine.send(intents.End(host="server", program="server 2"))
        engine.until(lambda: engine.has("client", "TIME_WAIT"))
    assert {"SYN_RECV", "ESTABLISHED"} <= engine.seen("client") & engine.seen("server")


def test_a_peer_that_has_vanished_is_found_by_keepalive(lab: str, port: int) -> None:
    with life(lab, port, accept="auto") as engine:
        engine.send(intents.Connect())
        (fd,) = engine.accepted()
        engine.until(lambda: engine.states("client") == ["ESTABLISHED"])
        for option in ("TCP_KEEPIDLE", "TCP_KEEPINTVL", "TCP_KEEPCNT", "SO_KEEPALIVE"):
            engine.call("server", "setsockopt", fd, option=option, value=1)
        engine.until(lambda: any(row.timer == "keepalive" for row in engine.connections("server")))
        engine.send(intents.Wire(mode="cut"))
        engine.call("server", "recv", fd)
        engine.returned("recv", error="ETIMEDOUT")
        engine.call("server", "close", fd)
        engine.send(intents.Wire(mode="flow"))
        engine.call("client 1", "send", 3, data=b"anybody?")
        engine.sent("server", "RST")
        engine.until(lambda: engine.states("client") == [])
        engine.close_listener()


def test_a_program_that_ends_without_closing(lab: str, port: int) -> None:
    with life(lab, port, accept="auto") as engine:
        engine.send(intents.Connect(count=2))
        engine.accepted(2)
        engine.until(lambda: engine.states("client") == ["ESTABLISHED"] * 2)
        engine.call("client 1", "send", 3, data=b"never read")
        engine.until(lambda: any(row.recv_queue for row in engine.connections("server")))
        engine.send(intents.End(host="server", program="server"))
        engine.until(lambda: not engine.has("server", "LISTEN"))
        engine.until(lambda: engine.states("client") == ["CLOSE_WAIT"], "the other got RST")
        engine.send(intents.End(host="client", program="client 2"))
        engine.until(lambda: engine.states("client") == [])
