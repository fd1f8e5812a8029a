"""What the processes of a run may do once it has begun: the least, and nothing to be had back."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from driver import BOUND, AsNobody, Engine, descendants

from sockviz import events, intents, privileges

PROGRAMS = {privileges.NET_BIND_SERVICE, privileges.NET_RAW}
HOSTS = {*PROGRAMS, privileges.NET_ADMIN}


def threads(pid: int) -> list[dict[str, str]]:
    """The status of each thread of a process."""
    found = []
    for path in Path(f"/proc/{pid}/task").glob("*/status"):
        lines = path.read_text().splitlines()
        found.append(dict(line.split(":\t", 1) for line in lines if ":\t" in line))
    assert found
    return found


def capabilities(status: dict[str, str], kind: str) -> set[int]:
    mask = int(status[kind], 16)
    return {number for number in range(64) if mask >> number & 1}


def check(pid: int, allowed: set[int], *, exactly: bool = False) -> None:
    for status in threads(pid):
        name = status["Name"]
        has = capabilities(status, "CapEff")
        assert has == allowed if exactly else has <= allowed, f"{name} has {has}"
        assert capabilities(status, "CapPrm") == has, name
        assert not capabilities(status, "CapInh"), name
        assert not capabilities(status, "CapAmb"), name
        assert status["NoNewPrivs"] == "1", name
        if os.geteuid() == 0 and exactly:  # of the others no_new_privs takes care
            assert capabilities(status, "CapBnd") <= allowed | HOSTS, name


def running(engine: Engine) -> dict[str, list[int]]:
    """An engine with one accepted connection; its processes by name."""
    engine.send(intents.Connect())
    engine.returned("accept")
    found: dict[str, list[int]] = {}
    for pid in {engine.process.pid} | descendants(engine.process.pid):
        found.setdefault(threads(pid)[0]["Name"], []).append(pid)
    return found


@pytest.mark.lab
def test_a_lab_keeps_what_its_programs_need(user):
    with Engine(prefix=user, accept="auto") as engine:
        processes = running(engine)
        assert processes.keys() >= {"host client", "host server", "server", "client 1"}
        for name, pids in processes.items():
            for pid in pids:
                host, program = name.startswith("host "), name in {"server", "client 1"}
                check(pid, HOSTS if host else PROGRAMS if program else set(), exactly=True)


@pytest.mark.lab
def test_what_is_kept_is_enough(user):
    """Settings, half-open connections from nowhere, ports below 1024."""
    setting = intents.SetSysctl(host="server", name="net.ipv4.tcp_syncookies", value="0")
    with Engine(prefix=user, accept="auto", port=80) as engine:
        engine.send(setting, intents.Flood(count=2))
        engine.event(events.SettingChanged, name=setting.name, value="0")
        engine.until(lambda: engine.states("server") == ["SYN_RECV"] * 2)
        assert not list(engine.every(events.RequestRefused))


@pytest.mark.lab
def test_programs_of_ones_own_have_no_rights_that_one_has_not(user):
    programs = (intents.Command(host="server", text="sleep 60"),)
    with Engine(prefix=user, commands=programs) as engine:
        started = engine.event(events.ProgramStarted, program="server")
        assert started
        processes = {engine.process.pid} | descendants(engine.process.pid)
        named = {pid: threads(pid)[0]["Name"] for pid in processes}
        engines = [pid for pid, name in named.items() if name.startswith("python")]
        assert len(engines) == 2, named
        for pid in engines:
            check(pid, set(), exactly=True)
        (guest,) = (pid for pid, name in named.items() if name == "sleep")
        if user or os.geteuid() != 0:
            for status in threads(guest):
                assert not capabilities(status, "CapEff") | capabilities(status, "CapPrm")


@pytest.mark.parametrize("prefix", [[], AsNobody], ids=["as we are", "as nobody"])
def test_on_loopback_only_low_ports_are_kept(prefix):
    if prefix and os.geteuid() != 0:
        pytest.skip("only root can become another user")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with Engine(prefix=prefix, source="loopback", accept="auto", port=port) as engine:
        for pids in running(engine).values():
            for pid in pids:
                check(pid, {privileges.NET_BIND_SERVICE})


def test_the_dissector_has_no_rights():
    with subprocess.Popen(
        [sys.executable, "-m", "sockviz.sources.dissect"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        process.stdin.write(b"00\n")
        process.stdin.flush()
        process.stdout.readline()
        check(process.pid, set(), exactly=True)
        process.stdin.close()
        assert process.wait(BOUND) == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has rights to give up")
def test_nothing_comes_back():
    """Not even for root that starts a program."""
    become = "import os; os.execvp('cat', ['cat', '/proc/self/status'])"
    script = f"from sockviz import privileges; privileges.drop(); {become}"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    status = dict(line.split(":\t", 1) for line in done.stdout.splitlines() if ":\t" in line)
    assert not any(capabilities(status, kind) for kind in ("CapEff", "CapPrm", "CapBnd", "CapInh", "CapAmb"))
