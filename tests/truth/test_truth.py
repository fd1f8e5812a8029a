"""Each life of a connection, as we export it and as the kernel's tracepoint saw it.

The programs make real calls on the lab's two hosts, or on this machine; see `kernel.expected` for what the
two accounts can't have in common.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from driver import Engine
from kernel import Tracer, expected

from sockviz import events, intents
from sockviz.export.states import states

pytestmark = pytest.mark.lab

ALL = ("SYN_SENT", "ESTABLISHED", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT")


class Life(Engine):
    """An engine whose life is compared with the kernel's account when it is over."""

    exported: list[dict[str, Any]]

    def all_returned(self, name: str, count: int, **fields: Any) -> list[events.CallReturned]:
        """Wait until so many calls of this name have returned like this; those, in order."""

        def found() -> list[events.CallReturned]:
            calls = {entered.call for entered in self.every(events.CallEntered, name=name)}
            return [
                returned for returned in self.every(events.CallReturned, **fields) if returned.call in calls
            ]

        self.until(lambda: len(found()) >= count, f"{count} of {name} {fields}")
        return found()

    def accepted(self, count: int = 1) -> list[int]:
        """The server's descriptors, in the order of accept()."""
        return [returned.result for returned in self.all_returned("accept", count, error=None)]

    def connected(self, count: int) -> None:
        self.all_returned("connect", count, error=None)

    def close_listener(self) -> None:
        self.call("server", "close", self.returned("socket").result)
        self.until(lambda: not self.has("server", "LISTEN"), "no listener")

    def has(self, host: str, state: str) -> bool:
        return any(row.state == state for row in self.rows[host].values())

    def over(self) -> None:
        """Wait until nothing is left but TIME_WAIT."""
        rows = self.rows.values()
        self.until(
            lambda: {row.state for host in rows for row in host.values()} <= {"TIME_WAIT"}, "all closed"
        )

    def seen(self, host: str) -> set[str]:
        """The states that the export has of a host's ends."""
        return {state["to"] for state in self.exported if state["host"] == host}


@contextmanager
def life(source: str, port: int, **setup: Any) -> Iterator[Life]:
    """Play a life in the `with` block; after it the two accounts are compared."""
    with Tracer(port) as tracer, Life(source=source, port=port, **setup) as engine:
        engine.returned("listen")
        yield engine
        engine.over()
        engine.send(intents.Quit())
        engine.event(events.Ended)
        assert engine.process.wait(15) == 0
        tracer.stop()
        engine.exported = list(states(engine.events))
        kernel = tracer.sequences()
        assert kernel
        assert expected(engine.exported) == kernel
        assert [row["t"] for row in engine.exported] == sorted(row["t"] for row in engine.exported)


@pytest.mark.parametrize("ipv6", [False, True], ids=["IPv4", "IPv6"])
def test_the_client_closes_first(source: str, port: int, *, ipv6: bool) -> None:
    with life(source, port, accept="auto", ipv6=ipv6) as engine:
        engine.send(intents.Connect())
        (fd,) = engine.accepted()
        engine.call("client 1", "send", 3, data=b"hello")
        engine.call("server", "recv", fd)
        engine.call("server", "send", fd, data=b"hello")
        engine.call("client 1", "recv", 3)
        engine.returned("recv", data=b"hello", host="client")
        engine.call("client 1", "close", 3)
        engine.call("server", "recv", fd)
        engine.returned("recv", result=0)
        engine.call("server", "close", fd)
        engine.until(lambda: engine.has("client", "TIME_WAIT"))
        engine.close_listener()
    assert engine.seen("client") == set(ALL)
    assert engine.seen("server") == {"LISTEN", "SYN_RECV", "ESTABLISHED", "CLOSE_WAIT", "LAST_ACK", "CLOSED"}


def test_the_server_closes_first(source: str, port: int) -> None:
    with life(source, port, accept="auto") as engine:
        engine.send(intents.Connect())
        (fd,) = engine.accepted()
        engine.call("server", "close", fd)
        engine.call("client 1", "recv", 3)
        engine.returned("recv", result=0)
        engine.call("client 1", "close", 3)
        engine.until(lambda: engine.has("server", "TIME_WAIT"))
        engine.close_listener()
    assert {"FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT"} <= engine.seen("server")


def test_five_clients(source: str, port: int) -> None:
    with life(source, port, accept="auto", backlog=5) as engine:
        engine.send(intents.Connect(count=5))
        descriptors = engine.accepted(5)
        engine.connected(5)
        for number in range(1, 6):
            engine.call(f"client {number}", "close", 3)
        for fd in descriptors:
            engine.call("server", "recv", fd)
        engine.all_returned("recv", 5, host="server", result=0)
        for fd in descriptors:
            engine.call("server", "close", fd)
        engine.until(lambda: engine.states("client") == ["TIME_WAIT"] * 5)
        engine.close_listener()
    assert len({row["local"] for row in engine.exported if row["to"] == "TIME_WAIT"}) == 5


def test_an_abort(source: str, port: int) -> None:
    with life(source, port, accept="auto") as engine:
        engine.send(intents.Connect())
        (fd,) = engine.accepted()
        engine.call("client 1", "abort", 3)
        engine.call("server", "recv", fd)
        engine.returned("recv", error="ECONNRESET")
        engine.call("server", "close", fd)
        engine.close_listener()
    assert "TIME_WAIT" not in engine.seen("client") | engine.seen("server")


def test_closing_with_unread_data_resets(source: str, port: int) -> None:
    with life(source, port, accept="auto") as engine:
        engine.send(intents.Connect())
        (fd,) = engine.accepted()
        engine.call("client 1", "send", 3, data=b"unread")
        engine.until(lambda: any(row.recv_queue == 6 for row in engine.rows["server"].values()))
        engine.call("server", "close", fd)
        engine.call("client 1", "recv", 3)
        engine.returned("recv", error="ECONNRESET")
        engine.call("client 1", "close", 3)
        engine.close_listener()


def test_refused(source: str, port: int) -> None:
    with life(source, port) as engine:
        engine.close_listener()
        engine.send(intents.Connect())
        engine.returned("connect", error="ECONNREFUSED")
        engine.call("client 1", "close", 3)
    assert engine.seen("client") == {"SYN_SENT", "CLOSED"}


def test_never_accepted(source: str, port: int) -> None:
    with life(source, port, accept="never") as engine:
        engine.send(intents.Connect())
        engine.connected(1)
        engine.call("client 1", "close", 3)
        engine.until(lambda: engine.has("server", "CLOSE_WAIT"))
        engine.close_listener()
    assert "CLOSE_WAIT" in engine.seen("server")


def test_the_listener_closes_on_who_waits_to_be_accepted(source: str, port: int) -> None:
    with life(source, port, accept="never") as engine:
        engine.send(intents.Connect())
        engine.connected(1)
        engine.close_listener()
        engine.call("client 1", "recv", 3)
        engine.returned("recv", error="ECONNRESET")
        engine.call("client 1", "close", 3)


def test_half_closed(source: str, port: int) -> None:
    with life(source, port, accept="auto") as engine:
        engine.send(intents.Connect())
        (fd,) = engine.accepted()
        engine.call("client 1", "shutdown", 3, how="wr")
        engine.until(lambda: engine.has("client", "FIN_WAIT2"))
        engine.call("server", "send", fd, data=b"still here")
        engine.call("client 1", "recv", 3)
        engine.returned("recv", data=b"still here")
        engine.call("server", "close", fd)
        engine.until(lambda: engine.has("client", "TIME_WAIT"))
        engine.call("client 1", "close", 3)
        engine.close_listener()


def test_the_accept_queue_overflows(source: str, port: int) -> None:
    with life(source, port, accept="never", backlog=1) as engine:
        engine.send(intents.Connect(count=5))
        engine.until(lambda: engine.states("client") == ["ESTABLISHED"] * 2 + ["SYN_SENT"] * 3)
        engine.event(events.CounterRaised, name="ListenOverflows")
        for number in range(1, 6):
            engine.call(f"client {number}", "close", 3)
        engine.until(lambda: not engine.has("client", "SYN_SENT"))
        engine.close_listener()


def test_data_for_somebody_who_has_closed(source: str, port: int) -> None:
    with life(source, port, accept="auto") as engine:
        engine.send(intents.Connect())
        (fd,) = engine.accepted()
        engine.call("client 1", "close", 3)
        engine.until(lambda: engine.has("client", "FIN_WAIT2"))
        engine.call("server", "send", fd, data=b"too late")
        engine.until(lambda: not engine.has("client", "FIN_WAIT2"))
        engine.call("server", "close", fd)
        engine.close_listener()
    assert "TIME_WAIT" not in engine.seen("client")


def test_a_client_that_is_killed(port: int, tracing: None) -> None:
    """On loopback only: in the lab its number is that of another PID namespace."""
    with life("loopback", port, accept="auto") as engine:
        engine.send(intents.Connect())
        (fd,) = engine.accepted()
        os.kill(engine.program("client 1").pid, signal.SIGKILL)
        engine.call("server", "recv", fd)
        engine.returned("recv", result=0)
        engine.call("server", "close", fd)
        engine.until(lambda: engine.has("client", "TIME_WAIT"))
        engine.close_listener()


class TestHeld:
    """What only the lab can do."""

    @staticmethod
    def let_go(engine: Life, sender: str, flags: str, nth: int = 1) -> None:
        sent = engine.sent(sender, flags, nth)
        engine.send(intents.Release(id=sent.id))
        engine.event(events.SegmentDelivered, id=sent.id)

    def test_one_step_at_a_time(self, lab: str, port: int) -> None:
        with life(lab, port, mode="hold", accept="auto") as engine:
            engine.send(intents.Connect())
            for sender, flags in (("client", "SYN"), ("server", "SYN|ACK"), ("client", "ACK")):
                self.let_go(engine, sender, flags)
            (fd,) = engine.accepted()
            engine.call("client 1", "close", 3)
            self.let_go(engine, "client", "FIN|ACK")
            self.let_go(engine, "server", "ACK")
            engine.until(lambda: engine.states("client") == ["FIN_WAIT2"])
            engine.call("server", "close", fd)
            self.let_go(engine, "server", "FIN|ACK")
            self.let_go(engine, "client", "ACK", 2)
            engine.close_listener()

    def test_both_close_at_once(self, lab: str, port: int) -> None:
        with life(lab, port, accept="auto") as engine:
            engine.send(intents.Connect())
            (fd,) = engine.accepted()
            engine.send(intents.Wire(mode="hold"))
            engine.call("client 1", "close", 3)
            engine.call("server", "close", fd)
            engine.sent("client", "FIN|ACK")
            engine.sent("server", "FIN|ACK")
            engine.until(lambda: engine.has("client", "FIN_WAIT1"))
            engine.until(lambda: engine.has("server", "FIN_WAIT1"))
            self.let_go(engine, "client", "FIN|ACK")
            self.let_go(engine, "server", "FIN|ACK")
            engine.until(lambda: engine.states("client") == engine.states("server") == ["CLOSING"])
            engine.send(intents.Release(all=True))
            engine.until(lambda: engine.states("client") == engine.states("server") == ["TIME_WAIT"])
            engine.close_listener()
        assert "CLOSING" in engine.seen("client") & engine.seen("server")

    def test_a_final_ack_that_is_ignored(self, lab: str, port: int) -> None:
        """Two handshakes on their way, room for one more: the last client believes that it is connected."""
        with life(lab, port, mode="hold", accept="never", backlog=1) as engine:
            engine.send(intents.Connect())
            for sender, flags in (("client", "SYN"), ("server", "SYN|ACK"), ("client", "ACK")):
                self.let_go(engine, sender, flags)
            engine.until(lambda: engine.states("server") == ["ESTABLISHED"])
            for nth in (2, 3):
                engine.send(intents.Connect())
                self.let_go(engine, "client", "SYN", nth)
            engine.until(lambda: engine.states("server") == ["ESTABLISHED", "SYN_RECV", "SYN_RECV"])
            for nth in (2, 3):
                self.let_go(engine, "server", "SYN|ACK", nth)
                self.let_go(engine, "client", "ACK", nth)
            engine.until(lambda: engine.states("client") == ["ESTABLISHED"] * 3)
            engine.event(events.CounterRaised, name="ListenOverflows")
            engine.until(lambda: engine.states("server") == ["ESTABLISHED", "ESTABLISHED", "SYN_RECV"])
            engine.send(intents.Wire(mode="flow"))
            engine.close_listener()
            for number in (1, 2, 3):
                engine.call(f"client {number}", "abort", 3)
        half_open = [row for row in engine.exported if row["from"] == "SYN_RECV" and row["to"] == "CLOSED"]
        assert len(half_open) == 1

    def test_syn_cookies_leave_a_ghost(self, lab: str, port: int) -> None:
        """The SYN queue is full: cookies instead of rows, and in the end a client that nobody knows."""
        with life(lab, port, mode="hold", accept="never", backlog=0) as engine:
            for nth in (1, 2, 3):
                engine.send(intents.Connect())
                self.let_go(engine, "client", "SYN", nth)
                engine.sent("server", "SYN|ACK", nth)
            engine.event(events.CounterRaised, name="SyncookiesSent")
            for nth in (1, 2, 3):
                self.let_go(engine, "server", "SYN|ACK", nth)
                self.let_go(engine, "client", "ACK", nth)
            engine.until(lambda: engine.states("client") == ["ESTABLISHED"] * 3)
            engine.until(lambda: engine.states("server") == ["ESTABLISHED"])
            engine.send(intents.Wire(mode="flow"))
            engine.close_listener()
            for number in (1, 2, 3):
                engine.call(f"client {number}", "abort", 3)

    def test_both_open_at_once(self, lab: str, port: int) -> None:
        """No listener: each connects to the port that the other has bound."""
        with life(lab, port, accept="manual") as engine:
            engine.send(intents.Connect())
            engine.connected(1)
            engine.call("server", "accept")
            (fd,) = engine.accepted()
            engine.send(intents.Wire(mode="hold"))
            ends = {"client 1": f"10.0.0.2:{port}", "server": f"10.0.0.1:{port + 1}"}
            sockets = {}
            for program, address in ends.items():
                seen = engine.mark()
                engine.call(program, "socket")
                sockets[program] = engine.returned("socket", seen).result
                engine.call(program, "bind", sockets[program], address=address)
            for program, peer in zip(ends, reversed(ends.values()), strict=True):
                engine.call(program, "connect", sockets[program], address=peer)
            self.let_go(engine, "client", "SYN", 2)
            self.let_go(engine, "server", "SYN")
            engine.until(lambda: engine.has("client", "SYN_RECV"))
            engine.until(lambda: engine.has("server", "SYN_RECV"))
            engine.send(intents.Wire(mode="flow"))
            engine.until(lambda: engine.states("client") == engine.states("server") == ["ESTABLISHED"] * 2)
            for program, fds in (("client 1", (3, sockets["client 1"])), ("server", (fd, sockets["server"]))):
                for each in fds:
                    engine.call(program, "close", each)
            engine.close_listener()

    def test_a_connect_that_is_given_up_while_the_answer_is_held(self, lab: str, port: int) -> None:
        with life(lab, port, mode="hold") as engine:
            engine.send(intents.Connect())
            self.let_go(engine, "client", "SYN")
            engine.until(lambda: engine.has("server", "SYN_RECV"))
            engine.call("client 1", "close", 3)
            engine.until(lambda: engine.states("client") == [])
            self.let_go(engine, "server", "SYN|ACK")
            engine.sent("client", "RST")
            engine.send(intents.Wire(mode="flow"))
            engine.until(lambda: engine.states("server") == [])
            engine.close_listener()

    def test_what_is_lost_is_sent_again(self, lab: str, port: int) -> None:
        with life(lab, port, mode="hold", accept="auto") as engine:
            engine.send(intents.Connect())
            engine.send(intents.Drop(id=engine.sent("client", "SYN").id))
            self.let_go(engine, "client", "SYN", 2)
            engine.send(intents.Drop(id=engine.sent("server", "SYN|ACK").id))
            engine.sent("server", "SYN|ACK", 2)
            engine.send(intents.Wire(mode="flow"))
            (fd,) = engine.accepted()
            engine.send(intents.Wire(mode="hold"))
            engine.call("client 1", "close", 3)
            engine.send(intents.Drop(id=engine.sent("client", "FIN|ACK").id))
            engine.sent("client", "FIN|ACK", 2)
            engine.send(intents.Wire(mode="flow"))
            engine.call("server", "recv", fd)
            engine.returned("recv", result=0)
            engine.call("server", "close", fd)
            engine.until(lambda: engine.has("client", "TIME_WAIT"))
            engine.close_listener()

    def test_a_connect_that_is_given_up_while_the_syn_is_held(self, lab: str, port: int) -> None:
        with life(lab, port, mode="hold") as engine:
            engine.send(intents.Connect())
            engine.until(lambda: engine.has("client", "SYN_SENT"))
            engine.call("client 1", "close", 3)
            engine.until(lambda: engine.states("client") == [])
            engine.send(intents.Wire(mode="cut"))
            engine.close_listener()


@pytest.mark.parametrize(
    "options", [[], ["--clients", "5", "--backlog", "5"], ["--ipv6"]], ids=["one", "five", "IPv6"]
)
def test_the_whole_life_from_the_command_line(
    source: str, port: int, options: list[str], tmp_path: Path
) -> None:
    recording = tmp_path / "recording.jsonl"
    sockviz = [sys.executable, "-m", "sockviz"]
    with Tracer(port) as tracer:
        command = [
            *sockviz,
            "--headless",
            "--source",
            source,
            "--port",
            str(port),
            "--record",
            str(recording),
            *options,
        ]
        subprocess.run(command, check=True, capture_output=True, timeout=60)
        tracer.stop()
        exported = subprocess.run(
            [*sockviz, "export", str(recording), "--to", "states"],
            check=True,
            capture_output=True,
            timeout=60,
        ).stdout.splitlines()
    rows = [json.loads(line) for line in exported]
    assert expected(rows) == tracer.sequences()
    clients = {row["local"] for row in rows if row["to"] == "TIME_WAIT"}
    assert len(clients) == (5 if "--clients" in options else 1)
