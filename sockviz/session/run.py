"""A run's engine: started, replaced by loopback where there is no lab, recorded, ended.

What the events mean is not known here.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, Self

import msgspec

from sockviz.errors import UserError
from sockviz.events import AnyEvent
from sockviz.intents import Intent
from sockviz.recording.writer import Writer
from sockviz.session.batches import Receive
from sockviz.session.engine import EngineLink
from sockviz.session.plan import Plan


class Run:
    """A run's engine and its recording.

    Args:
        plan: what the run is to be.
        link: the engine, already started.
        recorder: where to record the run.
    """

    log: Final = None
    replayed: Final = ""
    progress: Final = 1.0
    """It happens now (`session.source`)."""

    def __init__(self, plan: Plan, link: EngineLink, recorder: Writer | None = None) -> None:
        self.plan = plan
        self.notice = ""
        """What the user must know and is no event: why there is no lab, why the recording stopped."""
        self.failure: UserError | None = None
        """Why the run ended, if not in order; `carry` raised it, too."""
        self.recording_failure: UserError | None = None
        """Why the recording stopped before the run did."""
        self.ended = False
        """The engine is gone: nothing more will come, and intents go nowhere."""
        self._link = link
        self._recorder = recorder
        self._begun = False

    @classmethod
    def start(cls, plan: Plan, recorder: Writer | None = None) -> Self:
        """Start the engine; it gets ready while this process does other things. No event loop is needed."""
        return cls(plan, EngineLink.spawn(plan.setup), recorder)

    @classmethod
    def recorded(cls, plan: Plan, path: Path | None) -> Self:
        """Start the engine, and record the run in `path`, if there is one.

        Raises:
            UserError: it can't be recorded there.
        """
        return cls.start(plan, Writer(path) if path is not None else None)

    @property
    def pid(self) -> int:
        """The engine's process."""
        return self._link.pid

    @property
    def recording(self) -> Path | None:
        """Where the run is being recorded."""
        return self._recorder.path if self._recorder is not None else None

    async def carry(self, receive: Receive) -> None:
        """Hand over events, a frame's worth at a time, recorded already, until the engine has ended.

        Raises:
            UserError: the run could not start, or the engine died.
        """

        def take(events: Sequence[AnyEvent]) -> None:
            self._begun = True
            self._record(events)
            receive(events)

        try:
            await self._carry(take)
        except UserError as error:
            self.failure = error
            raise
        finally:
            self.ended = True
            if self._recorder is not None:
                self._recorder.close()

    async def _carry(self, take: Receive) -> None:
        try:
            await self._link.run(take)
        except UserError as error:
            if self._begun or not self.plan.fallback or error.kind != "no-lab":
                raise
            self.notice = f"There is no lab here, so this is loopback: {error.message}" + (
                f" ({error.hint})" if error.hint else ""
            )
            setup = msgspec.structs.replace(self.plan.setup, source="loopback", mode="flow", delay=0)
            self._link = EngineLink.spawn(setup)
            await self._link.run(take)

    def _record(self, events: Sequence[AnyEvent]) -> None:
        if self._recorder is None:
            return
        try:
            self._recorder.write(events)
        except UserError as error:
            self._recorder.close()
            self._recorder = None
            self.recording_failure = error
            self.notice = f"The recording stopped: {error.message}"

    def send(self, intent: Intent) -> None:
        """Ask the engine for something; what comes of it arrives as events."""
        self._link.send(intent)

    async def close(self) -> None:
        """End the run in order, within a bounded time; the recording is complete once `carry` returned."""
        await self._link.close()

    def kill(self) -> None:
        """Leave no process behind, from anywhere, whatever happened."""
        self._link.kill()
