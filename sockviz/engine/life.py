"""How long an engine runs: what every kind of engine has of its loop, its events, and the wishes to end.

Owns the signals, and the way out through the emitter. What is done meanwhile is its subclasses'.
"""

import asyncio
import signal
import sys
from typing import Any

import msgspec

from sockviz import intents
from sockviz.engine.emitter import Emitter
from sockviz.engine.ending import SIGNALS
from sockviz.events import Ended, Event, RequestRefused
from sockviz.sources.clock import Clock


class Life:
    """One run: from `_begin` on it can be ended, and `_over` has the reason then."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._emitter = Emitter(sys.stdout.fileno(), clock, self._reader_gone)

    def _begin(self) -> None:
        """Have signals and errors end it, from the running loop on."""
        self._loop = asyncio.get_running_loop()
        self._over: asyncio.Future[str] = self._loop.create_future()
        self._loop.set_exception_handler(self._failed)
        for number in SIGNALS:
            self._loop.add_signal_handler(number, self._end, number.name)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)

    def _emit(self, event: Event) -> None:
        """Where all events come together."""
        self._emitter.emit(event)

    def _understand(self, line: bytes) -> intents.AnyIntent | None:
        """The intent in a line; None: it is none, which was told."""
        try:
            return intents.decode(line)
        except msgspec.DecodeError as error:
            self._refuse("?", f"Not an intent: {error}.")
            return None

    def _refuse(self, request: str, reason: str) -> None:
        self._emit(RequestRefused(t=self._clock.now(), request=request, reason=reason))

    def _end(self, reason: str) -> None:
        if not self._over.done():
            self._over.set_result(reason)

    def _say_end(self, reason: str) -> None:
        """The last event, after all others."""
        self._emitter.close(Ended(t=self._clock.now(), reason=reason), timeout=2.0)

    def _failed(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """An exception that nobody handles is an error of ours: end, and show it."""
        error = context.get("exception")
        if isinstance(error, Exception) and not self._over.done():
            self._over.set_exception(error)
        else:
            loop.default_exception_handler(context)

    def _reader_gone(self) -> None:
        """Called by any thread."""
        self._loop.call_soon_threadsafe(self._end, "nobody reads")
