"""sock_diag against live sockets, and what it says to what `ss` says."""

import contextlib
import shutil
import socket
import subprocess
from collections.abc import Iterator

import pytest

from sockviz.addresses import Address
from sockviz.sources.sockdiag import DiagRow, SockDiag


@pytest.fixture(params=[("127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6)], ids=["ipv4", "ipv6"])
def listener(request: pytest.FixtureRequest) -> Iterator[socket.socket]:
    address, family = request.param
    with socket.socket(family) as made:
        try:
            made.bind((address, 0))
        except OSError as error:
            pytest.skip(f"no {family.name} here: {error}")
        made.listen(3)
        yield made


@pytest.fixture
def stack() -> Iterator[contextlib.ExitStack]:
    with contextlib.ExitStack() as made:
        yield made


def connect(stack: contextlib.ExitStack, listener: socket.socket, count: int) -> list[socket.socket]:
    address = listener.getsockname()[:2]
    return [stack.enter_context(socket.create_connection(address)) for _ in range(count)]


def name(sock: socket.socket) -> Address:
    return Address(*sock.getsockname()[:2])


def living(diag: SockDiag) -> list[DiagRow]:
    """All rows but those of who had the same port lately."""
    return [row for row in diag.rows() if row.state != "TIME_WAIT"]


def test_the_queues_of_a_listener_and_of_what_waits_in_it(listener: socket.socket) -> None:
    with (
        socket.create_connection(listener.getsockname()[:2]) as client,
        SockDiag(name(listener).port) as diag,
    ):
        client.sendall(b"12345")
        rows = {(row.state, row.local): row for row in living(diag)}
        assert rows.keys() == {
            ("LISTEN", name(listener)),
            ("ESTABLISHED", name(listener)),
            ("ESTABLISHED", name(client)),
        }
        listening = rows["LISTEN", name(listener)]
        assert (listening.recv_queue, listening.send_queue) == (1, 3)
        assert listening.remote.port == 0
        queued, connected = rows["ESTABLISHED", name(listener)], rows["ESTABLISHED", name(client)]
        assert (queued.inode, queued.recv_queue, queued.remote) == (0, 5, name(client))
        assert connected.inode > 0
        accepted, _ = listener.accept()
        with accepted:
            assert {row.local: row.inode > 0 for row in living(diag)} == dict.fromkeys(
                (name(listener), name(client)), True
            )


def test_timers(listener: socket.socket) -> None:
    with SockDiag(name(listener).port) as diag:
        client = socket.create_connection(listener.getsockname()[:2])
        accepted, _ = listener.accept()
        keepalive = socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1000
        client.setsockopt(*keepalive)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        (row,) = (row for row in diag.rows() if row.local == name(client))
        assert row.timer == "keepalive"
        assert 900_000 < row.expires <= 1_000_000
        mine = name(client)
        client.close()
        accepted.close()
        (row,) = (row for row in diag.rows() if row.local == mine)
        assert (row.state, row.timer, row.inode) == ("TIME_WAIT", "timewait", 0)
        assert 0 < row.expires <= 60_000


def test_the_kernels_filter_finds_what_a_look_at_everything_finds(
    listener: socket.socket, stack: contextlib.ExitStack
) -> None:
    port = name(listener).port
    clients = connect(stack, listener, 3)
    with SockDiag() as everything, SockDiag(port) as filtered, SockDiag(name(clients[0]).port) as one:
        expected = [row for row in living(everything) if port in (row.local.port, row.remote.port)]
        assert len(expected) == 7
        assert sorted(living(filtered)) == sorted(expected)
        # Others on this machine may have used the same port lately, at another address.
        found = {row.local for row in one.rows() if row.local.ip == name(listener).ip}
        assert found == {name(listener), name(clients[0])}


def test_many_sockets_fill_more_than_one_message(
    listener: socket.socket, stack: contextlib.ExitStack
) -> None:
    listener.listen(400)
    clients = connect(stack, listener, 400)
    with SockDiag(name(listener).port) as diag:
        rows = living(diag)
        assert len(rows) == 801
        assert {row.local for row in rows} == {name(listener), *map(name, clients)}
        (listening,) = (row for row in rows if row.state == "LISTEN")
        assert (listening.recv_queue, listening.send_queue) == (400, 400)


@pytest.mark.skipif(not shutil.which("ss"), reason="ss is not installed")
def test_it_says_what_ss_says(listener: socket.socket, stack: contextlib.ExitStack) -> None:
    port = name(listener).port
    clients = connect(stack, listener, 2)
    clients[0].sendall(b"123")
    clients[1].shutdown(socket.SHUT_WR)
    with SockDiag(port) as diag:
        for _ in range(
            1000
        ):  # until the FIN is acknowledged (perhaps late), and nothing moves while ss looks
            before, told, after = diag.rows(), ask_ss(port), diag.rows()
            if sorted(before) == sorted(after) and "FIN_WAIT2" in {row.state for row in after}:
                break
    assert told == sorted((row.state, row.recv_queue, row.send_queue, row.local.port) for row in after)
    assert {state for state, *_ in told} == {"LISTEN", "ESTABLISHED", "FIN_WAIT2", "CLOSE_WAIT"}


def ask_ss(port: int) -> list[tuple[str, int, int, int]]:
    """State (as the kernel spells it), Recv-Q, Send-Q and local port of what has this port on either end."""
    command = ["ss", "-tanH", f"( sport = :{port} or dport = :{port} )"]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    spelled = {"ESTAB": "ESTABLISHED", "FIN-WAIT-1": "FIN_WAIT1", "FIN-WAIT-2": "FIN_WAIT2"}
    return sorted(
        (spelled.get(state, state.replace("-", "_")), int(recv), int(send), int(local.rpartition(":")[2]))
        for state, recv, send, local, *_ in map(str.split, lines)
    )
