"""The C programs of a first socket course, compiled once; and who runs them."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "lab"))  # the engine's driver

from driver import AsNobody, Engine
from stage import SOURCES, has


def _why_no_lab(prefix: list[str]) -> str:
    with Engine(prefix=prefix) as engine:
        engine.process.stdin.close()
        return "" if engine.process.wait(15) == 0 else engine.failure().message


@pytest.fixture(scope="session")
def lab() -> None:
    if reason := _why_no_lab([]):
        pytest.skip(reason)


@pytest.fixture(params=["as we are", "as nobody"])
def user(request: pytest.FixtureRequest, lab: None) -> list[str]:
    """The command that runs an engine as a user: as the one who tests, and without privilege."""
    if request.param == "as we are":
        return []
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        pytest.skip("only root can become another user")
    if reason := _why_no_lab(AsNobody):
        pytest.skip(reason)
    return AsNobody


@pytest.fixture
def strace() -> None:
    if missing := has("strace"):
        pytest.skip(f"{missing} is not installed")


@pytest.fixture(scope="session")
def shared() -> Iterator[Path]:
    """A directory that any user may enter (pytest's own are closed to others)."""
    made = Path(f"/tmp/sockviz-run-{os.getpid()}")  # noqa: S108
    made.mkdir(mode=0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="session")
def compiled(shared: Path) -> Path:
    """The directory with the programs."""
    if missing := has("gcc"):
        pytest.skip(f"{missing} is not installed")
    for source in SOURCES.glob("*.c"):
        command = ["gcc", "-Wall", "-o", shared / source.stem, source]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    return shared
