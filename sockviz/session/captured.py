"""A capture as a session's source: its segments as events, read in a thread while they can be looked at."""

import asyncio
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sockviz.errors import UserError
from sockviz.intents import Intent
from sockviz.recording.capture.events import capture_events
from sockviz.recording.capture.progress import StoppableProgress, Stopped
from sockviz.session.batches import Receive
from sockviz.session.log import CHUNK
from sockviz.session.plan import Plan

if TYPE_CHECKING:
    from sockviz.recording.capture.catalogue import CaptureConnection


class Captured:
    """A capture that is being replayed: one connection of it, or all."""

    plan: Final = Plan()
    recording: Final = None
    recording_failure: Final = None
    log: Final = None
    """A packet is read through the whole file; the session keeps the events."""

    def __init__(self, path: Path, connection: "CaptureConnection | None" = None) -> None:
        """Nothing is read before `carry`."""
        number = f" #{connection.number}" if connection is not None else ""
        self.replayed = f"{path.name}{number}"
        self.notice = ""
        """Where it is damaged."""
        self.failure: UserError | None = None
        self.ended = False
        self._progress = StoppableProgress()
        self._events = capture_events(path, connection, notice=self._tell, progress=self._progress)

    def _tell(self, sentence: str) -> None:
        self.notice = sentence

    @property
    def progress(self) -> float:
        """How much has been read, 0 to 1."""
        return 1.0 if self.ended else self._progress.done

    async def carry(self, receive: Receive) -> None:
        """Hand over all events.

        Raises:
            UserError: it can't be read.
        """
        try:
            while events := await asyncio.to_thread(lambda: list(islice(self._events, CHUNK))):
                receive(events)
        except Stopped:
            pass
        except UserError as error:
            self.failure = error
            raise
        finally:
            self.ended = True

    def send(self, intent: Intent) -> None:
        """Nobody is there to ask."""

    async def close(self) -> None:
        """No more reading."""
        self.kill()

    def kill(self) -> None:
        """No more reading."""
        self._progress.stop()
