"""A recording as a session's source: read from the beginning while it can be looked at already."""

import asyncio
from pathlib import Path
from typing import Final

from sockviz.errors import UserError
from sockviz.intents import Intent
from sockviz.recording.reader import Reader
from sockviz.session.batches import Receive
from sockviz.session.log import CHUNK, FileLog, Log
from sockviz.session.plan import Plan


class Replay:
    """A recording that is being replayed.

    A regular file is read again wherever one looks; of a pipe the session has to keep the events.
    """

    plan: Final = Plan()
    recording: Final = None
    recording_failure: Final = None
    failure: UserError | None = None
    """Never: a recording that goes on with something else is shown as far as it goes."""

    def __init__(self, path: Path) -> None:
        """Open it.

        Raises:
            UserError: there is no such file, it is no recording, or it was made by a newer version.
        """
        self.replayed = path.name
        self.notice = ""
        """That it ends too early, and where."""
        self.ended = False
        """All of it was read."""
        self._reader = Reader(path)
        self.header = self._reader.header
        """What kind of run it was, and so which screen shows it; None: it begins with something else."""
        self._file_log = FileLog(self._reader)

    @property
    def log(self) -> Log | None:
        """Where the events can be read again; None: the session has to keep them."""
        return self._file_log if self._reader.seekable else None

    @property
    def progress(self) -> float:
        """How much was read, 0 to 1; of a pipe nobody knows before the end."""
        return 1.0 if self.ended else self._reader.position / max(self._reader.size, self._reader.position, 1)

    async def carry(self, receive: Receive) -> None:
        """Hand over all events, in turns with whatever else there is to do."""
        try:
            while events := self._file_log.more():
                receive(events)
                await asyncio.sleep(0)
                if len(events) < CHUNK:
                    break
            self.notice = self._reader.notice
            self._file_log.more()
        except UserError as error:
            self.notice = f"{error.message}; everything before it is shown"
        finally:
            self.ended = True

    def send(self, intent: Intent) -> None:
        """Nobody is there to ask."""

    async def close(self) -> None:
        """No more reading."""
        self.kill()

    def kill(self) -> None:
        """No more reading."""
        self._reader.close()
