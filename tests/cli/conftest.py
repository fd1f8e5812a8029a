"""Who runs the command, and where they may write."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from command import NOBODY, run


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
