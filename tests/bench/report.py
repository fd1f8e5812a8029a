"""The measurements as a table in the terminal, as JSON, and as a section of the README."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from figures import TIMES, Row, Spread

BEGIN = "<!-- measured: made by `make bench README=1` -->"
END = "<!-- end of measured -->"
BUSY = 0.7
"""Processes that want to run, from which on times are not what they would be."""


@dataclass
class Report:
    """All that one run found."""

    machine: Mapping[str, str]
    versions: Mapping[str, str]
    quick: bool
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    areas: dict[str, list[Row]] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    seconds: float = 0

    def rows(self) -> list[Row]:
        return [row for rows in self.areas.values() for row in rows]


# the table


def table(report: Report) -> str:
    """For the terminal."""
    lines = [("", "what", "sockviz", "peer", "ratio", "spread", "target", "")]
    for area, rows in report.areas.items():
        lines += [(area if row is rows[0] else "", *_cells(row)) for row in rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    lines.insert(1, tuple("─" * width for width in widths))
    text = ["  ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)) for line in lines]
    return "\n".join(line.rstrip() for line in text)


def _cells(row: Row) -> tuple[str, ...]:
    mark = {None: "", True: "met", False: "MISSED"}[row.met]
    peer = f"{row.peer} {_number(row.theirs.median)} {row.unit}" if row.theirs else row.peer
    spread = row.ratio or row.ours
    return (
        f"{row.what}{f' ({row.note})' if row.note else ''}",
        f"{_number(row.ours.median)} {row.unit}",
        peer,
        _ratio(row),
        f"{_number(spread.low)} … {_number(spread.high)}" if len(spread.values) > 1 else "",
        _target(row),
        mark,
    )


def _ratio(row: Row) -> str:
    if row.ratio is None:
        return ""
    return f"{_number(row.ratio.median)} {TIMES}{' faster' if row.faster else ''}"


def _target(row: Row) -> str:
    if row.target is None:
        return ""
    unit = TIMES if row.ratio is not None else row.unit
    return f"{row.target.side} {_number(row.target.value)} {unit}"


def _number(value: float) -> str:
    """Three digits that count."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 1 else f"{value:.3g}".rstrip(".")


def summary(report: Report) -> str:
    """The last lines."""
    judged = [row for row in report.rows() if row.met is not None]
    missed = [row.what for row in judged if not row.met]
    lines = [f"{len(judged) - len(missed)} of {len(judged)} targets met, in {report.seconds:.0f} s."]
    lines += [f"Missed: {what}" for what in missed]
    lines += [f"Skipped: {what}" for what in report.skipped]
    lines += [f"Failed: {what}" for what in report.failed]
    return "\n".join(lines)


def heading(report: Report) -> str:
    """The machine and the versions."""
    machine = report.machine
    where = f"{machine['cpu']}, {machine['cores']} cores, {machine['kernel']}, Python {machine['python']}"
    lines = [where, ", ".join(f"{name} {number}" for name, number in report.versions.items())]
    if float(machine["load"]) > BUSY:
        lines.append(f"This machine is busy (load {machine['load']}): ratios mean something, times little.")
    return "\n".join(lines)


# files


def as_json(report: Report) -> str:
    """All of it; values in the order in which they were measured."""
    whole = {
        "began": report.began.isoformat(timespec="seconds"),
        "seconds": round(report.seconds),
        "quick": report.quick,
        "machine": dict(report.machine),
        "versions": dict(report.versions),
        "rows": [_plain(area, row) for area, rows in report.areas.items() for row in rows],
        "skipped": report.skipped,
        "failed": report.failed,
    }
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


def _plain(area: str, row: Row) -> dict[str, Any]:
    return {
        "area": area,
        "what": row.what,
        "note": row.note,
        "unit": row.unit,
        "ours": _numbers(row.ours),
        "peer": row.peer,
        "theirs": _numbers(row.theirs),
        "ratio": _numbers(row.ratio),
        "ratio_is": None if row.ratio is None else "theirs / ours" if row.faster else "ours / theirs",
        "target": None if row.target is None else [row.target.side, row.target.value],
        "met": row.met,
    }


def _numbers(spread: Spread | None) -> dict[str, Any] | None:
    if spread is None:
        return None
    return {"median": spread.median, "low": spread.low, "high": spread.high, "values": list(spread.values)}


def put_into(path: Path, report: Report) -> None:
    """Replace what stands between the markers."""
    before, begin, rest = path.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"{path} has no place for the table: the lines\n{BEGIN}\n{END}")
    path.write_text(f"{before}{BEGIN}\n\n{section(report)}\n{END}{after}")


def section(report: Report) -> str:
    """The rows that are meant for it, and what they were measured on."""
    machine = report.machine
    where = f"{machine['cpu']}, {machine['cores']} cores, {machine['kernel']}, Python {machine['python']}"
    shown = [row for row in report.rows() if row.short]
    head = ("", "sockviz", "beside", "ratio", "target")
    lines = [head, tuple("---" for _ in head), *map(_short, shown)]
    return f"{_markdown(lines)}\n\nMeasured on {report.began:%Y-%m-%d}: {where}.\n"


def _short(row: Row) -> tuple[str, ...]:
    theirs = f"{row.peer}: {_number(row.theirs.median)} {row.unit}" if row.theirs else ""
    target = _target(row) + ("" if row.met in (None, True) else " (missed)")
    return (row.what, f"{_number(row.ours.median)} {row.unit}", theirs, _ratio(row), target)


def _markdown(lines: Iterable[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
