"""Where a session's events come from: a run of our own (`session.run`), a recording (`session.replay`)."""

from pathlib import Path
from typing import Protocol

from sockviz.errors import UserError
from sockviz.intents import Intent
from sockviz.session.batches import Receive
from sockviz.session.log import Log
from sockviz.session.plan import Plan


class Source(Protocol):
    """Gives events, and takes intents if somebody is there to carry them out."""

    @property
    def plan(self) -> Plan:
        """What a live run is to be."""

    @property
    def log(self) -> Log | None:
        """Where its events can be read again; None: the session has to keep them."""

    @property
    def replayed(self) -> str:
        """The name of what is replayed; empty: it happens now."""

    @property
    def progress(self) -> float:
        """How much of what is replayed has been read, 0 to 1."""

    @property
    def recording(self) -> Path | None:
        """Where it is being recorded."""

    @property
    def notice(self) -> str:
        """What the user must know and is no event."""

    @property
    def failure(self) -> UserError | None:
        """Why it ended, if not in order."""

    @property
    def recording_failure(self) -> UserError | None:
        """Why its recording stopped before it did."""

    @property
    def ended(self) -> bool:
        """Nothing more will come, and intents go nowhere."""

    async def carry(self, receive: Receive) -> None:
        """Hand over events until there are no more.

        Raises:
            UserError: it could not start, or ended badly.
        """

    def send(self, intent: Intent) -> None:
        """Ask for something."""

    async def close(self) -> None:
        """End in order, within a bounded time."""

    def kill(self) -> None:
        """Leave nothing behind, from anywhere."""
