"""Terminals as large as their panes: who has to be told, once the panes keep their sizes. Pure."""

from collections.abc import Iterator, Mapping
from typing import Final

from sockviz.intents import Resize
from sockviz.tui.programs.panes import Keyboard

SETTLED: Final = 300_000_000
"""ns that the panes keep their sizes before programs are told: not each step of an edge that is dragged."""


class Sizing:
    """What the programs were told."""

    def __init__(self) -> None:
        self._told: dict[Keyboard, tuple[int, int]] = {}
        self._seen: Mapping[Keyboard, tuple[int, int]] = {}
        self._since = 0

    def settle(
        self,
        sizes: Mapping[Keyboard, tuple[int, int]],
        known: Mapping[Keyboard, tuple[int, int] | None],
        now: int,
    ) -> Iterator[Resize]:
        """What to tell, if the panes have these sizes at `now` (CLOCK_MONOTONIC, ns).

        `known`: what the terminals have, as far as that was heard of.
        """
        if sizes != self._seen:
            self._seen, self._since = sizes, now
        if now - self._since < SETTLED:
            return
        for pane, (columns, rows) in sizes.items():
            if self._told.get(pane, known.get(pane)) != (columns, rows):
                self._told[pane] = (columns, rows)
                yield Resize(host=pane.host, pid=pane.pid, columns=columns, rows=rows, gently=True)
