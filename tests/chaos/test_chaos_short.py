"""A few rounds of `make chaos`, at moments that are soon."""

import sys
from pathlib import Path
from random import Random

import pytest

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "terminal")]

from chaos import Chaos, Kind  # noqa: E402
from remains import differences, state  # noqa: E402

SEED = 20_261_120
WITHIN = 20.0
"""Seconds; generous, since the machine may be busy with the other tests."""
ROUNDS = range(1, 11)


def of_the_kernel() -> dict[str, str]:
    """Settings and interfaces; files and traces may be those of tests that run at the same time."""
    return {name: value for name, value in state().items() if name.startswith(("/proc/sys/net", "inter"))}


@pytest.fixture(scope="module")
def chaos(tmp_path_factory: pytest.TempPathFactory) -> Chaos:
    place = tmp_path_factory.mktemp("chaos")
    for directory in (place, *place.parents):
        if directory.stat().st_mode & 0o005 != 0o005:
            directory.chmod(0o755)  # another user runs some of the rounds
    return Chaos(SEED, place, WITHIN, mounts=False)


@pytest.mark.parametrize("number", ROUNDS)
def test_nothing_is_left_whatever_is_done_to_it(chaos: Chaos, number: int) -> None:
    before = of_the_kernel()
    one = chaos.play(number, hurry=0.35)
    assert not one.problems, (one.line(), one.said)
    assert not differences(before, of_the_kernel())


def test_what_is_wrong_would_be_found(chaos: Chaos, tmp_path: Path) -> None:
    """A run that leaves a file; else the rounds would show nothing."""

    def other(_: Random, recording: Path) -> list[str]:
        return ["--headless", "--record", str(recording.with_name("left"))]

    rounds = Chaos(SEED, tmp_path, WITHIN, kinds=(Kind("other", other, latest=1.0),), mounts=False)
    # What is ended before it has begun leaves nothing.
    played = [rounds.play(number) for number in range(3, 8)]
    assert any("left a file: left" in one.problems for one in played), [one.line() for one in played]
