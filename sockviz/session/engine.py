"""The link to the engine's process: brings its events in batches, sends it intents, ends it.

The engine runs in a session of its own, so that a Ctrl-C in the terminal reaches this process only, and
can't outlive it: the kernel kills it with us, and it ends by itself when its standard input does. What the
events mean is not known here.
"""

import asyncio
import signal
import subprocess
from collections.abc import Sequence
from typing import Final, Self

import msgspec

from sockviz.errors import Failure, UserError
from sockviz.events import AnyEvent, Ended
from sockviz.intents import Intent, Quit, Setup, encode
from sockviz.process import children, go_on, is_stopped
from sockviz.session.batches import Batches, Receive, Tail
from sockviz.session.launch import end, launch

PATIENCE: Final = 10.0
"""Seconds for the engine to end in order, before it is killed."""
BETWEEN_LOOKS: Final = 0.5
"""Seconds: whether somebody stopped the engine."""
LAST_WORDS: Final = 1.0
"""Seconds of silence after the engine's end: whoever still has its pipes says nothing of it."""
SIGNALS: Final = {"SIGTERM", "SIGINT", "SIGHUP"}
"""On these the engine ends in order, and gives them as the reason (`events.Ended`)."""


class EngineLink:
    """A running engine process (`launch.launch`). `run` it, and `kill` it whatever happens."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._intents: asyncio.WriteTransport | None = None
        self._unsent: list[bytes] = []
        self._closing = False
        self._begun = False
        """Its first events are there."""
        self._read = False
        """`run` was called, and has the pipes."""
        self._stopped = False
        """Somebody stopped it (SIGSTOP), and so it was killed."""
        self._reason = ""
        """Why it ended in order."""

    @classmethod
    def spawn(cls, setup: Setup) -> Self:
        """Start the engine. Returns at once; no event loop is needed, and nothing is read before `run`.

        To be called in the main thread: the engine ends with the thread that started it.
        """
        return cls(launch(setup))

    @property
    def pid(self) -> int:
        """The engine's process."""
        return self._process.pid

    async def run(self, receive: Receive) -> None:
        """Hand over events, a frame's worth at a time, until the engine ends.

        Raises:
            UserError: the engine could not start (in its own words), it died, or somebody ended it.
        """
        loop = asyncio.get_running_loop()
        self._read = True

        def begun(events: Sequence[AnyEvent]) -> None:
            self._begun = True
            if isinstance(events[-1], Ended):
                self._reason = events[-1].reason
            receive(events)

        errors, batches = Tail(), Batches(begun)
        watching = asyncio.create_task(self._watch(batches, errors))
        try:
            self._intents, _ = await loop.connect_write_pipe(asyncio.BaseProtocol, self._process.stdin)
            self._intents.write(b"".join(self._unsent))
            await loop.connect_read_pipe(lambda: errors, self._process.stderr)
            await loop.connect_read_pipe(lambda: batches, self._process.stdout)
            await batches.ended
            status = await self._exit_status()
            await errors.ended
        finally:
            watching.cancel()
            self._end()
            if self._intents is not None and not self._intents.is_closing():
                self._intents.abort()
            errors.close()
            batches.close()
        if self._closing:
            return
        if self._stopped:
            raise UserError("the engine's process was stopped (SIGSTOP)", "start again", "engine-stopped")
        _check(status, errors.text())
        if self._reason in SIGNALS:
            raise UserError(
                f"the engine's process was ended by {self._reason}", "start again", "engine-ended"
            )

    def send(self, intent: Intent) -> None:
        """Ask the engine for something; what comes of it arrives as events. A dead engine is not asked."""
        if self._intents is None:
            self._unsent.append(encode(intent))
        elif not self._intents.is_closing():
            self._intents.write(encode(intent))

    async def close(self) -> None:
        """Ask the engine to quit and wait until it has, at most `PATIENCE`; then, or before it began, end it.

        Its last events still arrive, through `run`.
        """
        self._closing = True
        if not self._begun:  # there is nothing yet that could be ended in order
            self.kill()
            return
        self.send(Quit())
        for pid in self._processes():
            go_on(pid)
        await self._exit_status()
        self._end()

    def kill(self) -> None:
        """End the engine at once, from anywhere; nothing happens if it has ended."""
        self._closing = True
        self._end()
        if not self._read:
            for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
                if pipe is not None:
                    pipe.close()

    def _end(self) -> None:
        end(self._process)

    def _processes(self) -> list[int]:
        """The engine's process, and what it started: where it is a launcher (`lab.namespaces`) the engine."""
        return [self.pid, *children(self.pid)] if self._process.poll() is None else []

    async def _watch(self, *pipes: Batches | Tail) -> None:
        """End an engine that somebody stopped: it would say nothing more. Looks twice, it may be short.

        And end the reading where the engine is gone, but not whoever else has its pipes.
        """
        before: set[int] = set()
        while True:
            await asyncio.sleep(BETWEEN_LOOKS)
            stopped = {pid for pid in self._processes() if is_stopped(pid)}
            if before & stopped:
                self._stopped = True
                self._end()
            before = stopped
            if self._process.poll() is not None and all(pipe.silent > LAST_WORDS for pipe in pipes):
                for pipe in pipes:
                    pipe.close()

    async def _exit_status(self) -> int:
        """Wait for the end of the process, not longer than `PATIENCE`."""
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while (status := self._process.poll()) is None:
            if asyncio.get_running_loop().time() > deadline:
                return -signal.SIGKILL
            await asyncio.sleep(0.01)
        return status


def _check(status: int, errors: str) -> None:
    """See how the engine ended.

    Raises:
        UserError: not in order.
    """
    if status == 0:
        return
    last = errors.strip().rpartition("\n")[2]
    try:
        failure = msgspec.json.decode(last, type=Failure)
    except msgspec.DecodeError:
        # A launcher gives the signal that ended the engine as a shell does.
        number = -status if status < 0 else status - 128
        how = signal.strsignal(number) or f"signal {number}" if number > 0 else last or f"status {status}"
        message = f"the engine's process ended unexpectedly: {how}"
        raise UserError(
            message, "start again; if it happens again, please report it", "engine-died"
        ) from None
    raise UserError(failure.message, failure.hint, failure.kind)
