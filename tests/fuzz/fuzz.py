"""`make fuzz`: everything that reads what strangers wrote, with spoilt examples, for as long as you like.

Each target has its share of the time, in a process of its own that may not take more than `MEMORY` bytes, nor
`LONGEST` seconds for one example. What is refused has to be refused by a `UserError` in one printable line.

    python tests/fuzz/fuzz.py [--seconds 60] [--seed N] [--only TARGET] [--atheris]

`--atheris` follows the paths through the code (https://github.com/google/atheris) instead of drawing with
hypothesis only. The input that failed is printed.
"""

import argparse
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from secrets import randbelow

import hypothesis
from hypothesis import HealthCheck, given, settings
from strategies import spoilt
from targets import TARGETS, check, clean_up

HERE = Path(__file__).parent
MEMORY = 2 << 30
LONGEST = 10
"""Seconds for one example; most take milliseconds."""
ROUND = 300
"""Examples that are drawn from one seed."""


def child(name: str, seconds: float, seed: int) -> int:
    """Fuzz one target with hypothesis; prints what came of it."""
    target = next(one for one in TARGETS if one.name == name)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    end, slowest, refused = time.monotonic() + seconds, 0.0, Counter()

    def read(data: bytes) -> None:
        nonlocal slowest
        signal.alarm(LONGEST)
        begin = time.monotonic()
        refused[check(target, data)] += 1
        signal.alarm(0)
        slowest = max(slowest, time.monotonic() - begin)

    while time.monotonic() < end:
        drawn = given(data=spoilt(target))(read)
        limited = settings(
            max_examples=ROUND, deadline=None, database=None, suppress_health_check=list(HealthCheck)
        )
        try:
            hypothesis.seed(seed)(limited(drawn))()
        finally:
            clean_up()
        seed += 1
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    count, good = sum(refused.values()), refused[""]
    print(
        f"{name:14} {count:7,} examples, {good:7,} read, slowest {slowest:.2f} s, peak {peak} MB", flush=True
    )
    return 0


def run(name: str, wanted: argparse.Namespace, seconds: float, seed: int) -> bool:
    """Fuzz one target in a process of its own; whether nothing was found."""
    limits = ["--seconds", str(seconds), "--seed", str(seed)]
    command = [__file__, "--child", name, *limits]
    if wanted.atheris:
        command = [str(HERE / "guided.py"), name, *limits]
    # libFuzzer ends a process without a word to it: what that has written goes with this directory.
    with tempfile.TemporaryDirectory(prefix="fuzz-") as place:
        done = subprocess.run([sys.executable, *command], env={**os.environ, "TMPDIR": place}, check=False)
    if done.returncode:
        how = "took too long" if done.returncode == -signal.SIGALRM else f"status {done.returncode}"
        print(f"{name}: FAILED ({how})", flush=True)
    return done.returncode == 0


def main() -> int:
    parser = argparse.ArgumentParser(description="Reads spoilt examples of everything that strangers write.")
    parser.add_argument("--seconds", type=float, default=60, help="in all")
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--only", default="", help="one of the targets")
    parser.add_argument("--atheris", action="store_true", help="follow the paths through the code")
    parser.add_argument("--child", default="", help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.child:
        return child(wanted.child, wanted.seconds, wanted.seed)
    seed = randbelow(1 << 31) if wanted.seed is None else wanted.seed
    names = [target.name for target in TARGETS if wanted.only in {"", target.name}]
    print(f"fuzz: {len(names)} targets, {wanted.seconds:.0f} s, seed {seed}", flush=True)
    failed = [name for name in names if not run(name, wanted, wanted.seconds / len(names), seed)]
    if failed:
        print(f"fuzz: FAILED: {', '.join(failed)} (again with --seed {seed})")
        return 1
    print("fuzz: everything was read, or refused in one line")
    return 0


if __name__ == "__main__":
    sys.exit(main())
