"""`make bench`: sockviz and its peers side by side, as a table of ratios.

    make bench                          all
    make bench ARGS="start pcap"        some
    make bench ARGS=--quick             all, with fewer and shorter rounds
    make bench README=1                 all, and its table into the README

The figures are also written as JSON, to .bench/bench.json or where `--json` says. The exit status is 1 if
something could not be measured that should be, 0 otherwise, targets met or not.
"""

import argparse
import importlib
import sys
import time
import traceback
from pathlib import Path

import machine
import report
from figures import Skip

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
FIRST = ("start", "capture", "table", "watch", "world", "time", "pcap", "screen", "keys", "flood")
"""In this order; then whatever else there is."""
AREAS = tuple(dict.fromkeys([*FIRST, *sorted(path.stem[6:] for path in HERE.glob("bench_*.py"))]))
"""Each is a module `bench_…` with `rows(quick)`."""


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("areas", nargs="*", metavar="AREA", help=" ".join(AREAS))
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    parser.add_argument("--json", type=Path, default=ROOT / ".bench" / "bench.json", metavar="FILE")
    parser.add_argument("--readme", action="store_true", help="put the table into README.md")
    chosen = parser.parse_args()
    unknown = set(chosen.areas) - set(AREAS)
    if unknown:
        parser.error(f"there is no {' '.join(sorted(unknown))}, but {' '.join(AREAS)}")
    if chosen.readme and (chosen.areas or chosen.quick):
        parser.error("the README's table is of a whole run")
    found = report.Report(machine.machine(), machine.versions(), chosen.quick)
    print(report.heading(found), end="\n\n", flush=True)
    began = time.monotonic()
    for area in chosen.areas or AREAS:
        measure(area, found)
    found.seconds = time.monotonic() - began
    print(report.table(found), report.summary(found), sep="\n\n")
    chosen.json.parent.mkdir(parents=True, exist_ok=True)
    chosen.json.write_text(report.as_json(found))
    print(f"All values: {chosen.json}")
    if chosen.readme and not found.failed:
        report.put_into(ROOT / "README.md", found)
    return 1 if found.failed else 0


def measure(area: str, found: report.Report) -> None:
    """One area; what goes wrong in it does not stop the others."""
    began = time.monotonic()
    print(f"{area} …", end=" ", flush=True, file=sys.stderr)
    rows = found.areas.setdefault(area, [])
    try:
        for row in importlib.import_module(f"bench_{area}").rows(quick=found.quick):
            if isinstance(row, Skip):
                found.skipped.append(f"{area}: {row}")
            else:
                rows.append(row)
    except Skip as reason:
        found.skipped.append(f"{area}: {reason}")
    except Exception as error:  # noqa: BLE001 - the other areas go on
        traceback.print_exc()
        found.failed.append(f"{area}: {type(error).__name__}: {(str(error).splitlines() or [''])[0]}")
    if not rows:
        del found.areas[area]
    print(f"{time.monotonic() - began:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
