"""Real runs for the session's tests; skipped with the reason where they are impossible."""

import contextlib
import socket

import pytest

from sockviz.errors import UserError
from sockviz.intents import Setup
from sockviz.session.plan import Plan
from sockviz.session.run import Run


def port(source: str) -> int:
    """The lab's ports are its own; on loopback one that nobody listens on just now."""
    if source == "lab":
        return 8001
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as server:
        return int(server.getsockname()[1])


_reasons: dict[str, str] = {}


async def _why_not(source: str) -> str:
    """Why there can be no run on `source`; found out once."""
    if source not in _reasons:
        run = Run.start(Plan(setup=Setup(source=source, port=port(source))))
        try:
            await run.carry(lambda _: run.kill())
        except UserError as error:
            _reasons[source] = error.line()
        else:
            _reasons[source] = ""
    return _reasons[source]


@pytest.fixture(params=["lab", "loopback"])
async def setup(request: pytest.FixtureRequest) -> Setup:
    """How to start an engine on either source."""
    if reason := await _why_not(request.param):
        pytest.skip(reason)
    return Setup(source=request.param, port=port(request.param), accept="auto")
