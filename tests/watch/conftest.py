"""Watching is tested on listeners of this machine's loopback, and in namespaces of the tests' own."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent.parent / "truth"))  # the tracepoint, independent of ours

from kernel import why_no_tracing
from watch_driver import root

__all__ = ["root"]


@pytest.fixture(scope="session")
def tracing() -> None:
    if reason := why_no_tracing():
        pytest.skip(reason)
