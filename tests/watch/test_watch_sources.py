"""What the kernel's table tells of listeners and their connections, without an engine."""

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from sockviz.events import CounterRaised, Event, ListenerGone, ListenerSampled, SettingChanged, SocketRow
from sockviz.sources.clock import Clock
from sockviz.sources.watch.dump import MOST_FILTERED, Dump
from sockviz.sources.watch.filter import MOST_PORTS, handshakes
from sockviz.sources.watch.levels import AGAIN, Level
from sockviz.sources.watch.listeners import Listeners
from sockviz.sources.watch.owners import Owners
from sockviz.sources.watch.rows import CONNECTIONS, Reading, Rows

NOW = Clock().now


@pytest.fixture
def dump() -> Iterator[Dump]:
    with Dump() as made:
        yield made


def listening(stack: ExitStack, backlog: int = 8, address: str = "127.0.0.1") -> socket.socket:
    return stack.enter_context(socket.create_server((address, 0), backlog=backlog))


def connected(stack: ExitStack, server: socket.socket) -> socket.socket:
    return stack.enter_context(socket.create_connection(server.getsockname()))


def name(of: socket.socket) -> str:
    return "{}:{}".format(*of.getsockname()[:2])


@pytest.mark.parametrize("count", [1, 2, 5, MOST_FILTERED, MOST_FILTERED + 1])
def test_the_kernel_gives_the_rows_of_the_asked_ports_only(dump: Dump, count: int) -> None:
    with ExitStack() as stack:
        servers = [listening(stack) for _ in range(count + 1)]
        for server in servers:
            connected(stack, server)
        rows = Rows(dump, lambda _: (None, None))
        rows.watch({server.getsockname()[1] for server in servers[:count]})
        reading = rows.read(NOW, resent=False)
        assert sorted(row.local for row in reading.changed) == sorted(
            name(server) for server in servers[:count]
        )
        if count <= MOST_FILTERED:
            raw = list(dump.read(CONNECTIONS, ports=rows._ports))
            assert len(raw) == count


def test_only_what_changed_is_told_and_what_is_gone(dump: Dump) -> None:
    with ExitStack() as stack:
        server = listening(stack)
        rows = Rows(dump, lambda _: (None, None))
        rows.watch({server.getsockname()[1]})
        assert rows.read(NOW, resent=False) == Reading((), ())
        client, other = connected(stack, server), connected(stack, server)
        first = rows.read(NOW, resent=True)
        assert {row.remote for row in first.changed} == {name(client), name(other)}
        assert {(row.state, row.inode) for row in first.changed} == {("ESTABLISHED", 0)}
        assert rows.read(NOW, resent=True) == Reading((), ())
        client.sendall(b"hello")
        (changed,) = rows.read(NOW, resent=False).changed
        assert (changed.remote, changed.recv_queue) == (name(client), 5)
        accepted = stack.enter_context(server.accept()[0])
        (changed,) = rows.read(NOW, resent=False).changed
        assert changed.inode == os.fstat(accepted.fileno()).st_ino
        before = {row.remote: row.cookie for row in first.changed}
        assert changed.cookie == before[changed.remote]
        accepted.close()
        rows.watch(())
        assert {key.remote for key in rows.read(NOW, resent=False).gone} == {name(client), name(other)}
        assert len(rows) == 0


def test_listeners_with_queue_drops_user_and_counts(dump: Dump) -> None:
    with ExitStack() as stack:
        server = listening(stack, backlog=1)
        listeners = Listeners(dump, "server", lambda _: ())

        def read() -> list[ListenerSampled | ListenerGone]:
            return [one for one in listeners.read(NOW) if one.local == name(server)]

        (first,) = read()
        assert isinstance(first, ListenerSampled)
        assert (first.depth, first.limit, first.drops, first.uid) == (0, 1, 0, os.getuid())
        assert first.inode == os.fstat(server.fileno()).st_ino
        assert first.established is None
        assert read() == []
        for _ in range(2):
            connected(stack, server)
        with socket.socket() as third:
            third.setblocking(False)
            third.connect_ex(server.getsockname())
            (full,) = read()
            assert isinstance(full, ListenerSampled)
            assert (full.depth, full.limit, full.drops) == (2, 1, 1)
        listeners.count()
        (counted,) = read()
        assert isinstance(counted, ListenerSampled)
        assert (counted.established, counted.unaccepted, counted.half_open) == (2, 2, 0)
        server.close()
        (gone,) = [one for one in listeners.read(NOW) if one.local == first.local]
        assert isinstance(gone, ListenerGone)
        assert gone.cookie == first.cookie


def test_dual_and_single_stack(dump: Dump) -> None:
    with ExitStack() as stack:
        both = stack.enter_context(
            socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True)
        )
        six = stack.enter_context(socket.create_server(("::", 0), family=socket.AF_INET6))
        found = {one.local: one for one in Listeners(dump, "server", lambda _: ()).read(NOW)}
        dual = {port: found[f"[::]:{port}"].dual for port in (both.getsockname()[1], six.getsockname()[1])}
        assert dual == {both.getsockname()[1]: True, six.getsockname()[1]: False}


def test_owners_of_a_listener_and_of_its_connections() -> None:
    with ExitStack() as stack:
        server = listening(stack)
        connected(stack, server)
        accepted = stack.enter_context(server.accept()[0])
        listener, connection = (os.fstat(one.fileno()).st_ino for one in (server, accepted))
        owners = Owners("server")
        assert owners.find_listeners({listener}, 0)
        (owner,) = owners.of_listener(listener)
        assert (owner.pid, owner.fd) == (os.getpid(), server.fileno())
        assert not owners.find_listeners({listener}, 1)
        assert owners.find_connections([listener], {connection}, 0) == {connection}
        assert owners.of_connection(connection) == (os.getpid(), accepted.fileno())
        assert owners.find_connections([listener], {connection}, 0) == set()
        moved = os.dup(accepted.fileno())
        accepted.close()
        assert owners.find_connections([listener], {connection}, 0) == {connection}
        assert owners.of_connection(connection) == (os.getpid(), moved)
        os.close(moved)
        (told,) = owners.named([os.getpid()], 5)
        assert (told.pid, told.t) == (os.getpid(), 5)
        assert owners.named([os.getpid()], 6) == []
        assert owners.find_listeners(set(), 2) is False
        assert owners.of_listener(listener) == ()


def test_owners_of_nobodys_socket_are_not_searched_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    owners = Owners("server")
    searches = []
    search = owners._search
    monkeypatch.setattr(owners, "_search", lambda inodes: searches.append(1) or search(inodes))
    for second in range(60):
        owners.find_listeners({1}, second * 1_000_000_000)
        owners.find_connections([1], {2}, second * 1_000_000_000)
    assert len(searches) <= 6


@pytest.mark.parametrize("count", [1, 7, MOST_PORTS])
@pytest.mark.parametrize("acks", [True, False])
def test_the_kernel_takes_the_filter(count: int, acks: bool) -> None:
    from sockviz.sources.filter import attach  # noqa: PLC0415

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        attach(sock, handshakes(range(1, count + 1), acks=acks))


def test_rows_are_as_psutil_has_them(dump: Dump) -> None:
    import psutil  # noqa: PLC0415

    with ExitStack() as stack:
        server = listening(stack)
        for _ in range(5):
            connected(stack, server)
        for _ in range(3):
            stack.enter_context(server.accept()[0])
        rows = Rows(dump, lambda _: (None, None))
        rows.watch({server.getsockname()[1]})
        ours = {(row.remote, row.state, bool(row.inode)) for row in rows.read(NOW, resent=False).changed}
        theirs = {
            (f"{one.raddr.ip}:{one.raddr.port}", one.status, one.pid is not None)
            for one in psutil.net_connections("tcp")
            if one.laddr.port == server.getsockname()[1] and one.raddr
        }
        assert ours == theirs
        assert all(isinstance(row, SocketRow) for row in rows.read(NOW, resent=True).changed)


class Crowd:
    """What is told when there is too much of it: a source whose losses and costs are made up."""

    def __init__(self) -> None:
        self.total = 0
        self.more = False
        self.watched: list[frozenset[int]] = []

    def watch(self, ports: frozenset[int]) -> None:
        self.watched.append(ports)

    def read(self) -> list[Event]:
        return []

    def lost(self) -> int:
        return self.total

    def close(self) -> None:
        pass


def test_where_too_much_happens_less_is_seen_for_a_while() -> None:
    class Time(Clock):
        t = 0

        def now(self) -> int:
            return Time.t

    level = Level(Time(), "server", "sampling")
    level._insists = False
    level._trace = crowd = Crowd()  # type: ignore[assignment]
    level.watch(frozenset({80}))
    assert level.check() == []
    crowd.total = 7
    Time.t += 1_000_000_000
    (lost,) = level.check()
    assert isinstance(lost, CounterRaised)
    assert (lost.name, lost.by) == ("TraceLost", 7)
    Time.t += 2_000_000_000
    (told,) = level.check()
    assert isinstance(told, SettingChanged)
    assert (told.name, told.value) == ("level", "sampling")
    assert crowd.watched == [{80}, frozenset()]
    Time.t += AGAIN
    (told,) = level.check()
    assert isinstance(told, SettingChanged)
    assert told.value == "trace"
    assert crowd.watched[-1] == {80}
