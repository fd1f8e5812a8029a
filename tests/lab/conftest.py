"""The lab's tests run against the live kernel, or are skipped with the reason why they can't."""

import os
import shutil

import pytest
from driver import AsNobody, Engine


def _why_no_lab(prefix: list[str]) -> str:
    with Engine(prefix=prefix) as engine:
        engine.process.stdin.close()
        if engine.process.wait(15) == 0:
            return ""
        failure = engine.failure()
        assert failure.kind == "no-lab"
        return f"{failure.message} ({failure.hint})"


@pytest.fixture(scope="session")
def lab() -> None:
    if reason := _why_no_lab([]):
        pytest.skip(reason)


@pytest.fixture(params=["as we are", "as nobody"])
def user(request, lab) -> list[str]:
    """The command that runs an engine as a user: as the one who tests, and without privilege."""
    if request.param == "as we are":
        return []
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        pytest.skip("only root can become another user")
    if reason := _why_no_lab(AsNobody):
        pytest.skip(reason)
    return AsNobody
