"""Servers of several processes and threads: whose a socket is, and what is left behind."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest
from driver import BOUND, AsNobody, descendants
from stage import Lab, has

from sockviz import events, intents

pytestmark = pytest.mark.lab

FORKING = """
import socketserver
class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            self.wfile.write(line)
class Server(socketserver.ForkingMixIn, socketserver.TCPServer):
    allow_reuse_address = True
    request_queue_size = 7
Server(("", 8001), Handler).serve_forever()
"""
THREADING = FORKING.replace("ForkingMixIn", "ThreadingMixIn")
REUSING = """
import os, socket, time
for _ in range(3):
    one = socket.socket()
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    one.bind(("", 8001))
    one.listen(4)
    if os.fork() == 0:
        time.sleep(1000)
    one.close()
time.sleep(1000)
"""
PREFORKING = """
import os, socket
listener = socket.socket()
listener.bind(("", 8001))
listener.listen(9)
for _ in range(3):
    if os.fork() == 0:
        while True:
            listener.accept()[0].recv(1)
os.wait()
"""
DAEMON = """
import os, socket, time
if os.fork(): os._exit(0)
os.setsid()
if os.fork(): os._exit(0)
for fd in (0, 1, 2): os.close(fd)
listener = socket.socket()
listener.bind(("", 8001))
listener.listen(9)
time.sleep(1000)
"""


@pytest.fixture
def script(shared: Path):
    """Makes a command of a Python program."""
    if missing := has("nc"):
        pytest.skip(f"{missing} is not installed")

    def made(text: str) -> str:
        file = shared / "program.py"
        file.write_text(text)
        return f"{sys.executable} {file}"

    return made


@pytest.fixture(params=["strace", "proc"])
def trace(request: pytest.FixtureRequest) -> bool:
    """Their calls are followed, or not."""
    if request.param == "strace" and (missing := has("strace")):
        pytest.skip(f"{missing} is not installed")
    return request.param == "strace"


def test_a_forking_server(lab, script, trace):
    """A child goes on with what its parent has closed."""
    with Lab(script(FORKING), clients=("nc 10.0.0.1 8001", "nc 10.0.0.1 8001"), trace=trace) as lab_:
        server = lab_.program("server").pid
        children = [lab_.event(events.ProgramStarted, program=f"server/{number}") for number in (1, 2)]
        assert {child.parent for child in children} == {server}

        def owned() -> bool:
            rows = [row for row in lab_.rows["server"].values() if row.state == "ESTABLISHED"]
            return {row.pid for row in rows if not row.owners} == {child.pid for child in children}

        lab_.until(owned, "each child has its connection, and the parent has none")
        lab_.agrees("server")
        listener = lab_.world.listeners["server", "0.0.0.0:8001"]
        assert listener.limit == 7
        assert server in {owner.pid for owner in listener.owners}
        lab_.type("client 1", "one\n")
        lab_.until(lambda: lab_.output("client 1") == "one\none\n", "echo")
        ends = [one.server for one in lab_.world.connections.values()]
        assert {end.pid for end in ends} == {child.pid for child in children}
        assert all(end.accepted for end in ends)
        lab_.send(intents.Signal(host="client", program="client 1"))
        ended = lab_.event(events.ProgramEnded, host="server")
        assert ended.pid in {child.pid for child in children}
        assert ended.status == 0


def test_a_threading_server(lab, script, trace):
    with Lab(script(THREADING), clients=("nc 10.0.0.1 8001", "nc 10.0.0.1 8001"), trace=trace) as lab_:
        server = lab_.program("server").pid

        def blocked() -> bool:
            program = lab_.world.programs["server", server]
            return {"main", "thread 2", "thread 3"} <= {call.thread for call in program.blocked}

        lab_.until(blocked, "each of its threads waits for something")
        calls = {call.thread: call for call in lab_.world.programs["server", server].blocked}
        assert calls["thread 2"].name in {"read", "recvfrom"}
        assert calls["thread 2"].fd != calls["thread 3"].fd
        assert calls["thread 3"].connection in lab_.world.connections
        assert calls["main"].name in {"poll", "select", "pselect6", "ppoll"}
        assert calls["main"].sampled is not trace


def test_a_preforking_server(lab, script, trace):
    """One listener, three who wait in accept() for it."""
    with Lab(script(PREFORKING), clients=("nc 10.0.0.1 8001",), trace=trace) as lab_:
        queue = lab_.until(
            lambda: next((one for one in lab_.every(events.ListenerSampled) if len(one.owners) == 4), None),
            "it has four owners",
        )
        assert queue.limit == 9

        def waits() -> int:
            programs = [one for one in lab_.world.programs.values() if one.host == "server"]
            return sum(call.name in {"accept", "accept4"} for one in programs for call in one.blocked)

        lab_.until(lambda: waits() == 2, "one has got the client")
        lab_.agrees("server")


def test_several_listeners_with_one_address(lab, script):
    """SO_REUSEPORT: each has a queue of its own, as `ss -ltn` shows."""
    clients = ("nc 10.0.0.1 8001",) * 6
    with Lab(script(REUSING), clients=clients, trace=False) as lab_:
        lab_.until(lambda: len(list(lab_.every(events.ProgramStarted, host="client"))) == 6)

        def listener():
            return lab_.world.listeners["server", "0.0.0.0:8001"]

        lab_.until(lambda: listener().depth == 6 and len(listener().sockets) == 3, "six wait")
        listed = lab_.inside("server", "ss", "-ltnH").splitlines()
        assert sorted(int(line.split()[1]) for line in listed) == sorted(
            one.depth for one in listener().sockets.values()
        )
        assert {one.limit for one in listener().sockets.values()} == {4}
        assert len({one.owners[0].pid for one in listener().sockets.values()}) == 3


def test_a_server_that_goes_into_the_background_ends_with_the_run(user, script):
    with Lab(script(DAEMON), prefix=user) as lab_:
        queue = lab_.event(events.ListenerSampled, local="0.0.0.0:8001")
        assert lab_.ended("server") == 0
        (owner,) = queue.owners
        lab_.event(events.ProgramStarted, pid=owner.pid)
        below = descendants(lab_.process.pid)
        lab_.send(intents.Quit())
        lab_.process.wait(BOUND)
        assert owner.pid in {one.pid for one in lab_.every(events.ProgramEnded)}
    wait_until_gone(below)


@pytest.mark.parametrize("victim", ["launcher", "engine", "host server", "keeper"])
def test_nothing_is_left_however_it_is_killed(user, script, victim):
    with Lab(script(DAEMON), clients=("nc 10.0.0.1 8001",), prefix=user) as lab_:
        lab_.event(events.ListenerSampled, local="0.0.0.0:8001")
        lab_.program("client 1")
        below = descendants(lab_.process.pid)
        assert len(below) >= 6
        os.kill(_named(victim, lab_.process.pid), signal.SIGKILL)
        if victim == "keeper":
            lab_.send(intents.Quit())
        lab_.process.wait(BOUND)
        wait_until_gone(below)


MASKED_PROC = [
    *("unshare", "--mount", "sh", "-c"),
    'mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys && exec "$@"',
    "sh",
]
"""As container runtimes do: then an ordinary user can't have a proc of its own."""


@pytest.mark.parametrize("victim", ["engine", "host server"])
def test_without_a_proc_of_its_own_they_are_followed_and_ended(lab, script, strace, victim):
    if os.geteuid() != 0 or has("unshare", "setpriv"):
        pytest.skip("needs root, unshare and setpriv to imitate a container")
    with Lab(script(DAEMON), clients=("nc 10.0.0.1 8001",), prefix=MASKED_PROC + AsNobody) as lab_:
        (owner,) = lab_.event(events.ListenerSampled, local="0.0.0.0:8001").owners
        below = descendants(lab_.process.pid)
        assert owner.pid in below, "the numbers are those of everybody"
        assert lab_.called("listen").pid == owner.pid
        assert lab_.called("connect").pid == lab_.program("client 1").pid
        assert lab_.event(events.ProgramStarted, pid=owner.pid).program.startswith("server/")
        os.kill(_named(victim, lab_.process.pid), signal.SIGKILL)
        lab_.process.wait(BOUND)
    wait_until_gone(below)


def _named(name: str, launcher: int) -> int:
    if name == "launcher":
        return launcher
    below = descendants(launcher)
    if name == "engine":
        return max(below, key=lambda pid: len(descendants(pid)))
    return next(pid for pid in below if Path(f"/proc/{pid}/comm").read_text().strip() == name)


def wait_until_gone(pids: set[int]) -> None:
    end = time.monotonic() + BOUND
    while left := [pid for pid in pids if _runs(pid)]:
        assert time.monotonic() < end, left
        time.sleep(0.01)


def _runs(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
