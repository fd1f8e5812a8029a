"""Reads a child's output in an event loop: events in batches, and the end of what it said on standard error.

A flood of events costs one call a frame, not one an event; if it is more than can be taken the child has to
wait.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Final, cast

import msgspec

from sockviz.errors import UserError
from sockviz.events import AnyEvent, decode
from sockviz.recording.reader import LONGEST_LINE

Receive = Callable[[Sequence[AnyEvent]], None]

FRAME: Final = 1 / 60
"""Seconds between two batches, at least."""
BATCH: Final = 2_000
"""Events in a batch, at most."""
LEAST: Final = 20
"""Events in a batch, if there are more, however long they take."""
SHARE: Final = 0.004
"""Seconds of the processor that a batch may take: a key that is pressed during a flood has to wait for it."""
BREAK: Final = 0.006
"""Seconds for others after a batch, if there are more events."""
AHEAD: Final = 2 * BATCH
"""Lines read ahead before the child has to wait."""
TAIL: Final = 8_192
"""Bytes kept of what was said on standard error."""


def _decoded(lines: Sequence[bytes]) -> list[AnyEvent]:
    """The events in these lines.

    Raises:
        UserError: (kind `engine-garbled`) one is no event.
    """
    try:
        return [decode(line) for line in lines]
    except msgspec.DecodeError as error:
        raise _garbled(str(error)) from error


def _garbled(reason: str) -> UserError:
    hint = "start again; if it happens again, please report it"
    return UserError(f"the engine said what can't be understood: {reason}", hint, "engine-garbled")


class _Pipe(asyncio.Protocol):
    """One end of a pipe that is read until it ends."""

    def __init__(self) -> None:
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when there is nothing more to come, or with the exception that stopped the reading."""
        self._transport: asyncio.ReadTransport | None = None
        self._heard = asyncio.get_running_loop().time()

    @property
    def silent(self) -> float:
        """Seconds since something came."""
        return asyncio.get_running_loop().time() - self._heard

    def data_received(self, data: bytes) -> None:  # noqa: ARG002 - what it is, is our subclasses'
        """Something came."""
        self._heard = asyncio.get_running_loop().time()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The pipe is open."""
        self._transport = cast("asyncio.ReadTransport", transport)

    def close(self) -> None:
        """Stop reading."""
        if self._transport is not None:
            self._transport.close()
        self._finish()

    def _finish(self, error: Exception | None = None) -> None:
        if self.ended.done():
            return
        if error is None:
            self.ended.set_result(None)
        else:
            self.ended.set_exception(error)


class Tail(_Pipe):
    """Keeps the end of a text."""

    def __init__(self) -> None:
        super().__init__()
        self._kept = b""

    def data_received(self, data: bytes) -> None:
        """More of it."""
        super().data_received(data)
        self._kept = (self._kept + data)[-TAIL:]

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the end is the end
        """It has ended."""
        self._finish()

    def text(self) -> str:
        """What was kept."""
        return self._kept.decode(errors="replace")


class Batches(_Pipe):
    """Decodes lines and hands them over, at most once a frame."""

    def __init__(self, receive: Receive) -> None:
        super().__init__()
        self._receive = receive
        self._lines: deque[bytes] = deque()
        self._rest = b""
        self._timer: asyncio.TimerHandle | None = None
        self._last = 0.0
        self._size = BATCH // 10
        """How many events are taken at once."""
        self._lost = False

    @property
    def silent(self) -> float:
        """Seconds since something came; 0 while some of it is to be handed over."""
        return 0.0 if self._lines else super().silent

    def data_received(self, data: bytes) -> None:
        """Take some lines, the last one perhaps not complete."""
        super().data_received(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > LONGEST_LINE:
            self._finish(_garbled("a line without an end"))
            self.close()
            return
        self._lines.extend(lines)
        if len(self._lines) > AHEAD and self._transport is not None:
            self._transport.pause_reading()
        self._schedule()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the end is the end
        """It has ended; what is left over is half a line of a child that was killed."""
        self._lost = True
        self._schedule()

    def _schedule(self) -> None:
        """Hand over soon: at once after a pause, else when a frame's time has passed."""
        if self._timer is None and not self.ended.done():
            loop = asyncio.get_running_loop()
            pause = BREAK if self._lines and len(self._lines) > self._size else FRAME
            wait = max(0.0, self._last + pause - loop.time())
            self._timer = loop.call_later(wait, self._hand_over)

    def _fit(self, count: int, took: float) -> None:
        """Take as many the next time as fit into the share; more than before only if so many came."""
        fitting = int(count * SHARE / max(took, SHARE / BATCH))
        if fitting < self._size or count == self._size:
            self._size = max(LEAST, min(fitting, 2 * self._size, BATCH))

    def _hand_over(self) -> None:
        self._timer = None
        if self.ended.done():
            return
        began = time.thread_time()
        batch = list(islice(self._lines, self._size))
        try:
            events = _decoded(batch)
            if events:
                self._receive(events)
        except Exception as error:  # noqa: BLE001 - whoever waits for the end gets it
            self._finish(error)
            self.close()
            return
        for _ in batch:
            self._lines.popleft()
        self._fit(len(batch), time.thread_time() - began)
        self._last = asyncio.get_running_loop().time()
        if self._lines:
            self._schedule()
        elif self._lost:
            self._finish()
        elif self._transport is not None and not self._transport.is_reading():
            self._transport.resume_reading()
