"""The beginning of a long run: ten thousand segments in one picture show nothing, so the rest is counted."""

from collections.abc import Iterable, Iterator

from sockviz.events import AnyEvent, SegmentCaptured, SegmentSent
from sockviz.world.labels import duration


class Excerpt:
    """Iterates over the events before the segment that is too much; knows afterwards what was left out."""

    def __init__(self, events: Iterable[AnyEvent], most: int) -> None:
        """`most`: segments that are let through."""
        self._events = events
        self._most = most
        self.left_out = 0
        """Segments that came after."""
        self.until = 0
        """When the last event happened, ns."""

    def __iter__(self) -> Iterator[AnyEvent]:
        """The events that are let through; all of the others are read, and counted, before it ends."""
        count = 0
        for event in self._events:
            count += isinstance(event, SegmentSent | SegmentCaptured)
            self.until = event.t
            if count <= self._most:
                yield event
        self.left_out = max(0, count - self._most)

    def said(self, more: int = 0) -> str:
        """What was left out, empty: nothing. `more`: segments that were read and not shown."""
        count = self.left_out + more
        if not count:
            return ""
        segments = "1 more segment" if count == 1 else f"{count:,} more segments"
        return f"{segments}, up to {duration(self.until)}, left out"
