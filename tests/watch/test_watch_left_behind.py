"""Nothing of a tracing instance stays behind, whatever ends the watching."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from watch_driver import AS_NOBODY, Program, Watching, until

INSTANCES = Path("/sys/kernel/tracing/instances")


def instances() -> set[str]:
    """Of tracefs, wherever it is mounted: in a mount namespace of our own if it is nowhere."""
    listing = subprocess.run(
        [
            "unshare",
            "--mount",
            "sh",
            "-c",
            f"test -d {INSTANCES} || mount -t tracefs tracefs {INSTANCES.parent}; ls {INSTANCES}",
        ],
        check=True,
        capture_output=True,
        text=True,
    )
    return set(listing.stdout.split())


def of(pid: int) -> set[str]:
    return {name for name in instances() if name.startswith(f"sockviz-{pid}-")}


def children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


@pytest.fixture
def server():
    with Program("echo", "127.0.0.1") as program:
        yield f":{program.first()['port']}"


def test_in_order(root: None, tracing: None, server: str) -> None:
    with Watching(server, level="trace") as watching:
        watching.begun()
        pid = watching.process.pid
        assert of(pid)
    assert watching.process.returncode == 0
    assert not of(pid)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGKILL])
def test_when_the_engine_is_ended(root: None, tracing: None, server: str, number: int) -> None:
    with Watching(server, level="trace") as watching:
        watching.begun()
        pid = watching.process.pid
        helpers = children(pid)
        assert of(pid)
        watching.process.send_signal(number)
        watching.process.wait(20)
    until(lambda: not of(pid), "the instance is removed")
    assert helpers
    until(lambda: all(map(gone, helpers)), "no process stays")


def test_when_the_command_is_killed(root: None, tracing: None, server: str) -> None:
    command = [sys.executable, "-m", "sockviz", "watch", "--headless", "--level", "trace", server]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout
        for line in process.stdout:
            if b'"sockets_sampled"' in line:
                break
        (engine,) = children(process.pid)
        assert of(engine)
        process.kill()
        process.stdout.close()
        process.wait(20)
    until(lambda: gone(engine), "the engine ends")
    until(lambda: not of(engine), "the instance is removed")


def test_what_a_killed_guard_left_is_removed_by_the_next(root: None, tracing: None, server: str) -> None:
    with Watching(server, level="trace") as watching:
        watching.begun()
        pid = watching.process.pid
        for guard in children(pid):
            os.kill(guard, signal.SIGKILL)
        watching.process.kill()
        watching.process.wait(20)
    assert of(pid)
    with Watching(server, level="trace") as other:
        other.begun()
        assert not of(pid)
        assert of(other.process.pid)


def test_who_may_not_trace_is_told(root: None, server: str) -> None:
    with Watching(server, level="trace", prefix=AS_NOBODY) as watching:
        watching.process.wait(20)
    assert watching.process.returncode == 2
    assert watching.failure["kind"] == "no-trace"
    assert "sudo" in watching.failure["hint"]
