"""Programs as people run them: connections, owners and queues agree with ss at the same moments."""

import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from watch_driver import BOUND, Watching, until

from sockviz.world.watch.model import Watch

CLIENTS = 12
_PROCESS = re.compile(r"pid=([0-9]+),fd=([0-9]+)")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture(params=["nginx", "http.server", "redis"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[int]:
    """The port of a server that runs."""
    port = free_port()
    command = getattr(sys.modules[__name__], request.param.replace(".", "_"))(port, tmp_path)
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=tmp_path
    ) as process:
        try:
            until(lambda: listens(port), f"{request.param} listens")
            yield port
        finally:
            process.terminate()
            process.wait(BOUND)


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def needed(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{name} is not installed")
    return path


def nginx(port: int, place: Path) -> list[str]:
    temporary = "".join(
        f"{kind}_temp_path {place}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (place / "nginx.conf").write_text(
        f"daemon off; worker_processes 2; pid {place}/pid; error_log {place}/log; events {{}}"
        f"http {{ access_log off; {temporary} keepalive_timeout 60;"
        f"server {{ listen 127.0.0.1:{port} backlog=40; location / {{ return 200 hello; }} }} }}"
    )
    return [needed("nginx"), "-p", str(place), "-e", f"{place}/log", "-c", f"{place}/nginx.conf"]


def http_server(port: int, place: Path) -> list[str]:
    return [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", str(port)]


def redis(port: int, place: Path) -> list[str]:
    return [
        needed("redis-server"),
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--dir",
        str(place),
    ]


def ss(port: int) -> tuple[dict[str, tuple[str, set[tuple[int, int]]]], tuple[int, int]]:
    """`ss -tanp`: peer → (state, who has it); and the listener's queue and its limit."""
    listing = subprocess.run(
        ["ss", "-H", "-tanp", "sport", "=", f":{port}"], check=True, capture_output=True, text=True
    )
    rows, queue = {}, (-1, -1)
    for line in listing.stdout.splitlines():
        state, recv, send, _, peer, *users = line.split()
        if state == "LISTEN":
            queue = (int(recv), int(send))
        else:
            owners = {(int(pid), int(fd)) for pid, fd in _PROCESS.findall(" ".join(users))}
            rows[peer] = (state, owners)
    return rows, queue


def told(watch: Watch, port: int) -> tuple[dict[str, tuple[str, set[tuple[int, int]]]], tuple[int, int]]:
    """The same as it was told."""
    listener = watch.listeners[f"127.0.0.1:{port}"]
    rows = {}
    for one in watch.connections.values():
        owners = {(one.pid, one.fd)} if one.pid is not None and one.fd is not None else set()
        rows[one.remote] = (_SPELT[one.state], owners)
    return rows, (listener.depth, listener.limit)


_SPELT = {
    "ESTABLISHED": "ESTAB",
    "SYN_RECV": "SYN-RECV",
    "FIN_WAIT1": "FIN-WAIT-1",
    "FIN_WAIT2": "FIN-WAIT-2",
    "CLOSE_WAIT": "CLOSE-WAIT",
    "LAST_ACK": "LAST-ACK",
    "TIME_WAIT": "TIME-WAIT",
    "CLOSING": "CLOSING",
}


@pytest.mark.parametrize("level", ["sampling", "packets", "trace"])
def test_connections_owners_and_queues_agree_with_ss(root: None, server: int, level: str) -> None:
    with ExitStack() as stack:
        watching = stack.enter_context(Watching(f":{server}", level=level)).begun()
        for number in range(CLIENTS):
            client = stack.enter_context(socket.create_connection(("127.0.0.1", server)))
            if number % 3:
                client.sendall(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
            if number % 4 == 0:
                client.shutdown(socket.SHUT_WR)
        agree(watching, server)
        assert len(watching.watch.connections) >= CLIENTS // 2
        names = {
            watching.watch.processes[one.pid].name for one in watching.watch.connections.values() if one.pid
        }
        assert names
    assert watching.process.returncode == 0


def agree(watching: Watching, port: int) -> None:
    """There is a moment at which both say the same, with `ss` asked before and after."""

    def same() -> bool:
        before = ss(port)
        with watching.lock:
            seen = told(watching.watch, port)
        return before == seen == ss(port)

    end = time.monotonic() + BOUND
    while not same():
        assert time.monotonic() < end, f"{ss(port)}\n{told(watching.watch, port)}"
        time.sleep(0.05)


def test_a_load_generator(root: None, tracing: None, tmp_path: Path) -> None:
    """Each request of ab is a connection: all are seen."""
    needed("ab")
    port, requests = free_port(), 1_000
    with subprocess.Popen(nginx(port, tmp_path), stderr=subprocess.DEVNULL) as process:
        try:
            until(lambda: listens(port), "nginx listens")
            with Watching(f":{port}", level="trace") as watching:
                watching.begun()
                subprocess.run(
                    ["ab", "-q", "-n", str(requests), "-c", "20", f"http://127.0.0.1:{port}/"],
                    check=True,
                    capture_output=True,
                )
                listener = watching.watch.listeners[f"127.0.0.1:{port}"]
                watching.until(lambda _: listener.accepted >= requests, "all are seen")
                agree(watching, port)
            # ab begins more than it needs at its end.
            assert requests <= listener.opened == listener.accepted <= requests + 21
            assert listener.waits.summary(watching.watch.t).p99 is not None
        finally:
            process.terminate()
            process.wait(BOUND)
