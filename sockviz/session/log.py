"""Where the events of a run are kept so that they can be read again: in chunks, not all in memory.

What they mean is not known here.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, Protocol

from sockviz.events import AnyEvent, decode, encode
from sockviz.recording.reader import Reader
from sockviz.session.spill import Spill

CHUNK: Final = 1024
"""Events that are read at once: some ms of decoding."""


class Log(Protocol):
    """The events of a run in their order."""

    def append(self, events: Sequence[AnyEvent]) -> None:
        """Keep more events."""

    def chunk(self, number: int) -> Sequence[AnyEvent]:
        """Events [number * CHUNK, (number + 1) * CHUNK), as far as there are so many."""


def between(chunk: Callable[[int], Sequence[AnyEvent]], begin: int, end: int) -> Iterator[AnyEvent]:
    """The events [begin, end) of a log whose chunks `chunk` gives."""
    while begin < end:
        number, inside = divmod(begin, CHUNK)
        events = chunk(number)[inside : inside + end - begin]
        yield from events
        begin += len(events)


class SpilledLog:
    """Of a run that is written nowhere else, or not so that it can be read."""

    def __init__(self, spill: Spill | None = None) -> None:
        self._spill = spill or Spill()
        self._numbers: list[int] = []
        self._last: list[AnyEvent] = []

    def append(self, events: Sequence[AnyEvent]) -> None:
        """Keep more events; what fills a chunk leaves the memory."""
        self._last.extend(events)
        while len(self._last) >= CHUNK:
            lines = b"".join(map(encode, self._last[:CHUNK]))
            self._numbers.append(self._spill.put(lines))
            del self._last[:CHUNK]

    def chunk(self, number: int) -> Sequence[AnyEvent]:
        """Events [number * CHUNK, (number + 1) * CHUNK), as far as there are so many."""
        if number == len(self._numbers):
            return tuple(self._last)
        return [decode(line) for line in self._spill.get(self._numbers[number]).split(b"\n") if line]


class FileLog:
    """Of a recording: its events are where they were read from."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._starts: list[int] = []
        """Where each chunk begins, bytes."""

    def more(self) -> list[AnyEvent]:
        """The next chunk of events, to be appended; fewer than `CHUNK`: they are the last.

        Raises:
            UserError: the recording goes on with something that is no event.
        """
        start = self._reader.position
        events = self._reader.more(CHUNK)
        if events:
            self._starts.append(start)
        return events

    def append(self, events: Sequence[AnyEvent]) -> None:
        """They came from here."""

    def chunk(self, number: int) -> Sequence[AnyEvent]:
        """Events [number * CHUNK, (number + 1) * CHUNK), as far as there are so many.

        Raises:
            UserError: the file was changed meanwhile.
        """
        following = number + 1
        end = self._starts[following] if following < len(self._starts) else self._reader.position
        return self._reader.at(self._starts[number], end)
