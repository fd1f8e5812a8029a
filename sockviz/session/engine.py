"""The link to the engine's process: starts it, brings its events in batches, sends it intents, ends it.

The engine runs in a session of its own, so that a Ctrl-C in the terminal reaches this process only, and it can't outlive
it. This module knows nothing of what the events mean.
"""

from collections.abc import Callable, Sequence
from typing import Self

from sockviz.events import AnyEvent
from sockviz.intents import Intent, Setup

Receive = Callable[[Sequence[AnyEvent]], None]


class EngineLink:
    """A running engine process."""

    @classmethod
    def spawn(cls, setup: Setup) -> Self:
        """Start the engine; returns at once (no event loop needed, nothing is read before `run`)."""
        raise NotImplementedError

    async def run(self, receive: Receive) -> None:
        """Hand over events, a frame's worth at a time, until the engine ends.

        Raises:
            UserError: the engine could not start (its own words), or it died.
        """
        raise NotImplementedError

    def send(self, intent: Intent) -> None:
        """Ask the engine for something; what comes of it arrives as events."""
        raise NotImplementedError

    async def close(self) -> None:
        """Ask the engine to quit, wait for a bounded time, then kill it."""
        raise NotImplementedError

    def kill(self) -> None:
        """End the engine at once, from anywhere; nothing happens if it has ended."""
        raise NotImplementedError
