"""Writes events in the order of their times, whichever process or thread observed them.

An event waits for `WINDOW`, since one that happened before it may still be on its way from another process.
Nobody who emits ever waits for the pipe: a thread writes, in batches.
"""

import heapq
import itertools
import os
import threading
from collections.abc import Callable
from typing import Final

import msgspec

from sockviz import events
from sockviz.sources.clock import Clock

WINDOW: Final = 12_000_000
"""How long an event waits for earlier ones, ns. Where that was too short, since the machine is busy, it
becomes longer, up to `LONGEST`, and then shorter again."""

LONGEST: Final = 150_000_000

LIMIT: Final = 500_000
"""So many events may wait for a reader that doesn't read, before it is taken for gone."""


CROWD: Final = 5_000
"""So many wait when a reader does not keep up with a flood: what can be observed less should be."""


class Emitter:
    """A queue of events, sorted by `t`, and the thread that writes them to `fd`."""

    def __init__(self, fd: int, clock: Clock, on_gone: Callable[[], None]) -> None:
        """`on_gone` is called once, from any thread, when nobody reads any more."""
        self._fd = fd
        self._clock = clock
        self._on_gone = on_gone
        self._order = itertools.count()
        self._waiting: list[tuple[int, int, events.Event]] = []
        self._changed = threading.Condition()
        self._last = 0
        self._window = WINDOW
        self._closing = False
        self._gone = False
        self._thread = threading.Thread(target=self._run, name="emitter", daemon=True)

    def start(self) -> None:
        """Begin to write; what was emitted before waits until now."""
        self._thread.start()

    def emit(self, event: events.Event) -> None:
        """Take an event; never blocks. After `close`, or when nobody reads, it is lost."""
        with self._changed:
            if self._closing or self._gone:
                return
            heapq.heappush(self._waiting, (event.t, next(self._order), event))
            if len(self._waiting) == 1:
                self._changed.notify()
            full = len(self._waiting) > LIMIT
        if full:
            self._lose()

    def congested(self) -> bool:
        """The reader does not keep up."""
        return len(self._waiting) > CROWD

    def close(self, last: events.Event, timeout: float) -> None:
        """Write all that waits, and `last` with the latest time; give up after `timeout` seconds."""
        with self._changed:
            latest = max((t for t, _, _ in self._waiting), default=0)
            last = msgspec.structs.replace(last, t=max(last.t, latest, self._last))
            heapq.heappush(self._waiting, (last.t, next(self._order), last))
            self._closing = True
            self._changed.notify()
        self._thread.join(timeout)

    def _run(self) -> None:
        while batch := self._next_batch():
            try:
                self._write(b"".join(map(self._line, batch)))
            except OSError:  # EPIPE, or whatever else means that the other end is no more
                self._lose()
                return

    def _next_batch(self) -> list[events.Event]:
        """Wait until an event is old enough, and take all that are; none: it is over."""
        with self._changed:
            while not self._gone:
                if self._closing:
                    return self._take(until=None)
                if not self._waiting:
                    self._changed.wait()
                    continue
                ripe = self._clock.now() - self._window
                if self._waiting[0][0] <= ripe:
                    return self._take(until=ripe)
                self._changed.wait((self._waiting[0][0] - ripe) / 1e9)
        return []

    def _take(self, *, until: int | None) -> list[events.Event]:
        batch = []
        while self._waiting and (until is None or self._waiting[0][0] <= until):
            batch.append(heapq.heappop(self._waiting)[2])
        return batch

    def _line(self, event: events.Event) -> bytes:
        """Encode it; one that came too late to be sorted in gets the time of the last one written."""
        if event.t < self._last:
            self._window = min(self._window + self._last - event.t, LONGEST)
            event = msgspec.structs.replace(event, t=self._last)
        else:
            self._window -= (self._window - WINDOW) // 256
        self._last = event.t
        return events.encode(event)

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self._fd, view) :]

    def _lose(self) -> None:
        """Nobody reads: forget everything, and say so once."""
        with self._changed:
            told, self._gone = self._gone, True
            self._waiting.clear()
            self._changed.notify()
        if not told:
            self._on_gone()
