"""However it ends, nothing of it is left, and nothing on the machine was changed."""

import os
import signal
import time
from pathlib import Path

import pytest
from driver import BOUND, Engine, all_namespaces, descendants, namespaces

from sockviz import events, intents

pytestmark = pytest.mark.lab


def wait_until(holds, what: str) -> None:
    end = time.monotonic() + BOUND
    while not holds():
        assert time.monotonic() < end, what
        time.sleep(0.01)


def command_name(pid: int) -> str:
    return Path(f"/proc/{pid}/comm").read_text().strip()


def alive(pids: set[int]) -> dict[int, str]:
    """Those of the processes that still run (a zombie doesn't), with their names."""
    found = {}
    for pid in pids:
        try:
            if "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text():
                found[pid] = command_name(pid)
        except OSError:
            continue
    return found


class Census:
    """The processes and namespaces of an engine."""

    def __init__(self, engine: Engine) -> None:
        self.launcher = engine.process.pid
        self.processes = {self.launcher} | descendants(self.launcher)
        ours = namespaces(os.getpid())
        self.taken = time.clock_gettime(time.CLOCK_BOOTTIME)
        self.namespaces = set().union(*map(namespaces, self.processes)) - ours

    def one(self, name: str) -> int:
        if name == "launcher":
            return self.launcher
        if name == "engine":
            return min(descendants(self.launcher) - descendants(self.one("host client")), key=self.depth)
        return next(pid for pid in self.processes if command_name(pid) == name)

    def depth(self, pid: int) -> int:
        return -len(descendants(pid))

    def nothing_left(self) -> None:
        wait_until(lambda: not alive(self.processes), f"still alive: {alive(self.processes)}")
        wait_until(lambda: not all_namespaces(self.taken) & self.namespaces, "namespaces are left")


def running(engine: Engine) -> Census:
    """An engine with an accepted connection, and one on its way."""
    engine.send(intents.Connect())
    engine.returned("accept")
    engine.until(lambda: engine.states("client") == engine.states("server") == ["ESTABLISHED"])
    engine.send(intents.Wire(mode="hold"), intents.Connect())
    engine.sent("client", "SYN", 2)
    engine.until(lambda: len(engine.states("client")) == 2)
    census = Census(engine)
    assert len(census.namespaces) >= 5, "user, mount, pid and three network namespaces"
    assert len(census.processes) == 7
    return census


@pytest.mark.parametrize("victim", ["launcher", "engine", "host client", "host server"])
def test_a_killed_process_takes_all_with_it(user, victim):
    with Engine(prefix=user, accept="auto") as engine:
        census = running(engine)
        os.kill(census.one(victim), signal.SIGKILL)
        code = engine.process.wait(BOUND)
        census.nothing_left()
    if victim.startswith("host"):
        assert (code, engine.events[-1].reason) == (2, f"the {victim[5:]} host's process ended")
    else:
        assert code != 0


def test_a_stopped_host_is_not_waited_for(user):
    with Engine(prefix=user, accept="auto") as engine:
        census = running(engine)
        os.kill(census.one("host server"), signal.SIGSTOP)
        assert engine.process.wait(BOUND) == 2
        assert engine.events[-1].reason == "the server host's process was stopped (SIGSTOP)"
        census.nothing_left()


def test_a_stopped_program_is_no_hindrance(lab):
    with Engine(accept="auto") as engine:
        census = running(engine)
        os.kill(census.one("client 1"), signal.SIGSTOP)
        mark = engine.mark()
        engine.send(intents.Wire(mode="flow"), intents.Connect())
        engine.returned("connect", mark)
    census.nothing_left()
    assert engine.process.returncode == 0


@pytest.mark.parametrize("victim", ["server", "client 1"])
def test_a_killed_program_is_told_and_the_run_goes_on(user, victim):
    with Engine(prefix=user, accept="auto") as engine:
        census = running(engine)
        os.kill(census.one(victim), signal.SIGKILL)
        ended = engine.event(events.ProgramEnded, pid=engine.program(victim).pid)
        assert ended.status == -signal.SIGKILL
        mark = engine.mark()
        engine.send(intents.Mark(text="still here"))
        engine.event(events.Marked, mark)
        if victim == "server":
            engine.send(intents.Open())
            engine.event(events.ProgramStarted, mark, program="server")
            assert engine.returned("listen", mark).error is None
        assert not list(engine.every(events.RequestRefused)), "nobody asked for what it was doing"
    census.nothing_left()
    assert engine.process.returncode == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_it_in_order(lab, number):
    with Engine(accept="auto") as engine:
        census = running(engine)
        engine.process.send_signal(number)
        assert engine.process.wait(BOUND) == 0
        census.nothing_left()
    assert isinstance(engine.events[-1], events.Ended)


def test_a_signal_at_the_very_start_is_not_lost(lab):
    for delay in (0.03, 0.06, 0.1, 0.15, 0.2):
        with Engine() as engine:
            time.sleep(delay)  # at different moments of setting up; whichever, it must end
            processes = {engine.process.pid} | descendants(engine.process.pid)
            engine.process.terminate()
            engine.process.wait(BOUND)
            wait_until(lambda processes=processes: not alive(processes), "still alive")


def test_the_end_of_its_input_ends_it_in_order(lab):
    with Engine(mode="hold") as engine:
        engine.send(intents.Connect())
        engine.sent("client", "SYN")
        census = Census(engine)
        engine.process.stdin.close()
        assert engine.process.wait(BOUND) == 0
        census.nothing_left()
    assert engine.events[-1].reason == "end of input"


def machine() -> dict[str, str]:
    """What a run could have changed on this machine: settings, interfaces, addresses, routes, mounts."""
    found = {}
    for place in ("/proc/sys/net/ipv4", "/proc/sys/net/ipv6", "/proc/sys/net/core", "/proc/sys/user"):
        for path in Path(place).rglob("*"):
            try:
                found[str(path)] = path.read_text() if path.is_file() else ""
            except OSError:
                continue
    for name in ("net/route", "net/ipv6_route", "net/if_inet6", "self/mounts", "net/arp"):
        found[name] = Path("/proc", name).read_text()
    found["interfaces"] = " ".join(sorted(path.name for path in Path("/sys/class/net").iterdir()))
    return found


def test_nothing_on_the_machine_changes(user):
    before = machine()
    with Engine(prefix=user, accept="auto") as engine:
        running(engine)
        assert machine() == before
    assert machine() == before
