"""Which connections are listed now; asked anew only when that may have changed, and not too often."""

from collections.abc import Sequence
from typing import Final

from sockviz.world.watch.model import Watch, WatchedConnection
from sockviz.world.watch.query import Query, select

_FEW: Final = 500
"""So many are looked at in no time."""
_PAUSE: Final = 250_000_000
"""ns between two looks at more than these."""


class Selected:
    """Remembers what was selected."""

    def __init__(self) -> None:
        self._rows: Sequence[WatchedConnection] = ()
        self._of: tuple[int, str, Query | None] = (0, "", None)
        self._version = -1
        self._asked = 0

    def rows(self, watch: Watch, listener: str, query: Query, now: int) -> Sequence[WatchedConnection]:
        """The connections of `listener` that `query` asks for; `now`: CLOCK_MONOTONIC, ns."""
        of = (id(watch), listener, query)
        if of == self._of:
            if watch.version == self._version:
                return self._rows
            if len(watch.connections) > _FEW and now - self._asked < _PAUSE:
                return self._rows
        self._of, self._version, self._asked = of, watch.version, now
        self._rows = select(watch, (listener,), query) if listener else ()
        return self._rows
