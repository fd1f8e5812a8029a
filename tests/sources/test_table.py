"""The connection table against live sockets."""

import contextlib
import os
import socket
from collections.abc import Iterator
from unittest import mock

import msgspec
import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sockviz.events import RowKey, SocketRow
from sockviz.sources.clock import Clock
from sockviz.sources.table import JITTER, TableSampler, diff


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0), backlog=5) as made:
        yield made


def name(sock: socket.socket) -> str:
    ip, port = sock.getsockname()[:2]
    return f"{ip}:{port}"


@pytest.fixture
def table(listener: socket.socket) -> Iterator[TableSampler]:
    with contextlib.closing(TableSampler(Clock(), port=listener.getsockname()[1])) as made:
        yield made


def test_rows_are_psutils_with_the_kernels_columns(listener: socket.socket, table: TableSampler) -> None:
    with socket.create_connection(listener.getsockname()) as client:
        client.sendall(b"123")
        began, t, found = table.sample()
        assert 0 <= began <= t
        rows = {row.local + " " + row.remote: row for row in found}
        assert rows.keys() == {
            f"{name(listener)} 0.0.0.0:0",
            f"{name(listener)} {name(client)}",
            f"{name(client)} {name(listener)}",
        }
        listening = rows[f"{name(listener)} 0.0.0.0:0"]
        assert (listening.state, listening.pid, listening.fd) == ("LISTEN", os.getpid(), listener.fileno())
        assert (listening.recv_queue, listening.send_queue) == (1, 5)
        queued = rows[f"{name(listener)} {name(client)}"]
        assert (queued.state, queued.pid, queued.fd, queued.inode) == ("ESTABLISHED", None, None, 0)
        assert queued.recv_queue == 3
        connected = rows[f"{name(client)} {name(listener)}"]
        assert (connected.pid, connected.fd) == (os.getpid(), client.fileno())
        assert connected.inode == os.fstat(client.fileno()).st_ino


def test_after_accept_there_is_an_owner(listener: socket.socket, table: TableSampler) -> None:
    with socket.create_connection(listener.getsockname()) as client:
        table.sample()
        accepted, _ = listener.accept()
        with accepted:
            (row,) = (row for row in table.sample().rows if row.remote == name(client))
            assert (row.pid, row.fd) == (os.getpid(), accepted.fileno())


def test_psutil_is_asked_only_when_the_table_changed(listener: socket.socket, table: TableSampler) -> None:
    with (
        socket.create_connection(listener.getsockname()) as client,
        mock.patch.object(psutil, "net_connections", wraps=psutil.net_connections) as asked,
    ):
        first = table.sample().rows
        assert asked.call_count == 1
        assert sorted(map(str, table.sample().rows)) == sorted(map(str, first))
        client.sendall(b"12")  # a queue is sock_diag's to tell
        assert sum(row.recv_queue for row in table.sample().rows) == 2 + 1
        assert asked.call_count == 1
        accepted, _ = listener.accept()
        with accepted:
            table.sample()
            assert asked.call_count == 2


def test_a_listener_for_both_families_has_ipv4_connections_as_the_packets_have_them() -> None:
    if not socket.has_dualstack_ipv6():
        pytest.skip("no dual-stack sockets here")
    with socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True) as both:
        port = both.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as client:
            with contextlib.closing(TableSampler(Clock(), port=port)) as table:
                rows = {(row.local, row.remote): row.inode for row in table.sample().rows}
            mine = client.getsockname()[1]
            assert rows.keys() == {
                (f"[::]:{port}", "[::]:0"),
                (f"127.0.0.1:{port}", f"127.0.0.1:{mine}"),
                (f"127.0.0.1:{mine}", f"127.0.0.1:{port}"),
            }
            assert None not in rows.values()


def test_without_a_port_all_rows(listener: socket.socket, table: TableSampler) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as other,
        contextlib.closing(TableSampler(Clock())) as everything,
    ):
        assert {name(listener), name(other)} <= {row.local for row in everything.sample().rows}
        assert {row.local for row in table.sample().rows} == {name(listener)}


def test_without_sock_diag_psutil_alone(listener: socket.socket) -> None:
    with mock.patch("sockviz.sources.table.SockDiag", side_effect=PermissionError):
        table = TableSampler(Clock(), port=listener.getsockname()[1])
    with socket.create_connection(listener.getsockname()):
        rows = table.sample().rows
        assert sorted((row.state, row.pid) for row in rows if row.pid) == [
            ("ESTABLISHED", os.getpid()),
            ("LISTEN", os.getpid()),
        ]
        assert {(row.inode, row.recv_queue, row.timer) for row in rows} == {(None, 0, None)}


rows = st.builds(
    SocketRow,
    state=st.sampled_from(["ESTABLISHED", "SYN_RECV"]),
    local=st.sampled_from(["10.0.0.1:8001"]),
    remote=st.sampled_from([f"10.0.0.2:{port}" for port in (1, 2, 3)]),
    pid=st.sampled_from([None, 7]),
    recv_queue=st.integers(0, 2),
    timer=st.just("retransmit"),
    expires=st.integers(0, 5 * JITTER),
)
tables = st.lists(rows, unique_by=lambda row: row.remote)


@given(st.lists(tables))
def test_differences_add_up_to_the_table(looks: list[list[SocketRow]]) -> None:
    """Whoever applies each difference has the last table, to the jitter of a timer."""
    previous: dict[RowKey, SocketRow] = {}
    mirror: dict[RowKey, SocketRow] = {}
    for look in looks:
        changed, gone, previous = diff(previous, look)
        for key in gone:
            del mirror[key]
        mirror.update({RowKey(local=row.local, remote=row.remote): row for row in changed})
        assert mirror == previous
        assert len(mirror) == len(look)
        for row in look:
            told = mirror[RowKey(local=row.local, remote=row.remote)]
            assert told.expires is not None
            assert row.expires is not None
            assert abs(told.expires - row.expires) < JITTER
            assert msgspec.structs.replace(told, expires=row.expires) == row


def test_a_timer_that_jitters_is_no_change_and_one_that_drifts_is() -> None:
    row = SocketRow(state="TIME_WAIT", local="a", remote="b", timer="timewait", expires=10 * JITTER)
    _, _, known = diff({}, [row])
    reported = []
    for step in range(1, 21):
        moved = msgspec.structs.replace(row, expires=10 * JITTER + step * JITTER // 10)
        changed, _, known = diff(known, [moved])
        reported += [step] if changed else []
    assert reported == [10, 20]


@pytest.mark.parametrize(
    "after", [{"timer": None, "expires": None}, {"state": "CLOSE_WAIT"}, {"pid": 1}, {"inode": 5}]
)
def test_any_other_difference_is_a_change(after: dict[str, object]) -> None:
    row = SocketRow(state="ESTABLISHED", local="a", remote="b", timer="keepalive", expires=5)
    _, _, known = diff({}, [row])
    now = msgspec.structs.replace(row, **after)
    assert diff(known, [now])[0] == (now,)
