"""Times that somebody marked, to come back to. Pure. Times are ns on the recording's clock."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from typing import Final, NamedTuple

from sockviz.events import AnyEvent, Marked

_MOST: Final = 4_096
"""Of a recording; one's own are as many as one likes."""


class Mark(NamedTuple):
    """A time to come back to."""

    t: int
    text: str


class Marks:
    """In order of time."""

    def __init__(self) -> None:
        self._marks: list[Mark] = []

    def __len__(self) -> int:
        """How many."""
        return len(self._marks)

    def __iter__(self) -> Iterator[Mark]:
        """One after the other."""
        return iter(self._marks)

    def learn(self, t: int, event: AnyEvent) -> None:
        """Take in an event that happened at `t`, if it is a mark."""
        if isinstance(event, Marked) and len(self._marks) < _MOST:
            self.add(t, event.text)

    def add(self, t: int, text: str) -> None:
        """Mark a time; it is a mark of this view only, unless the event is in the log as well."""
        self._marks.insert(bisect_right(self._marks, t, key=_time), Mark(t, text))

    def after(self, t: int) -> int | None:
        """When the first one after `t` is."""
        place = bisect_right(self._marks, t, key=_time)
        return self._marks[place].t if place < len(self._marks) else None

    def before(self, t: int) -> int | None:
        """When the last one before `t` is."""
        place = bisect_left(self._marks, t, key=_time)
        return self._marks[place - 1].t if place else None


def _time(mark: Mark) -> int:
    return mark.t
