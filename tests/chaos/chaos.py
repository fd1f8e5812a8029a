"""`make chaos`: sockviz is run again and again, and each time something is done to it that it can't expect.

A random process of it is killed at a random moment, its terminal is closed, its disk is full, it has no
descriptors left, its engine is stopped. Then within `WITHIN` seconds nothing may be left of it (processes,
namespaces, interfaces, settings, files, traces); the user was told in at most one line, and in one line if
it is not what they asked for; the terminal is as it was; the recording opens, up to half a second before.

    python tests/chaos/chaos.py [--rounds 200] [--seed N] [--only KIND]

A round follows from the seed and its number; when the moment comes is the machine's. `--rounds 17-17` plays
one of them again. Other runs of sockviz may go on beside it.
"""

import argparse
import os
import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from secrets import randbelow

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "terminal")]

import place  # noqa: E402
from kinds import KINDS  # noqa: E402
from playing import Chaos, Round  # noqa: E402

WITHIN = 3.0
"""Seconds from what was done to it (or from the user's wish to end it) until nothing is left.

On a machine that has more to do than it has processors it takes so many times as long."""


def numbers(text: str) -> range:
    """`200` → 1 to 200; `17-19`."""
    first, dash, last = text.partition("-")
    return range(int(first), int(last) + 1) if dash else range(1, int(first) + 1)


def main() -> int:
    parser = argparse.ArgumentParser(description="Runs sockviz many times and does it harm.")
    parser.add_argument("--rounds", type=numbers, default=numbers("200"), help="so many, or FIRST-LAST")
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--only", default="", help=", ".join(kind.name for kind in KINDS))
    parser.add_argument("--within", type=float, default=WITHIN, help="seconds")
    parser.add_argument("--hurry", type=float, default=1.0, help="less than 1: everything happens earlier")
    given = parser.parse_args()
    seed = randbelow(1 << 32) if given.seed is None else given.seed
    print(f"chaos: {len(given.rounds)} rounds, seed {seed}", flush=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    # What is ignored here (by nohup, or in the background) would be ignored by what is started here.
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    only = given.only.split(",") if given.only else [kind.name for kind in KINDS]
    with place.of_our_own() as where:
        if where.shared:
            print(f"chaos: only what is left in its own directories is seen: {where.shared}", flush=True)
        kinds = [kind for kind in KINDS if kind.name in only]
        before = where.state()
        chaos = Chaos(seed, where, given.within, kinds=kinds, hurry=given.hurry)
        begin = time.monotonic()
        played = played_and_told(chaos.play(number) for number in given.rounds)
        changed = place.differences(before, where.state())
        return summary(played, changed, seed, time.monotonic() - begin)


def played_and_told(rounds: Iterable[Round]) -> list[Round]:
    """All rounds, each with a line as it ends."""
    played = []
    for one in rounds:
        played.append(one)
        print(one.line(), flush=True)
        if one.problems:
            print(f"     sockviz {one.command}")
            print("".join(f"     !! {problem}\n" for problem in one.problems), end="", flush=True)
            if one.said:
                print("".join(f"     | {line}\n" for line in one.said.splitlines()[-12:]), end="", flush=True)
    return played


def summary(played: list[Round], changed: list[str], seed: int, seconds: float) -> int:
    """What was done, and what came of it; returns the exit status."""
    print()
    for name, counted in (
        ("runs", Counter(one.kind for one in played)),
        ("harm", Counter(one.what for one in played)),
        ("victims", Counter(one.victim for one in played if one.what.startswith("SIG"))),
    ):
        print(f"{name}: " + ", ".join(f"{count} {what}" for what, count in counted.most_common()))
    took = sorted((one.took, one.number, one.load) for one in played)
    longest, number, load = took[-1]
    print(
        f"gone within: {took[len(took) // 2][0]:.2f} s in the median, {longest:.2f} s at most"
        f" (round {number}, with a load of {load:.1f} on {os.cpu_count()} processors)"
    )
    print("".join(f"the machine was changed: {line}\n" for line in changed), end="")
    bad = [one for one in played if one.problems]
    if bad or changed:
        again = ", ".join(str(one.number) for one in bad)
        print(f"chaos: FAILED in {len(bad)} of {len(played)} rounds (seed {seed}; rounds {again})")
        return 1
    print(f"chaos: {len(played)} rounds in {seconds:.0f} s: nothing was left, and every recording opened")
    return 0


if __name__ == "__main__":
    sys.exit(main())
