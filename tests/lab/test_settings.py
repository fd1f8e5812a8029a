"""Sysctls, socket options, programs of either host, chosen ports: what free play needs besides the calls."""

import contextlib
import socket

import pytest
from driver import Engine

from sockviz import events, intents

pytestmark = pytest.mark.lab


def sysctl(engine: Engine, name: str, value: str, host: str = "server") -> events.SettingChanged:
    engine.send(intents.SetSysctl(host=host, name=name, value=value))
    return engine.event(events.SettingChanged, name=name, host=host)


def reason(engine: Engine, request: str, mark: int = 0) -> str:
    return engine.event(events.RequestRefused, mark, request=request).reason


@pytest.mark.usefixtures("lab")
class TestSysctls:
    def test_it_takes_effect_on_one_host_only(self, user):
        with Engine(prefix=user, accept="never", backlog=1) as engine:
            engine.returned("listen")
            changed = sysctl(engine, "net.ipv4.tcp_abort_on_overflow", "1")
            assert changed.value == "1"
            engine.send(intents.Connect())
            engine.row("server", "ESTABLISHED")
            engine.send(intents.Wire(mode="hold"), intents.Connect(count=2))
            engine.sent("client", "SYN", 3)
            engine.send(intents.Release(all=True))
            engine.sent("server", "SYN|ACK", 3)
            engine.send(intents.Wire(mode="flow"))
            engine.sent("server", "RST")
            engine.until(lambda: engine.states("client") == ["ESTABLISHED"] * 2)

    def test_a_setting_comes_before_what_is_asked_for_next(self):
        with Engine(accept="never") as engine:
            engine.returned("listen")
            engine.send(
                intents.SetSysctl(host="client", name="net.ipv4.tcp_timestamps", value="0"), intents.Connect()
            )
            assert engine.sent("client", "SYN").segment.options.timestamp is None

    def test_several_values(self):
        with Engine() as engine:
            assert sysctl(engine, "net.ipv4.tcp_rmem", "4096 8192 16384").value == "4096\t8192\t16384"
            assert sysctl(engine, "net.core.somaxconn", "1").value == "1"
            engine.send(intents.SetBacklog(backlog=50))
            engine.until(lambda: any(look.limit == 1 for look in engine.every(events.ListenerSampled)))

    @pytest.mark.parametrize(
        ("host", "name", "value", "words"),
        [
            ("server", "net.ipv4.ip_forward", "1", "can't be set"),
            ("server", "net.ipv4.tcp_../../kernel", "1", "can't be set"),
            ("server", "kernel.hostname", "x", "can't be set"),
            ("server", "net.ipv4.tcp_no_such_thing", "1", "has no setting"),
            ("server", "net.ipv4.tcp_syncookies", "9000", "does not take '9000'"),
            ("server", "net.ipv4.tcp_syncookies", "1\n2", "is no value"),
            ("moon", "net.ipv4.tcp_syncookies", "1", "There is no host 'moon'"),
        ],
    )
    def test_what_is_refused(self, host, name, value, words):
        with Engine() as engine:
            engine.send(intents.SetSysctl(host=host, name=name, value=value))
            assert words in reason(engine, "set_sysctl")


@pytest.mark.usefixtures("lab")
class TestOptions:
    def test_keepalive_finds_a_peer_that_has_vanished(self):
        with Engine(accept="auto") as engine:
            engine.send(intents.Connect())
            fd = engine.returned("accept").result
            for option, value in (
                ("TCP_KEEPIDLE", 1),
                ("TCP_KEEPINTVL", 1),
                ("TCP_KEEPCNT", 1),
                ("SO_KEEPALIVE", 1),
            ):
                engine.call("server", "setsockopt", fd, option=option, value=value)
            engine.until(
                lambda: any(row.timer == "keepalive" for row in engine.connections("server")), "the timer"
            )
            engine.send(intents.Wire(mode="cut"))
            engine.call("server", "recv", fd)
            assert engine.returned("recv").error == "ETIMEDOUT"
            assert engine.states("client") == ["ESTABLISHED"], "which nobody has told"

    def test_deferred_accept(self):
        with Engine(listen=False, accept="manual", backlog=2) as engine:
            engine.program("server")
            engine.send(
                intents.Call(host="server", program="server", name="socket"),
                intents.Call(
                    host="server", program="server", name="setsockopt", option="TCP_DEFER_ACCEPT", value=30
                ),
                intents.Call(host="server", program="server", name="bind"),
                intents.Call(host="server", program="server", name="listen", backlog=2),
                intents.Connect(),
            )
            engine.until(lambda: engine.states("client") == ["ESTABLISHED"])
            engine.event(events.CounterRaised, name="TCPDeferAcceptDrop")
            assert engine.states("server") == ["SYN_RECV"]
            engine.call("client 1", "send", 3, data=b"now")
            engine.row("server", "ESTABLISHED")

    def test_time_wait_and_so_reuseaddr(self):
        """The server closes first: its port is taken, unless both sockets say that it may be used again."""
        with Engine(accept="auto") as engine:
            engine.send(intents.Connect())
            fd = engine.returned("accept").result
            engine.call("server", "close", fd)
            engine.until(lambda: engine.states("client") == ["CLOSE_WAIT"])
            engine.call("client 1", "close", 3)
            engine.row("server", "TIME_WAIT")
            mark = engine.mark()
            engine.call("server", "close", 3)
            engine.returned("close", mark)
            engine.send(intents.Open(reuse=False))
            assert engine.returned("bind", mark).error == "EADDRINUSE"
            assert "is in use" in reason(engine, "open", mark)
            mark = engine.mark()
            engine.send(intents.Open(backlog=7))
            assert engine.returned("listen", mark).error is None
            assert engine.event(events.CallEntered, mark, name="listen").args == "backlog=7"


@pytest.mark.usefixtures("lab")
class TestPrograms:
    def test_the_lab_can_begin_with_a_server_that_does_nothing(self):
        with Engine(listen=False) as engine:
            engine.program("server")
            engine.send(intents.Connect())
            assert engine.returned("connect").error == "ECONNREFUSED"
            assert not list(engine.every(events.CallEntered, host="server"))
            engine.send(intents.Open())
            assert engine.returned("listen").error is None

    def test_a_second_server_can_not_have_the_port(self):
        with Engine() as engine:
            engine.returned("listen")
            engine.send(intents.Start(host="server"))
            engine.program("server 2")
            mark = engine.mark()
            for name in ("socket", "bind"):
                engine.send(intents.Call(host="server", program="server 2", name=name))
            assert engine.returned("bind", mark).error == "EADDRINUSE"
            engine.call("server 2", "close", 3)
            engine.send(
                intents.Call(host="server", program="server 2", name="socket"),
                intents.Call(host="server", program="server 2", name="bind", address="server:8002"),
                intents.Call(host="server", program="server 2", name="listen", backlog=1),
                intents.Connect(address="server:8002"),
            )
            assert engine.returned("connect").remote == "10.0.0.1:8002"
            engine.call("server 2", "accept")
            assert engine.returned("accept").local == "10.0.0.1:8002"

    def test_a_client_may_be_the_server(self):
        with Engine(listen=False) as engine:
            engine.send(intents.Start(host="client", program="listener"))
            engine.program("listener")
            for name in ("socket", "bind", "listen", "accept"):
                engine.send(intents.Call(host="client", program="listener", name=name, address="client:7000"))
            engine.event(events.CallEntered, name="accept")
            for name in ("socket", "connect"):
                engine.send(intents.Call(host="server", program="server", name=name, address="client:7000"))
            assert engine.returned("accept").local == "10.0.0.2:7000"
            assert engine.sent("server", "SYN").segment.destination == "10.0.0.2:7000"

    def test_both_connect_to_each_other(self):
        with Engine(listen=False, mode="hold") as engine:
            engine.send(intents.Start(host="client"))
            engine.program("client 1")
            sides = (("client", "client 1", "server"), ("server", "server", "client"))
            for host, program, peer in sides:
                for name, address in (("socket", ""), ("bind", f"{host}:5000"), ("connect", f"{peer}:5000")):
                    engine.send(intents.Call(host=host, program=program, name=name, address=address))
            engine.sent("client", "SYN")
            engine.sent("server", "SYN")
            engine.send(intents.Release(all=True))
            engine.sent("client", "SYN|ACK")
            engine.row("client", "SYN_RECV")
            engine.row("server", "SYN_RECV")
            engine.send(intents.Wire(mode="flow"))
            engine.row("client", "ESTABLISHED")
            engine.row("server", "ESTABLISHED")

    def test_a_client_has_the_port_that_it_is_to_have(self):
        with Engine(accept="auto") as engine:
            engine.returned("listen")
            engine.send(intents.Connect(count=2, port=5000))
            engine.until(lambda: engine.states("server") == ["ESTABLISHED"] * 2)
            assert {row.local for row in engine.connections("client")} == {"10.0.0.2:5000", "10.0.0.2:5001"}

    @pytest.mark.parametrize("stamps", ["0", "1"])
    def test_a_four_tuple_in_time_wait_is_used_again_where_timestamps_tell_old_from_new(self, stamps):
        with Engine(accept="auto") as engine:
            engine.returned("listen")
            sysctl(engine, "net.ipv4.tcp_timestamps", stamps, host="client")
            engine.send(intents.Connect(port=5000))
            fd = engine.returned("accept").result
            engine.until(lambda: engine.states("client") == engine.states("server") == ["ESTABLISHED"])
            engine.call("client 1", "close", 3)
            engine.row("server", "CLOSE_WAIT")
            engine.call("server", "close", fd)
            engine.row("client", "TIME_WAIT")
            mark = engine.mark()
            engine.send(intents.Connect(port=5000))
            assert engine.returned("connect", mark).error == (None if stamps == "1" else "EADDRNOTAVAIL")

    def test_the_end_of_a_program_closes_what_it_holds(self):
        with Engine(accept="auto") as engine:
            engine.send(intents.Connect())
            engine.returned("accept")
            engine.until(lambda: engine.states("client") == ["ESTABLISHED"])
            engine.send(intents.End(host="server", program="server"))
            engine.event(events.ProgramEnded)
            engine.row("client", "CLOSE_WAIT")
            mark = engine.mark()
            engine.send(intents.Open())
            engine.event(events.ProgramStarted, mark, program="server")
            assert engine.returned("listen", mark).error is None

    def test_a_started_program_stays_whatever_it_closes(self):
        with Engine() as engine:
            engine.send(intents.Start(host="client", program="patient"))
            engine.program("patient")
            for _ in range(2):
                for name in ("socket", "close"):
                    engine.send(intents.Call(host="client", program="patient", name=name))
            engine.until(lambda: len(list(engine.every(events.CallEntered, name="close"))) == 2)
            engine.send(intents.End(host="client", program="patient"))
            assert engine.event(events.ProgramEnded).status == 0

    @pytest.mark.parametrize(
        ("wish", "request_", "words"),
        [
            (intents.Start(host="moon"), "start", "There is no host 'moon'"),
            (intents.Start(host="client", program="server"), "start", "runs already"),
            (intents.Start(host="client", program="a\x1b[2J"), "start", "printable"),
            (intents.End(host="client", program="who"), "end", "no program who"),
            (intents.Call(host="client", name="socket"), "socket", "no program without a name"),
            (intents.Connect(port=65535, count=2), "connect", "local ports"),
            (intents.Connect(address="moon:80"), "connect", "There is no host 'moon'"),
            (intents.Open(backlog=-1), "open", "listens already"),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_what_is_refused(self, wish, request_, words):
        with Engine() as engine:
            engine.returned("listen")
            engine.send(wish)
            assert words in reason(engine, request_)


class TestOnLoopback:
    """Where nothing on the machine is changed."""

    @pytest.fixture
    def engine(self):
        with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as free:
            port = free.getsockname()[1]
        with Engine(source="loopback", port=port) as running:
            running.returned("listen")
            yield running

    @pytest.mark.parametrize(
        ("wish", "request_", "words"),
        [
            (
                intents.SetSysctl(host="server", name="net.ipv4.tcp_syncookies", value="0"),
                "set_sysctl",
                "this machine's own setting",
            ),
            (intents.Flood(), "flood", "Only the lab"),
            (
                intents.Call(host="server", program="server", name="socket", kind="datagram"),
                "socket",
                "the lab only",
            ),
        ],
        ids=["sysctl", "flood", "datagrams"],
    )
    def test_what_only_the_lab_can(self, engine, wish, request_, words):
        engine.send(wish)
        told = reason(engine, request_)
        assert words in told
        assert "--source lab" in told

    def test_a_second_program_and_a_chosen_port(self, engine):
        engine.send(intents.Start(host="server"), intents.Connect(port=18_734))
        engine.program("server 2")
        assert engine.returned("connect").local == "127.0.0.1:18734"
