"""The command as a user runs it: a process of its own."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests" / "terminal"))  # screen.py: a program in a real terminal

SOCKVIZ = [sys.executable, "-m", "sockviz"]
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "env", "HOME=/tmp"]


USERS = ("as we are", "as nobody")


def prefix_of(user: str) -> list[str]:
    """What to put before a command to run it as one of `USERS`; skips the test where that can't be."""
    if user == "as we are":
        return []
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        pytest.skip("only root can become another user")
    if (done := run("--version", prefix=NOBODY)).returncode:
        pytest.skip(f"another user can't run sockviz from here: {done.stderr.strip()}")
    return NOBODY


def free_port() -> str:
    """A port of 127.0.0.1 and ::1 that nobody listens on just now."""
    with contextlib.closing(socket.create_server(("::1", 0), family=socket.AF_INET6)) as server:
        return str(server.getsockname()[1])


def run(
    *arguments: str, prefix: list[str] | None = None, **options: object
) -> subprocess.CompletedProcess[str]:
    """Run `sockviz` with these arguments and no terminal."""
    command = [*(prefix or []), *SOCKVIZ, *arguments]
    defaults = {"stdin": subprocess.DEVNULL, "capture_output": True, "text": True, "timeout": 90, "cwd": "/"}
    return subprocess.run(command, check=False, **{**defaults, **options})  # type: ignore[call-overload]


def complaint(*arguments: str, **options: object) -> str:
    """What it says is wrong: exactly one line on standard error, nothing else, status 2."""
    done = run(*arguments, **options)
    assert done.returncode == 2, done
    assert done.stdout == ""
    assert done.stderr.endswith("\n")
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.startswith("sockviz: ")
    return done.stderr[len("sockviz: ") : -1]


def said_of_a_killed(process: str, *arguments: str, told: str) -> str:
    """Its last line, with status 1, where its one `process` is killed after `told` was printed."""
    command = [*SOCKVIZ, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as ours:
        assert ours.stdout
        assert any(told in line for line in ours.stdout)
        (victim,) = (
            child
            for child in psutil.Process(ours.pid).children(recursive=True)
            if Path(f"/proc/{child.pid}/comm").read_text() == f"{process}\n"
        )
        victim.kill()
        _, said = ours.communicate(timeout=60)
    assert ours.returncode == 1, said
    return said.splitlines()[-1]
