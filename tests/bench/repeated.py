"""A recording of any length: a real one again and again, with times, ports, processes and numbers of its own.

`python tests/bench/repeated.py EVENTS OUT [RECORDING]` writes one.
"""

import json
import sys
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

RECORDING = Path(__file__).parents[1] / "data" / "full-queue-lab.jsonl"
LOWEST, PORTS = 1_024, 60_000
PIDS = 100
"""More than the processes of one run."""
SEGMENTS = 1_000
CALLS = 100_000_000

Shift = Callable[[int], int]
"""Which repetition → the number there."""


def repeated(path: Path = RECORDING) -> Iterator[str]:
    """The lines of an endless recording."""
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    yield json.dumps(lines[0]) + "\n"
    body = [line for line in lines[1:] if line["event"] != "ended"]
    ports = _client_ports(body)
    length = lines[-1]["t"] + 1
    templates = [_template(line, ports, length) for line in body]
    number = 0
    while True:
        for text, shifts in templates:
            yield text % tuple(shift(number) for shift in shifts)
        number += 1


def _client_ports(lines: list[dict[str, Any]]) -> dict[str, int]:
    """The addresses that clients connect from → how many there were before."""
    found: dict[str, int] = {}
    for line in lines:
        segment = line.get("segment")
        if segment and segment["flags"] == "SYN":
            found.setdefault(segment["source"], len(found))
    return found


def _template(line: dict[str, Any], ports: dict[str, int], length: int) -> tuple[str, list[Shift]]:
    """A line with `%d` where it changes, and how it changes."""
    shifts: list[Shift] = []

    def number(base: int, by: int) -> str:
        shifts.append(lambda repetition: base + repetition * by)
        return "\0"

    def change(key: str, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: change(name, inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [change(key, inner) for inner in value]
        steps = {
            "t": length, "began": length, "due": length, "expires": length,
            "id": SEGMENTS, "original": SEGMENTS, "call": CALLS, "pid": PIDS,
        }  # fmt: skip
        if key in steps and isinstance(value, int):
            return number(value, steps[key])
        if isinstance(value, str) and value in ports:
            place = ports[value]
            shifts.append(lambda repetition: LOWEST + (repetition * len(ports) + place) % PORTS)
            return value.rpartition(":")[0] + ":\1"
        return value

    text = json.dumps(change("", line)).replace("%", "%%")
    return text.replace('"\\u0000"', "%d").replace("\\u0001", "%d") + "\n", shifts


def write(path: Path, events: int, recording: Path = RECORDING) -> None:
    """Write a recording of so many events."""
    with path.open("w") as file:
        file.writelines(islice(repeated(recording), events))


if __name__ == "__main__":
    write(Path(sys.argv[2]), int(sys.argv[1]), *map(Path, sys.argv[3:]))
