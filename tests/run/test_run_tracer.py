"""A strace that is ended or stopped while programs run: told, and their programs go on."""

import contextlib
import os
import signal
from pathlib import Path

import pytest
from stage import Lab, belongs

from sockviz import events


def tracers(lab: Lab, program: int) -> list[int]:
    """Those who follow a program, by their numbers here; the engine has its own."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            words = (entry / "cmdline").read_bytes().split(b"\0") if entry.name.isdigit() else []
            if words[-3:] == [b"-p", b"%d" % program, b""] and belongs(int(entry.name), lab.process.pid):
                found.append(int(entry.name))
    return found


@pytest.mark.parametrize(
    ("number", "reason"),
    [(signal.SIGKILL, "strace has ended"), (signal.SIGSTOP, "strace was stopped")],
    ids=["killed", "stopped"],
)
def test_it_is_told_and_proc_tells_what_it_can(user, compiled, strace, number, reason):
    with Lab(f"{compiled}/echo_server 8001", clients=("nc 10.0.0.1 8001",), prefix=user) as lab:
        lab.returned("accept")
        server = lab.program("server").pid
        (tracer,) = tracers(lab, server)
        os.kill(tracer, number)
        refused = lab.event(events.RequestRefused, request="trace")
        assert refused.reason == f"The calls of server are no longer seen: {reason}."
        lab.until(lambda: not tracers(lab, server), "nobody traces the server")
        lab.type("client 1", "are you there?\n")
        lab.until(lambda: lab.output("client 1").count("are you there?") == 2, "the echo has come")

        def sampled():
            blocked = lab.world.programs["server", server].blocked
            return [call.name for call in blocked if call.sampled] == ["read"]

        lab.until(sampled, "proc tells that the server reads")
        assert len([one for one in lab.every(events.RequestRefused) if one.request == "trace"]) == 1


def test_a_program_that_ends_takes_its_strace_with_it(lab, compiled, strace):
    with Lab("sh -c 'exit 3'", f"{compiled}/never_accepts 8001") as run:
        assert run.ended("server") == 3
        run.event(events.ListenerSampled, local="0.0.0.0:8001")
    assert not [one for one in run.every(events.RequestRefused) if one.request == "trace"]
