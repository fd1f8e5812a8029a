"""`make lessons ROUNDS=10`: every lesson of the course, so many times, on the live kernel.

As whoever runs it, and, if that is root, as nobody as well. Says what failed, and how; the exit status is 1
if anything did. Names of lessons may be given instead of the whole course.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "cli"))  # command.py: the command as a user runs it

from command import NOBODY, run

from sockviz.lessons import catalogue

LONGEST = 240.0
"""Seconds that a lesson may take on a busy machine."""
SHOWN = 25
"""Lines of what it said, at most."""


def users() -> dict[str, list[str]]:
    """Who plays → what the command is begun with."""
    if os.geteuid() == 0 and shutil.which("setpriv"):
        return {"root": [], "nobody": NOBODY}
    return {"you": []}


def play(name: str, prefix: list[str]) -> str:
    """Play a lesson; returns what it said if it did not come true."""
    try:
        done = run("lesson", name, "--headless", "--lang", "en", prefix=prefix, timeout=LONGEST)
    except subprocess.TimeoutExpired:
        return f"not over after {LONGEST:.0f} s\n"
    return "\n".join(done.stderr.splitlines()[-SHOWN:]) + "\n" if done.returncode else ""


def main() -> int:
    """Play, and tell."""
    parser = argparse.ArgumentParser(description="Play the lessons again and again.")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("lessons", nargs="*", metavar="ID", help="some lessons instead of all")
    chosen = parser.parse_args()
    names = chosen.lessons or catalogue.names()
    failures: Counter[tuple[str, str]] = Counter()
    for number in range(1, chosen.rounds + 1):
        for user, prefix in users().items():
            began = time.monotonic()
            for name in names:
                if said := play(name, prefix):
                    failures[name, user] += 1
                    sys.stdout.write(f"{name}, as {user}, round {number}:\n{said}\n")
            took = time.monotonic() - began
            sys.stdout.write(f"round {number} as {user}: {len(names)} lessons in {took:.0f} s\n")
            sys.stdout.flush()
    for (name, user), count in failures.items():
        sys.stdout.write(f"{name}, as {user}: failed {count} times of {chosen.rounds}\n")
    if not failures:
        sys.stdout.write("all came true\n")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
