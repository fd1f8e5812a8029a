"""The command as a user runs it: a process of its own."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests" / "terminal"))  # screen.py: a program in a real terminal

SOCKVIZ = [sys.executable, "-m", "sockviz"]
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "env", "HOME=/tmp"]
LOOPBACK_PORT = 18_433

Sockviz = Callable[..., subprocess.CompletedProcess[str]]


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


@pytest.fixture(params=["as we are", "as nobody"])
def user(request: pytest.FixtureRequest) -> list[str]:
    """What to put before a command to run it as a user."""
    if request.param == "as we are":
        return []
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        pytest.skip("only root can become another user")
    if (done := run("--version", prefix=NOBODY)).returncode:
        pytest.skip(f"another user can't run sockviz from here: {done.stderr.strip()}")
    return NOBODY


@pytest.fixture
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A directory that any user may write to."""
    path = Path(f"/tmp/sockviz-test-{os.getpid()}")  # noqa: S108 - pytest's own are closed to others
    path.mkdir()
    path.chmod(0o777)
    yield path
    shutil.rmtree(path)
