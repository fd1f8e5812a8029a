"""The command as a user runs it: a process of its own."""

import contextlib
import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests" / "terminal"))  # screen.py: a program in a real terminal

SOCKVIZ = [sys.executable, "-m", "sockviz"]
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "env", "HOME=/tmp"]


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
