"""A few rounds as a test: the seed is the day's, so that each kind and harm has its turn."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

WITHIN = "20"
"""Seconds; generous, since the machine may be busy with the other tests."""


def check(*series: str, hurry: float = 1.0) -> str:
    """Play series of rounds (`1-5`) at the same time: none may fail; returns what is said of all."""
    seed = str(datetime.now(UTC).date().toordinal())
    command = [sys.executable, str(Path(__file__).with_name("chaos.py")), "--seed", seed, "--within", WITHIN]
    begun = [
        subprocess.Popen(
            [*command, "--rounds", rounds, "--hurry", str(hurry)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for rounds in series
    ]
    said = "".join(one.communicate()[0] for one in begun)
    assert [one.returncode for one in begun] == [0] * len(begun), said
    return said
