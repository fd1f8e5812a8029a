"""Who serves; and a server that is there as long as a test."""

import os
import shutil
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
sys.path += [str(TESTS / "cli"), str(TESTS / "terminal"), str(TESTS / "export")]

from command import USERS, prefix_of  # noqa: E402 - they are found now
from served_by import serving  # noqa: E402

from sockviz import doctor  # noqa: E402


def no_lab():
    """Why there is no lab here."""
    said = doctor.answer("lab")
    return "" if said["ok"] else str(said["found"])


@pytest.fixture(scope="session")
def lab():
    if why := no_lab():
        pytest.skip(f"no lab: {why}")


@pytest.fixture(params=USERS)
def user(request, lab):
    """What to put before a command to run it as a user."""
    return prefix_of(request.param)


@pytest.fixture(scope="module")
def server(lab):
    """One for the tests that harm nothing."""
    with serving() as ours:
        yield ours


@pytest.fixture
def shared(tmp_path_factory):
    """A directory that any user may write to."""
    path = Path(f"/tmp/sockviz-serve-{os.getpid()}")  # noqa: S108 - pytest's own are closed to others
    path.mkdir()
    path.chmod(0o777)
    yield path
    shutil.rmtree(path)
