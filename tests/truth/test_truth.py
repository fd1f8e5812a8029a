"""Each life of a connection, as we export it and as the kernel's tracepoint saw it.

The programs make real calls on the lab's two hosts, or on this machine; see `kernel.expected` for what the
two accounts can't have in common.
"""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from kernel import Tracer, expected
from life import life

from sockviz import events, intents

pytestmark = pytest.mark.lab

ALL = ("SYN_SENT", "ESTABLISHED", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT")


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
