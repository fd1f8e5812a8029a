"""A few rounds as a test, always the same ones, as far as moments can be; `make chaos` has ever new ones."""

import subprocess
import sys
from pathlib import Path

SEED = "739940"
WITHIN = "20"
"""Seconds; generous, since the machine may be busy with the other tests."""


def check(*series: str, hurry: float = 1.0) -> str:
    """Play series of rounds (`1-5`) at the same time: none may fail; returns what is said of all."""
    command = [sys.executable, str(Path(__file__).with_name("chaos.py")), "--seed", SEED, "--within", WITHIN]
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
