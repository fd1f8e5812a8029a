"""Whether calls can be followed here: strace is installed, and the kernel lets it trace."""

import os
import shutil
import subprocess
from typing import Final

_PATIENCE: Final = 10.0
"""Seconds; it takes hundredths of one."""
_TRIAL: Final = ("-f", "-ttt", "-T", "-yy", "-o", os.devnull, "-e", "trace=?clone3", "true")


def why_not() -> str:
    """Why calls can't be followed, as a clause; empty: they can."""
    strace = shutil.which("strace")
    if strace is None:
        return "strace is not installed"
    try:
        done = subprocess.run(  # noqa: S603 - our own arguments
            [strace, *_TRIAL],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=_PATIENCE,
            check=False,
            text=True,
            errors="replace",
        )
    except (OSError, subprocess.TimeoutExpired):
        return "strace does not run here"
    if done.returncode == 0:
        return ""
    return f"strace may not trace here ({done.stderr.strip().partition(chr(10))[0][:120]})"
