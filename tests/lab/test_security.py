"""What the README promises about security: who listens, who has which end of a pipe, which files are made."""

import os
import re
import socket
import stat
from pathlib import Path

import pytest
from driver import Engine, descendants

from sockviz import intents
from sockviz.session.spill import Spill

LISTENS = "0A"
"""In proc's tables of TCP sockets."""


def inodes(pid: int) -> set[str]:
    """The sockets that a process holds."""
    found = set()
    for path in Path(f"/proc/{pid}/fd").iterdir():
        try:
            match = re.fullmatch(r"socket:\[(\d+)\]", str(path.readlink()))
        except OSError:
            continue
        if match:
            found.add(match[1])
    return found


def rows(pid: int, table: str) -> list[list[str]]:
    """A table of sockets in a process's network namespace."""
    path = Path(f"/proc/{pid}/net/{table}")
    return [line.split() for line in path.read_text().splitlines()[1:]] if path.exists() else []


def reachable(processes: set[int]) -> set[tuple[str, str]]:
    """Sockets of these processes that somebody else could send something to: (table, where)."""
    found = set()
    for pid in processes:
        own = inodes(pid)
        for table in ("tcp", "tcp6", "udp", "udp6"):
            for row in rows(pid, table):
                if row[9] in own and (table.startswith("udp") or row[3] == LISTENS):
                    found.add((table, row[1]))
        for row in rows(pid, "unix"):
            if row[6] in own and len(row) > 7:
                found.add(("unix", row[7]))
    return found


def running(engine: Engine) -> set[int]:
    engine.send(intents.Connect())
    engine.returned("accept")
    return {engine.process.pid} | descendants(engine.process.pid)


@pytest.mark.lab
def test_in_the_lab_only_the_server_listens(lab):
    with Engine(accept="auto") as engine:
        assert reachable(running(engine)) == {("tcp", f"0100000A:{8001:04X}")}


@pytest.mark.parametrize("ipv6", [False, True])
def test_on_loopback_only_the_server_listens_and_on_loopback_only(ipv6):
    family, address = (socket.AF_INET6, "::1") if ipv6 else (socket.AF_INET, "127.0.0.1")
    with socket.socket(family) as probe:
        probe.bind((address, 0))
        port = probe.getsockname()[1]
    with Engine(source="loopback", accept="auto", port=port, ipv6=ipv6) as engine:
        where = "00000000000000000000000001000000" if ipv6 else "0100007F"
        assert reachable(running(engine)) == {("tcp6" if ipv6 else "tcp", f"{where}:{port:04X}")}


def holders(pipe: str) -> dict[int, set[str]]:
    """Who has which ends of a pipe: pid → `r`, `w`."""
    found: dict[int, set[str]] = {}
    for path in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            if str(path.readlink()) == pipe:
                flags = int(re.search(r"flags:\s*(\d+)", _info(path))[1], 8)
                found.setdefault(int(path.parts[2]), set()).add("rw"[flags & os.O_ACCMODE])
        except (OSError, TypeError):
            continue
    return found


def _info(path: Path) -> str:
    return Path(*path.parts[:3], "fdinfo", path.name).read_text()


@pytest.mark.parametrize("source", ["lab", "loopback"])
def test_nobody_else_has_an_end_of_the_pipes(request, source):
    if source == "lab":
        request.getfixturevalue("lab")
    with Engine(source=source, accept="auto", port=23_872) as engine:
        running(engine)
        wishes = str(Path(f"/proc/self/fd/{engine.process.stdin.fileno()}").readlink())
        told = str(Path(f"/proc/self/fd/{engine.process.stdout.fileno()}").readlink())
        assert {pid for pid, ends in holders(wishes).items() if "w" in ends} == {os.getpid()}
        assert {pid for pid, ends in holders(told).items() if "r" in ends} == {os.getpid()}
        # Of a run, the engine alone reads wishes and writes events: no host, no program.
        assert sum("r" in ends for ends in holders(wishes).values()) == 1
        assert sum("w" in ends for ends in holders(told).values()) == 1


def test_what_is_put_aside_has_no_name_and_is_nobody_elses():
    spill = Spill(room=0)
    spill.put(b"x" * 10_000)
    assert spill._file is not None
    status = os.fstat(spill._file.fileno())
    assert status.st_nlink == 0
    assert stat.S_IMODE(status.st_mode) == 0o600


@pytest.mark.lab
def test_a_run_has_no_files(lab):
    """Nothing that is written to but pipes, sockets and devices."""
    with Engine(accept="auto") as engine:
        for pid in running(engine):
            for path in Path(f"/proc/{pid}/fd").iterdir():
                kind = stat.S_IFMT(path.stat().st_mode)
                writes = int(re.search(r"flags:\s*(\d+)", _info(path))[1], 8) & os.O_ACCMODE
                assert kind != stat.S_IFREG or not writes, path.readlink()
