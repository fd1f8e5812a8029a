"""What is new in a snapshot: the page gets it once and puts the snapshots together again."""

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from sockviz.export.html.snapshot import Row, Snapshot

Change: TypeAlias = list[str | int | Row]
"""`[group, values]`, or, of rows, `[group, how many there are, index, row, index, row …]`."""


def deltas(snapshots: Iterable[Snapshot]) -> Iterator[list[Change]]:
    """For each snapshot what differs from the one before; at first everything that is not empty."""
    before = Snapshot({}, {})
    for now in snapshots:
        changes: list[Change] = [
            [group, values] for group, values in now.values.items() if before.values.get(group, []) != values
        ]
        for group, rows in now.rows.items():
            if before.rows.get(group, []) != rows:
                changes.append([group, len(rows), *_new(before.rows.get(group, []), rows)])
        yield changes
        before = now


def _new(before: list[Row], now: list[Row]) -> Iterator[int | Row]:
    for at, row in enumerate(now):
        if at >= len(before) or before[at] != row:
            yield at
            yield row
