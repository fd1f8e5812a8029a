"""What the truth is measured with: root, tracefs, and the place where the programs run."""

import random
import socket
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "lab"))  # the engine's driver

from driver import Engine
from kernel import why_no_tracing


@pytest.fixture(scope="session")
def tracing() -> None:
    if reason := why_no_tracing():
        pytest.skip(reason)


@pytest.fixture(scope="session")
def lab(tracing: None) -> str:
    with Engine(source="lab") as engine:
        engine.process.stdin.close()
        if engine.process.wait(15) != 0:
            pytest.skip(engine.failure().message)
    return "lab"


@pytest.fixture(params=["lab", "loopback"])
def source(request: pytest.FixtureRequest, tracing: None) -> str:
    return request.getfixturevalue("lab") if request.param == "lab" else "loopback"


@pytest.fixture
def port() -> int:
    """A free one, below those that the kernel gives to clients."""
    for _ in range(100):
        number = random.randint(20000, 29999)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", number)) != 0:
                return number
    raise AssertionError("no free port")
