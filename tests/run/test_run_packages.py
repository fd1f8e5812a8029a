"""Servers and clients from Debian's packages, run in the lab: rows, owners and queues are what `ss` says."""

import contextlib
import os
import re
from pathlib import Path

import pytest
from stage import Lab, has, plain

from sockviz import events, intents

pytestmark = pytest.mark.lab

NGINX = """
daemon off;
worker_processes 2;
pid {directory}/nginx.pid;
error_log stderr;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    keepalive_timeout 1000;
    server {{
        listen 8080 backlog=33;
        listen [::]:8081 backlog=44 ipv6only=off;
        location / {{ return 200 "from nginx\\n"; }}
    }}
}}
"""


def needs(*programs: str) -> None:
    if missing := has(*programs):
        pytest.skip(f"not installed: {missing}")


def owners_by_ss(lab: Lab, host: str) -> dict[tuple[str, str], set[int]]:
    """`ss -tanp` inside the host: (local, remote) → the pids there, as the lab has them."""
    inside = next(
        pid
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and (pid := int(entry.name)) and _is_host(pid, host, lab.process.pid)
    )
    listed = lab.inside(
        host, "nsenter", f"--pid=/proc/{inside}/ns/pid", f"--mount=/proc/{inside}/ns/mnt", "ss", "-tanpH"
    )
    found = {}
    for line in listed.splitlines():
        columns = line.split()
        found[plain(columns[3]), plain(columns[4])] = {int(pid) for pid in re.findall(r"pid=(\d+)", line)}
    return found


def _is_host(pid: int, host: str, engine: int) -> bool:
    with contextlib.suppress(OSError):
        if Path(f"/proc/{pid}/comm").read_text().strip() != f"host {host}":
            return False
        while pid > 1 and pid != engine:
            pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        return pid == engine
    return False


def owners(lab: Lab, host: str) -> dict[tuple[str, str], set[int]]:
    """The same as told by the engine."""
    return {
        (plain(row.local), plain(row.remote)): {owner.pid for owner in row.owners} or ({row.pid} - {None})
        for row in lab.rows[host].values()
        if row.protocol == "tcp"
    }


def test_nginx_with_curl(lab, tmp_path):
    """Two workers share two listeners, one of them for both families."""
    needs("nginx", "curl", "ss", "nsenter")
    config = tmp_path / "nginx.conf"
    config.write_text(NGINX.format(directory=tmp_path))
    clients = (
        "curl -s http://10.0.0.1:8080/",
        "curl -s http://[fd00::1]:8081/",
        "curl -s http://10.0.0.1:8081/",
    )
    with Lab(f"nginx -c {config} -p {tmp_path}", clients=clients) as lab_:
        for number in (1, 2, 3):
            assert lab_.ended(f"client {number}") == 0
            assert lab_.output(f"client {number}") == "from nginx\n"
        listeners = lab_.world.listeners
        assert {local: one.limit for (_, local), one in listeners.items()} == {
            "0.0.0.0:8080": 33,
            "[::]:8081": 44,
        }
        workers = [one for one in lab_.world.programs.values() if one.command.startswith("nginx: worker")]
        assert len(workers) == 2
        (master,) = (one for one in lab_.world.programs.values() if one.name == "server")
        everybody = {master.pid, *(worker.pid for worker in workers)}
        assert {owner.pid for owner in listeners["server", "0.0.0.0:8080"].owners} == everybody
        lab_.agrees("server")
        lab_.agrees("client")
        ends = list(lab_.world.connections.values())
        assert len(ends) == 3
        assert all(one.server.accepted for one in ends)
        assert {one.listener for one in ends} == {"0.0.0.0:8080", "[::]:8081"}
        lab_.send(intents.Quit())
    assert [one.status for one in lab_.every(events.ProgramEnded, pid=master.pid)] == [0]


def test_nginx_under_load_agrees_with_ss(lab, tmp_path):
    """A load generator, and clients that stay: tables and owners are those of `ss -tanp`."""
    needs("nginx", "ab", "nc", "ss", "nsenter")
    config = tmp_path / "nginx.conf"
    config.write_text(NGINX.format(directory=tmp_path))
    clients = ("ab -q -n 200 -c 10 http://10.0.0.1:8080/", *("nc 10.0.0.1 8080",) * 5)
    with Lab(f"nginx -c {config} -p {tmp_path}", clients=clients, trace=False) as lab_:
        assert lab_.ended("client 1") == 0
        assert "Complete requests:      200" in lab_.output("client 1")
        lab_.until(lambda: lab_.states("server").count("ESTABLISHED") == 5, "the five stay")
        lab_.agrees("server")
        lab_.agrees("client")
        if os.geteuid() == 0:
            lab_.until(lambda: owners(lab_, "server") == owners_by_ss(lab_, "server"), "owners")
            shared = owners(lab_, "server")[plain("0.0.0.0:8080"), plain("0.0.0.0:0")]
            assert len(shared) == 3, "a master and two workers"


def test_redis_with_its_client(user, tmp_path):
    needs("redis-server", "redis-cli", "ss")
    server = (
        "redis-server --port 6379 --bind 0.0.0.0 --protected-mode no --save '' --tcp-backlog 77 --dir /tmp"
    )
    clients = ("redis-cli -h 10.0.0.1 set key value", "redis-cli -h 10.0.0.1 monitor")
    with Lab(server, clients=clients, prefix=user) as lab_:
        assert lab_.ended("client 1") == 0
        assert lab_.output("client 1") == "OK\n"
        lab_.shows("client 2", "OK")
        listener = lab_.world.listeners["server", "0.0.0.0:6379"]
        assert listener.limit == 77
        lab_.agrees("server")
        lab_.agrees("client")
        monitor = next(
            one for one in lab_.world.connections.values() if one.server.state.value == "ESTABLISHED"
        )
        assert monitor.client.pid == lab_.program("client 2").pid
        assert monitor.server.pid == lab_.program("server").pid


def test_pythons_http_server(user, tmp_path):
    needs("python3", "curl", "ss")
    with Lab(
        "python3 -m http.server 8001",
        clients=("curl -s http://10.0.0.1:8001/",),
        prefix=user,
        directory="/tmp",  # noqa: S108
    ) as lab_:
        assert lab_.ended("client 1") == 0
        lab_.shows("client 1", "Directory listing")
        lab_.shows("server", '"GET / HTTP/1.1" 200')
        assert lab_.world.listeners["server", "0.0.0.0:8001"].limit == 5
        lab_.agrees("server")
        lab_.agrees("client")


def test_programs_talk_to_themselves(lab, tmp_path):
    """Inside a host there is `lo`: rows of the table, and no connections on the wire."""
    needs("nc", "ss")
    with Lab("nc -lk 127.0.0.1 8001", "sh -c 'sleep 0.5; exec nc 127.0.0.1 8001'") as lab_:
        lab_.until(lambda: lab_.states("server") == ["ESTABLISHED", "ESTABLISHED"], "both ends")
        lab_.type("server 2", "to myself\n")
        lab_.shows("server", "to myself")
        lab_.agrees("server")
        assert not lab_.world.connections
        assert not list(lab_.every(events.SegmentSent))
