"""One target fuzzed by atheris, which follows the paths through the code: `fuzz.py --atheris` runs it."""

import argparse
import sys
import tempfile
from pathlib import Path

import atheris

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

with atheris.instrument_imports(include=["sockviz"]):
    from targets import TARGETS, check

LONGEST, MEMORY = 10, 2_048
"""Seconds and MiB for one example."""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("target")
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--seed", type=int, required=True)
    given = parser.parse_args()
    target = next(one for one in TARGETS if one.name == given.target)
    corpus = Path(tempfile.mkdtemp(prefix="fuzz-"))
    for number, data in enumerate(target.seeds()):
        (corpus / str(number)).write_bytes(data)

    def read(data: bytes) -> None:
        check(target, data)

    limits = [f"-max_total_time={given.seconds:.0f}", f"-timeout={LONGEST}", f"-rss_limit_mb={MEMORY}"]
    told = ["-verbosity=0", "-print_final_stats=1", "-max_len=65536", f"-artifact_prefix={corpus}/"]
    atheris.Setup([sys.argv[0], *limits, *told, f"-seed={given.seed}", str(corpus)], read)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
