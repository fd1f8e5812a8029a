"""How large the terminals of the user's own programs will be, before there is a screen to ask. Pure.

A program that is traced can't be told of another size later without its calls being broken off
(`sockviz.guests.sizing`). Imports next to nothing: the engine is started with it before the first frame.
"""

from collections.abc import Sequence
from typing import Final

from sockviz.intents import Command
from sockviz.tui.room import ROOMY

BESIDE: Final = 76
"""Cells from which on the hosts' programs stand side by side."""
GAP: Final = 1
"""Columns between them."""
FRAME: Final = 2
"""Columns at the left of what is printed."""


def view(columns: int, rows: int, *, large: bool) -> tuple[int, int]:
    """Columns and rows for all programs, as furniture.tcss has it, on a screen of `columns` by `rows`."""
    roomy = columns >= ROOMY[0] and rows >= ROOMY[1]
    if large:
        return columns, round((rows - 9) * 12 / 25) if roomy else rows - 8
    return (columns // 2, rows - 21) if roomy else (columns, rows - 17)


def terminals(
    commands: Sequence[Command], columns: int, rows: int, *, large: bool
) -> dict[str, tuple[int, int]]:
    """Host → columns and rows of each of its programs' terminals; `large`: for a projector."""
    width, height = view(columns, rows, large=large)
    counts = {host: sum(one.host == host for one in commands) for host in ("server", "client")}
    if width < BESIDE:
        counts = dict.fromkeys(counts, sum(counts.values()))
    else:
        width = (width - GAP) // 2
    return {
        host: (max(1, width - FRAME), max(1, height // count - 1)) for host, count in counts.items() if count
    }
