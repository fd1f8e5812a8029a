"""A few rounds as a test: the seed is the day's, so that each kind and harm has its turn."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

WITHIN = "20"
"""Seconds; generous, since the machine may be busy with the other tests."""


def played(rounds: int, *options: str) -> "subprocess.CompletedProcess[str]":
    """What `chaos.py` says of so many rounds."""
    seed = str(datetime.now(UTC).date().toordinal())
    command = [sys.executable, str(Path(__file__).with_name("chaos.py")), "--rounds", str(rounds)]
    return subprocess.run(
        [*command, "--seed", seed, "--within", WITHIN, *options], check=False, capture_output=True, text=True
    )
