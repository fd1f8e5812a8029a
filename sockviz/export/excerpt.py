"""The beginning of a long run: ten thousand segments in one picture show nothing, so the rest is counted."""

from collections.abc import Iterable, Iterator

from sockviz.events import AnyEvent, SegmentCaptured, SegmentSent
from sockviz.world.labels import duration


class Excerpt:
    """Iterates over the events before the segment that is too much; knows afterwards what was left out."""

    def __init__(self, events: Iterable[AnyEvent], most: int, most_events: int | None = None) -> None:
        """`most`: segments that are let through; `most_events`: events of all kinds."""
        self._events = events
        self._most = most
        self._most_events = most_events
        self._cut = False
        self.left_out = 0
        """Segments that came after."""
        self.until = 0
        """When the last event happened, ns."""

    def __iter__(self) -> Iterator[AnyEvent]:
        """The events that are let through; all of the others are read, and counted, before it ends."""
        segments = 0
        for number, event in enumerate(self._events):
            is_segment = isinstance(event, SegmentSent | SegmentCaptured)
            segments += is_segment
            self.until = event.t
            self._cut = self._cut or segments > self._most or number == self._most_events
            if not self._cut:
                yield event
            self.left_out += self._cut and is_segment

    def said(self, more: int = 0) -> str:
        """What was left out, empty: nothing. `more`: segments that were read and not shown."""
        count = self.left_out + more
        if not count:
            return f"what came then, up to {duration(self.until)}, left out" if self._cut else ""
        segments = "1 more segment" if count == 1 else f"{count:,} more segments"
        return f"{segments}, up to {duration(self.until)}, left out"
