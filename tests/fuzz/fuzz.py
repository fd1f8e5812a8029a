"""`make fuzz`: everything that reads what strangers wrote, with spoilt examples, for as long as you like.

Each target has its share of the time, in a process of its own that may not take more than `MEMORY` bytes, nor
`LONGEST` seconds for one example. What is refused has to be refused by a `UserError` in one printable line.

    python tests/fuzz/fuzz.py [--seconds 60] [--seed N] [--only TARGET] [--atheris]

`--atheris` follows the paths through the code (https://github.com/google/atheris) instead of drawing with
hypothesis only. A failure's input is printed, and written to `fuzz-TARGET.bin`.
"""

import argparse
import os
import resource
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from secrets import randbelow

MEMORY = 2 << 30
LONGEST = 10
"""Seconds for one example; most take milliseconds."""
ROUND = 300
"""Examples that are drawn from one seed."""
FAILED, FAULT = 1, 77
"""Exit statuses; the second is libFuzzer's."""


def child(name: str, seconds: float, seed: int) -> int:
    """Fuzz one target with hypothesis; prints what came of it."""
    import hypothesis
    from hypothesis import HealthCheck, given, settings
    from strategies import spoilt
    from targets import TARGETS, check, clean_up

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
    print(f"{name:14} {count:7,} examples, {good:7,} read, slowest {slowest:.2f} s, peak {peak} MB", flush=True)
    return 0


def guided(name: str, seconds: float, seed: int) -> int:
    """Fuzz one target with atheris."""
    import atheris

    with atheris.instrument_imports(include=["sockviz"]):
        from targets import TARGETS, check

    target = next(one for one in TARGETS if one.name == name)
    corpus = Path(f"fuzz-corpus-{os.getpid()}")
    corpus.mkdir()
    for number, seed_data in enumerate(target.seeds()):
        (corpus / str(number)).write_bytes(seed_data)
    limits = [f"-max_total_time={seconds:.0f}", f"-timeout={LONGEST}", f"-rss_limit_mb={MEMORY >> 20}"]
    arguments = [f"-seed={seed % (1 << 31)}", "-max_len=65536", "-verbosity=0", "-print_final_stats=1"]
    atheris.Setup([sys.argv[0], *limits, *arguments, str(corpus)], lambda data: check(target, data) and None)
    atheris.Fuzz()
    return 0


def run(name: str, given: argparse.Namespace, seconds: float, seed: int) -> bool:
    """Fuzz one target in a process of its own; whether nothing was found."""
    command = [sys.executable, __file__, "--child", name, "--seconds", str(seconds), "--seed", str(seed)]
    done = subprocess.run([*command, *(["--atheris"] if given.atheris else [])], check=False)
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
    given = parser.parse_args()
    if given.child:
        return (guided if given.atheris else child)(given.child, given.seconds, given.seed)
    from targets import TARGETS

    seed = randbelow(1 << 31) if given.seed is None else given.seed
    names = [target.name for target in TARGETS if given.only in {"", target.name}]
    print(f"fuzz: {len(names)} targets, {given.seconds:.0f} s, seed {seed}", flush=True)
    failed = [name for name in names if not run(name, given, given.seconds / len(names), seed)]
    if failed:
        print(f"fuzz: FAILED: {', '.join(failed)} (again with --seed {seed})")
        return FAILED
    print("fuzz: everything was read, or refused in one line")
    return 0


if __name__ == "__main__":
    sys.exit(main())
