"""Who runs the command, and where they may write."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from command import USERS, prefix_of


@pytest.fixture(params=USERS)
def user(request: pytest.FixtureRequest) -> list[str]:
    """What to put before a command to run it as a user."""
    return prefix_of(request.param)


@pytest.fixture
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A directory that any user may write to."""
    path = Path(f"/tmp/sockviz-test-{os.getpid()}")  # noqa: S108 - pytest's own are closed to others
    path.mkdir()
    path.chmod(0o777)
    yield path
    shutil.rmtree(path)
