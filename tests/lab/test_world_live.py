"""What the world makes of live runs: full queues with their causes, ghosts, beliefs, timers, datagrams."""

import pytest
from driver import Engine

from sockviz import events, intents
from sockviz.world.beliefs import Reason, ghosts, split
from sockviz.world.cause import Cause
from sockviz.world.fold import advance
from sockviz.world.model import Connection, Drop, Fact, Listener, World
from sockviz.world.timers import countdowns

pytestmark = pytest.mark.lab

COOKIES, MOST = "net.ipv4.tcp_syncookies", "net.ipv4.tcp_max_syn_backlog"


class Seen(Engine):
    """An engine, and the world that its events make."""

    def __init__(self, **setup) -> None:
        self._world, self._folded = World(), 0
        self.facts: list[Fact] = []
        super().__init__(**setup)
        self.event(events.ProgramStarted, program="server")

    @property
    def world(self) -> World:
        fresh = self.events[self._folded :]
        self._folded += len(fresh)
        self._world, facts = advance(self._world, fresh)
        self.facts += facts
        return self._world

    @property
    def listener(self) -> Listener:
        return next(iter(self.world.listeners.values()))

    @property
    def drops(self) -> list[Drop]:
        assert self.world
        return [fact for fact in self.facts if isinstance(fact, Drop)]

    def connection(self, program: str) -> Connection:
        pid = self.program(program).pid
        return next(one for one in self.world.connections.values() if one.client.pid == pid)

    def sysctl(self, name: str, value: str) -> None:
        self.send(intents.SetSysctl(host="server", name=name, value=value))
        self.event(events.SettingChanged, name=name, value=value)


def half_open(engine: Seen) -> int:
    return sum(row.state == "SYN_RECV" for row in engine.rows["server"].values())


@pytest.mark.parametrize("backlog", [0, 1, 2, 5, 9])
def test_a_full_syn_queue_is_as_long_as_was_measured(lab, backlog):
    with Seen(backlog=backlog) as engine:
        engine.returned("listen")
        engine.sysctl(COOKIES, "0")
        engine.send(intents.Flood(count=backlog + 4))
        engine.until(lambda: len(engine.drops) == 3, "three too many")
        assert {drop.why for drop in engine.drops} == {Cause.SYN_QUEUE_FULL}
        listener = engine.listener
        assert listener.syn_full
        assert len(listener.syn_queue) == listener.syn_capacity == backlog + 1 == half_open(engine)
        assert all(engine.world.connections[number].spoofed for number in listener.syn_queue)


def test_the_maximum_of_half_open_connections(lab):
    """net.ipv4.tcp_max_syn_backlog, which has a say only without cookies, and keeps a quarter back."""
    with Seen(backlog=50) as engine:
        engine.returned("listen")
        engine.sysctl(COOKIES, "0")
        engine.sysctl(MOST, "8")
        engine.send(intents.Flood(count=12))
        engine.until(lambda: len(engine.drops) == 5, "drops")
        assert {drop.why for drop in engine.drops} == {Cause.SYN_BACKLOG}
        assert engine.listener.syn_capacity == half_open(engine) == 7
        assert not list(engine.every(events.CounterRaised, name="TCPReqQFullDrop"))


def test_with_cookies_the_flood_leaves_no_more_than_the_queue_holds(lab):
    with Seen(backlog=2) as engine:
        engine.returned("listen")
        engine.send(intents.Flood(count=9))
        engine.until(lambda: sum(one.cookie for one in engine.world.connections.values()) == 6, "cookies")
        listener = engine.listener
        assert len(listener.syn_queue) == listener.syn_capacity == 3 == half_open(engine)
        assert engine.drops == []


def test_a_client_in_a_flood_without_cookies(lab):
    with Seen(backlog=1) as engine:
        engine.returned("listen")
        engine.sysctl(COOKIES, "0")
        engine.send(intents.Flood(count=2))
        engine.until(lambda: engine.listener.syn_full, "full")
        engine.send(intents.Connect())
        engine.until(lambda: any(drop.why is Cause.SYN_QUEUE_FULL for drop in engine.drops), "the client's")
        connection = engine.connection("client 1")
        assert connection.cause is Cause.SYN_QUEUE_FULL
        found = split(engine.world, connection)
        assert found
        assert found.reason in {Reason.SYN_DROPPED, Reason.ON_THE_WIRE}
        engine.until(
            lambda: any(
                one.does == "sends its SYN again" for one in countdowns(engine.world, engine.world.t)
            ),
            "the timer",
        )


def test_ghosts_and_split_truth(lab):
    """Backlog 0, three at once: one is queued, of the others nothing is kept."""
    with Seen(backlog=0, accept="never", mode="hold") as engine:
        engine.returned("listen")
        engine.send(intents.Connect(count=3))
        engine.sent("client", "SYN", 3)
        engine.send(intents.Release(all=True))
        engine.sent("server", "SYN|ACK", 3)
        engine.send(intents.Release(all=True))
        engine.sent("client", "ACK", 3)
        split_by_ack = [split(engine.world, one) for one in engine.world.connections.values()]
        assert [one.reason for one in split_by_ack if one] == [Reason.ON_THE_WIRE] * 3
        engine.send(intents.Wire(mode="flow"))
        engine.until(
            lambda: [one.cause for one in ghosts(engine.world)] == [Cause.COOKIE_IGNORED] * 2, "two ghosts"
        )
        for ghost in ghosts(engine.world):
            found = split(engine.world, ghost)
            assert found
            assert (found.reason, found.settled_by) == (Reason.GHOST, ())


def final_ack_too_late(engine: Seen) -> None:
    """One waits to be accepted and one more fits in, when two handshakes end."""
    engine.returned("listen")
    engine.send(intents.Connect())
    engine.row("server", "ESTABLISHED")
    engine.send(intents.Wire(mode="hold"), intents.Connect(count=2))
    engine.sent("client", "SYN", 3)
    engine.send(intents.Release(all=True))
    engine.sent("server", "SYN|ACK", 3)
    engine.send(intents.Wire(mode="flow"))


def test_a_final_ack_is_ignored(lab):
    with Seen(backlog=1, accept="never") as engine:
        final_ack_too_late(engine)
        engine.until(lambda: engine.drops, "the final ACK")
        assert engine.drops[0].why is Cause.FINAL_ACK_IGNORED
        late = engine.world.connections[engine.drops[0].connection]
        assert late.cause is Cause.FINAL_ACK_IGNORED

        def believed() -> bool:
            found = split(engine.world, engine.world.connections[late.id])
            return found is not None and found.reason is Reason.ACK_IGNORED

        engine.until(believed, "nothing on the wire tells")


def test_a_final_ack_is_answered_with_rst(lab):
    with Seen(backlog=1, accept="never") as engine:
        engine.sysctl("net.ipv4.tcp_abort_on_overflow", "1")
        final_ack_too_late(engine)
        engine.until(lambda: engine.drops, "the final ACK")
        assert engine.drops[0].why is Cause.ABORT_ON_OVERFLOW
        assert engine.drops[0].explanation
        engine.until(lambda: engine.states("client") == ["ESTABLISHED"] * 2)


def test_nobody_listens(lab):
    with Seen(listen=False) as engine:
        engine.send(intents.Connect())
        engine.returned("connect")
        engine.until(lambda: engine.world.connections[1].cause is Cause.NO_LISTENER, "the cause")


def test_time_wait_counts_down(lab):
    with Seen(accept="auto") as engine:
        engine.send(intents.Connect())
        fd = engine.returned("accept").result
        engine.until(lambda: engine.states("client") == engine.states("server") == ["ESTABLISHED"])
        engine.call("client 1", "close", 3)
        engine.row("server", "CLOSE_WAIT")
        engine.call("server", "close", fd)
        engine.row("client", "TIME_WAIT")
        engine.until(lambda: any(one.timer == "timewait" for one in countdowns(engine.world, 0)), "the timer")
        timer = next(one for one in countdowns(engine.world, engine.world.t) if one.timer == "timewait")
        assert 55e9 < timer.left <= 60.1e9, "RFC 9293's 2 MSL, of Linux: TCP_TIMEWAIT_LEN"
        assert timer.does == "forgets the connection"


def test_a_receive_buffer_that_is_full_of_datagrams(lab):
    with Seen(listen=False) as engine:
        engine.send(intents.Start(host="client"))
        engine.program("client 1")
        server = {"host": "server", "program": "server"}
        client = {"host": "client", "program": "client 1"}
        engine.send(
            intents.Call(**server, name="socket", kind="datagram"),
            intents.Call(**server, name="setsockopt", option="SO_RCVBUF", value=1),
            intents.Call(**server, name="bind", address="server:9000"),
            intents.Call(**client, name="socket", kind="datagram"),
        )
        engine.until(lambda: len(engine.datagram_sockets("server")) == 1)
        for _ in range(8):
            engine.send(intents.Call(**client, name="sendto", data=bytes(1000), address="server:9000"))
        engine.until(lambda: engine.drops, "a datagram too many")
        assert {drop.why for drop in engine.drops} == {Cause.RECEIVE_BUFFER}
        engine.until(lambda: len(list(engine.every(events.SegmentDelivered))) == 8)
        total = max(raised.total for raised in engine.every(events.CounterRaised, name="UdpRcvbufErrors"))

        def counted() -> bool:
            sock = next(one for one in engine.world.datagrams.values() if one.host == "server")
            return (sock.arrived, sock.lost) == (8, total)

        engine.until(counted, "each that arrived, and each that was lost")
        engine.send(intents.Call(**server, name="recvfrom"))
        engine.returned("recvfrom")
