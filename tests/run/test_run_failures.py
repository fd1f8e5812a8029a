"""Programs that die, can't start, or never listen; and what nobody can ask for."""

import os
import shutil
import signal

import psutil
import pytest
from driver import Engine
from stage import Lab

from sockviz import events, intents
from sockviz.guests import director
from sockviz.intents import Command

pytestmark = pytest.mark.lab


def test_a_program_that_can_not_be_executed(lab, tmp_path):
    """Its file is there and may be executed, and the kernel can't: seen when it is tried."""
    broken = tmp_path / "broken"
    broken.write_bytes(b"\x7fELF nothing more")
    broken.chmod(0o755)
    with Lab(str(broken)) as lab_:
        failure = lab_.failure()
    assert failure.kind == "no-program"
    assert "server could not be started" in failure.message


def test_a_script_without_an_interpreter_is_a_shells(lab, tmp_path):
    script = tmp_path / "script"
    script.write_text("echo from a shell\nexit 3\n")
    script.chmod(0o755)
    with Lab(str(script)) as lab_:
        assert lab_.ended("server") == 3
        assert lab_.output("server") == "from a shell\n"


def test_a_program_that_crashes(lab):
    with Lab("sh -c 'kill -SEGV $$'") as lab_:
        assert lab_.ended("server") == -signal.SIGSEGV
        assert "was killed by SIGSEGV" in lab_.world.caption.text


@pytest.mark.skipif(not shutil.which("prlimit"), reason="there is no prlimit")
def test_more_programs_than_there_are_descriptors_are_refused_and_leave_none_open(lab):
    with Lab("sleep 600", prefix=["prlimit", "--nofile=34"]) as lab_:
        lab_.program("server")
        (engine,) = psutil.Process(lab_.process.pid).children()
        before = engine.num_fds()
        for number in range(1, 9):
            lab_.send(intents.Launch(host="server", command="sleep 600"))
            lab_.until(lambda n=number: len(answers(lab_)) >= n, "each is answered")
        refused = {one.reason for one in answers(lab_) if isinstance(one, events.RequestRefused)}
        assert refused == {"No more files may be opened (allow more: `ulimit -n 1024`)."}
        for one in lab_.every(events.ProgramStarted):
            if one.program.startswith("server "):
                lab_.send(intents.Signal(host="server", pid=one.pid, signal="SIGKILL"))
        lab_.until(lambda: engine.num_fds() <= before, "what was opened is closed")


def answers(lab_):
    """What came of the wishes to launch."""
    started = [one for one in lab_.every(events.ProgramStarted) if one.program.startswith("server ")]
    return [*started, *lab_.every(events.RequestRefused, request="launch")]


def test_what_is_not_there_is_refused(lab, compiled):
    refused = (
        (intents.Type(host="server", program="nobody", data=b"x"), "There is no program nobody on server"),
        (intents.Signal(host="elsewhere", pid=1), "There is no program 1 on elsewhere"),
        (intents.Signal(host="server", pid=1), "There is no program 1 on server"),
        (intents.Launch(host="server", command="no-such-program-anywhere"), "There is no program 'no-such"),
        (intents.Launch(host="server", command="'"), "A quote is not closed"),
        (intents.Launch(host="mars", command="true"), "There is no host 'mars'"),
        (intents.Resize(host="server", program="server", columns=0, rows=5), "A terminal has 1 to"),
        (intents.Type(host="server", program="server", data=b"x" * 5000), "At most 4096 bytes"),
        (intents.Connect(), "Your own programs run here"),
        (intents.Flood(), "Your own programs run here"),
    )
    with Lab(f"{compiled}/never_accepts 8001") as lab_:
        lab_.program("server")
        for number, (intent, reason) in enumerate(refused, 1):
            lab_.send(intent)
            lab_.until(lambda n=number: len(list(lab_.every(events.RequestRefused))) == n, reason)
            last = list(lab_.every(events.RequestRefused))[-1]
            assert last.reason.startswith(reason), last


def test_who_does_not_read_its_keyboard_is_not_typed_to_for_ever(lab):
    # Raw: of a whole line that nobody reads the kernel throws away the rest, as fast as it is typed.
    with Lab("sh -c 'stty raw -echo; echo ready; sleep 60'") as lab_:
        lab_.shows("server", "ready")
        for _ in range(40):
            lab_.type("server", "x" * 4000)
        assert "does not read" in lab_.event(events.RequestRefused).reason


def test_a_program_that_prints_without_end_does_not_stop_the_others(lab, compiled):
    with Lab(f"{compiled}/never_accepts 8001", "yes", prefix=["nice"]) as lab_:
        lab_.event(events.ListenerSampled)
        lab_.until(lambda: len(lab_.output("server 2")) > 100_000, "it prints")
        lab_.send(intents.Signal(host="server", program="server 2", signal="SIGKILL"))
        assert lab_.ended("server 2") == -signal.SIGKILL
        # It was killed in the middle of a write, perhaps in the middle of a line end.
        output = lab_.world.programs["server", lab_.program("server 2").pid].output
        assert output.rstrip(b"\r\n").endswith(b"y\r\ny")


def test_clients_wait_for_a_listener_and_are_told_of(lab, monkeypatch):
    """Nobody listens: told after a while; and when somebody does after all, they are started."""
    slow = f"sleep {director.PATIENCE + 1}; exec nc -l 8001"
    with Lab(slow, clients=("nc 10.0.0.1 8001",)) as lab_:
        missing = lab_.event(events.ListenerMissing)
        assert missing.host == "server"
        assert not list(lab_.every(events.ProgramStarted, program="client 1"))
        assert "no client was started" in lab_.world.caption.text
        lab_.program("client 1")


def test_a_shell_is_a_program_too(lab, compiled):
    """With job control: what it starts gets the keys' signals, and the shell stays."""
    with Lab(f"{compiled}/never_accepts 8001", clients=("bash --norc",)) as lab_:
        lab_.type("client 1", f"{compiled}/read_once 10.0.0.1 8001\n")
        lab_.until(lambda: lab_.states("client") == ["ESTABLISHED"], "it is connected")
        lab_.type("client 1", "\x03")
        lab_.until(lambda: lab_.states("client") == ["FIN_WAIT2"], "it was interrupted")
        lab_.type("client 1", "echo still $((40 + 2))\n")
        lab_.shows("client 1", "still 42")
        lab_.type("client 1", "exit 7\n")
        assert lab_.ended("client 1") == 7


def test_who_does_not_want_to_end_is_ended(lab):
    with Lab("trap '' TERM HUP INT; echo ready; while :; do sleep 1; done") as lab_:
        server = lab_.program("server")
        lab_.shows("server", "ready")
        lab_.send(intents.Signal(host="server", program="server", signal="SIGTERM"))
        lab_.send(intents.Mark(text="still here"))
        lab_.event(events.Marked)
        assert not list(lab_.every(events.ProgramEnded, pid=server.pid))
        lab_.send(intents.Quit())
        assert lab_.ended("server") == -signal.SIGKILL
        assert lab_.event(events.Ended).reason == "quit"


def test_own_programs_run_in_the_lab_only():
    commands = (Command(host="server", text="true"),)
    with Engine(source="loopback", commands=commands) as engine:
        assert engine.failure().message == "your own programs run in the lab only"


@pytest.mark.parametrize("attaches", [False, None], ids=["not to ours", "not at all"])
def test_a_strace_that_may_not_trace(lab, compiled, tmp_path, monkeypatch, attaches):
    """Told, and what they are blocked in is looked at instead."""
    fake = tmp_path / "strace"
    fake.write_text("#!/bin/sh\necho strace: Operation not permitted >&2\n" + (
        "exit 1\n" if attaches is None else 'case "$*" in *" -p "*) exit 1;; esac\n'
    ))  # fmt: skip
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with Lab(f"{compiled}/echo_server 8001") as lab_:
        blocked = lab_.event(events.ThreadSampled, thread="main", name="accept")
        assert blocked.pid == lab_.program("server").pid
        if attaches is None:
            assert "calls" not in lab_.events[0].capabilities
            assert "Operation not permitted" in lab_.events[0].hidden[-1]
        else:
            refused = lab_.event(events.RequestRefused, request="trace")
            assert refused.reason == "The calls of server are not followed: strace may not attach to it."
