"""An engine on this machine's loopback: what it sees, and what it says where it can't see."""

import asyncio
import os
import random
import signal
import socket
import time
from pathlib import Path

import pytest
from driver import BOUND, AsNobody, Engine, descendants

from sockviz import events, intents
from sockviz.errors import UserError
from sockviz.intents import Setup
from sockviz.sources import packets
from sockviz.sources.capture import Capture
from sockviz.sources.clock import Clock
from sockviz.sources.loopback import open_loopback


def may_capture() -> bool:
    try:
        Capture("lo", 1).close()
    except UserError:
        return False
    return True


needs_capture = pytest.mark.skipif(not may_capture(), reason="this process may not capture packets")


@pytest.fixture
def port() -> int:
    for _ in range(100):
        number = random.randint(20000, 29999)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", number)) != 0:
                return number
    raise AssertionError("no free port")


def connected(engine: Engine) -> None:
    """Wait until connect() has returned, and the listener and both ends are in the table."""
    engine.returned("connect", error=None)
    engine.until(lambda: engine.states("client") == engine.states("server") == ["ESTABLISHED"])


@pytest.mark.capture
@needs_capture
@pytest.mark.parametrize("ipv6", [False, True], ids=["IPv4", "IPv6"])
def test_every_segment_once_with_two_times_in_the_order_of_what_happened(port: int, *, ipv6: bool) -> None:
    with Engine(source="loopback", port=port, accept="auto", ipv6=ipv6) as engine:
        header = engine.event(events.Header)
        assert header.capabilities == ("capture", "table", "calls", "counters")
        assert header.hidden == ()
        engine.send(intents.Connect())
        connected(engine)
        engine.send(intents.Quit())
        engine.event(events.Ended)
    times = [event.t for event in engine.events]
    assert times == sorted(times)
    sent = list(engine.every(events.SegmentSent))
    assert [event.id for event in sent] == list(range(1, len(sent) + 1))
    delivered = {event.id: event.t for event in engine.every(events.SegmentDelivered)}
    assert delivered.keys() == {event.id for event in sent}
    assert all(event.t < delivered[event.id] for event in sent)
    syn, answer, ack = sent[:3]
    assert [(e.sender, e.segment.flags) for e in sent[:3]] == [
        ("client", "SYN"),
        ("server", "SYN|ACK"),
        ("client", "ACK"),
    ]
    entered = engine.event(events.CallEntered, name="connect")
    returned = engine.returned("connect")
    assert entered.t < syn.t < delivered[1] < answer.t < delivered[2] < ack.t < returned.t


@pytest.mark.capture
@needs_capture
def test_another_program_that_connects_is_seen_and_traffic_to_another_address_is_not(port: int) -> None:
    with Engine(source="loopback", port=port) as engine, socket.socket() as other:
        engine.returned("listen", error=None)
        other.bind(("127.0.0.2", port))
        other.listen()
        with (
            socket.create_connection(("127.0.0.2", port)),
            socket.create_connection(("127.0.0.1", port)) as ours,
        ):
            address = "{}:{}".format(*ours.getsockname())
            engine.event(events.SegmentSent, sender="client")
            engine.until(lambda: engine.states("client") == ["ESTABLISHED"])
        engine.send(intents.Quit())
        engine.event(events.Ended)
    assert {event.segment.source for event in engine.every(events.SegmentSent, sender="client")} == {address}


@pytest.mark.parametrize(
    "wish",
    [
        intents.Wire(mode="hold"),
        intents.Wire(delay=1),
        intents.Release(),
        intents.Release(all=True),
        intents.Drop(),
    ],
    ids=["hold", "delay", "release", "release all", "drop"],
)
def test_what_only_the_lab_can_do_is_refused_in_a_sentence(port: int, wish: intents.Intent) -> None:
    with Engine(source="loopback", port=port) as engine:
        engine.send(wish)
        reason = engine.event(events.RequestRefused).reason
    assert "only the lab's wire can" in reason.lower()
    assert "--source lab" in reason


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_without_the_right_to_capture_the_table_and_the_calls_are_left(port: int) -> None:
    with Engine(prefix=AsNobody, source="loopback", port=port, accept="manual") as engine:
        header = engine.event(events.Header)
        assert "capture" not in header.capabilities
        assert len(header.hidden) == 1
        assert "--ambient-caps=+net_raw" in header.hidden[0]
        engine.send(intents.Connect())
        connected(engine)
        client, server = engine.row("client", "ESTABLISHED"), engine.row("server", "ESTABLISHED")
        assert (client.pid, client.fd) == (engine.program("client 1").pid, 3)
        assert (server.pid, server.inode) == (None, 0)
        engine.call("server", "accept")
        accepted = engine.returned("accept", error=None)
        engine.until(lambda: engine.row("server", "ESTABLISHED").fd == accepted.result)
        engine.call("client 1", "close", 3)
        engine.until(lambda: engine.states("server") == ["CLOSE_WAIT"])
        engine.until(lambda: engine.states("client") == ["FIN_WAIT2"])
    assert not list(engine.every(events.SegmentSent))


def test_a_full_accept_queue(port: int) -> None:
    with Engine(source="loopback", port=port, backlog=1, accept="never") as engine:
        engine.send(intents.Connect(count=5))
        engine.until(lambda: engine.states("client") == ["ESTABLISHED"] * 2 + ["SYN_SENT"] * 3)
        assert engine.states("server") == ["ESTABLISHED"] * 2
        engine.event(events.ListenerSampled, depth=2, limit=1)
        engine.event(events.CounterRaised, name="ListenOverflows", host="server")


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0"])
def test_a_port_in_use_is_one_line_with_the_way_out(port: int, address: str) -> None:
    with socket.socket() as other:
        other.bind((address, port))
        other.listen()
        with Engine(source="loopback", port=port) as engine:
            failure = engine.failure()
    assert failure.kind == "port-in-use"
    assert str(port) in failure.message
    assert "--port" in failure.hint


def test_ports_that_only_root_may_have() -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    with Engine(prefix=AsNobody, source="loopback", port=81) as engine:
        failure = engine.failure()
    assert "--port" in failure.hint


@pytest.mark.skipif(os.geteuid() != 0, reason="asks for other users' processes, too")
@pytest.mark.parametrize("victim", ["engine", "hosts", "server"])
def test_whatever_is_killed_nothing_is_left(port: int, victim: str) -> None:
    with Engine(source="loopback", port=port, accept="auto") as engine:
        engine.send(intents.Connect())
        connected(engine)
        family = descendants(engine.process.pid)
        names = {pid: Path(f"/proc/{pid}/comm").read_text().strip() for pid in family}
        killed = (
            engine.process.pid if victim == "engine" else next(p for p, n in names.items() if n == victim)
        )
        os.kill(killed, signal.SIGKILL)
        if victim == "server":  # the others go on without it
            engine.event(events.ProgramEnded, host="server", status=-signal.SIGKILL)
            engine.send(intents.Quit())
        engine.process.wait(BOUND)
        end = time.monotonic() + BOUND
        while any(Path(f"/proc/{pid}").exists() for pid in family):
            assert time.monotonic() < end, names
            time.sleep(0.01)
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


@pytest.mark.capture
@needs_capture
async def test_what_the_capture_lost_is_told_and_every_segment_has_a_fate(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In this process, which is too busy to read while a small buffer overflows."""
    monkeypatch.setattr(packets, "BUFFER", 4096)
    seen: list[events.Event] = []
    all_told = asyncio.Event()

    def sink(event: events.Event) -> None:
        seen.append(event)
        sent = {each.id for each in seen if isinstance(each, events.SegmentSent)}
        lost = any(isinstance(each, events.CounterRaised) and each.name == "PacketsDropped" for each in seen)
        if lost and sent == {each.id for each in seen if isinstance(each, events.SegmentDelivered)}:
            all_told.set()

    setup = Setup(source="loopback", port=port)
    ground = await open_loopback(setup, Clock(), sink, lambda _reason: None)
    try:
        ground.start()
        with socket.create_server(("127.0.0.1", port)) as server:
            for _ in range(30):
                with socket.create_connection(("127.0.0.1", port)):
                    server.accept()[0].close()
        async with asyncio.timeout(BOUND):
            await all_told.wait()
    finally:
        await ground.close()
    raised = [
        each for each in seen if isinstance(each, events.CounterRaised) and each.name == "PacketsDropped"
    ]
    assert raised[-1].total == sum(each.by for each in raised) > 0
    assert any(isinstance(each, events.SegmentSent) for each in seen)
