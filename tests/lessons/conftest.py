"""Lessons are played on the live kernel, or skipped with the reason why they can't be."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "cli"))  # command.py: the command as a user runs it

from command import run


@pytest.fixture(scope="session")
def lab() -> None:
    done = run("--headless", "--clients", "0", "--source", "lab")
    if done.returncode == 2:
        pytest.skip(done.stderr.strip())
