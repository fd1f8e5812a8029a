"""A thread of a toy program: does the jobs that it is handed in their order, and can be interrupted in one.

Interrupting is a signal whose handler does nothing and that does not restart the call (signal(7)): a blocked
call returns EINTR. The signal may come before the call is entered; it is repeated until the job is done.

This module moves jobs; what a job is, `sockviz.programs.puppet` knows.
"""

import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Final, Generic, Protocol, TypeVar

from sockviz.process import set_thread_name

SIGNAL: Final = signal.SIGUSR1
_FIRST_PAUSE: Final = 0.0005
_LONGEST_PAUSE: Final = 0.02
_PATIENCE: Final = 5.0
"""Seconds. No call of ours survives a signal that long; a bound all the same."""


class Job(Protocol):
    """What a worker does. It is told apart by identity."""

    @property
    def descriptor(self) -> object:
        """What `interrupt` and `forget` name it by."""


AJob = TypeVar("AJob", bound=Job)


def install_handler() -> None:
    """Have `SIGNAL` interrupt blocked calls of this process. To be called in its first thread."""
    signal.signal(SIGNAL, lambda _number, _frame: None)
    signal.siginterrupt(SIGNAL, True)  # noqa: FBT003 - the signature is the standard library's


class Worker(Generic[AJob]):
    """A thread named `name` that calls `perform` for each job in turn."""

    def __init__(self, name: str, perform: Callable[[AJob, str], None]) -> None:
        self.name = name
        self._perform = perform
        self._jobs: deque[AJob | None] = deque()
        self._busy: AJob | None = None
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    @property
    def idle(self) -> bool:
        """Whether it has nothing to do."""
        with self._changed:
            return self._busy is None and not self._jobs

    def put(self, job: AJob) -> None:
        """Hand over a job."""
        self._append(job)

    def finish(self) -> None:
        """End the thread after the jobs that it has."""
        self._append(None)

    def forget(self, descriptor: object) -> Iterable[AJob]:
        """Take back the jobs on `descriptor` that were not begun."""
        with self._changed:
            forgotten = [job for job in self._jobs if job and job.descriptor is descriptor]
            self._jobs = deque(job for job in self._jobs if job is None or job.descriptor is not descriptor)
        return forgotten

    def interrupt(self, descriptor: object) -> AJob | None:
        """Interrupt the job on `descriptor`, if that is the one being done, and wait until it is over.

        Returns:
            The job; None: it was doing another, or nothing.

        Raises:
            TimeoutError: the call did not return.
        """
        pause = _FIRST_PAUSE
        end = time.monotonic() + _PATIENCE
        with self._changed:
            job = self._busy
            if job is None or job.descriptor is not descriptor:
                return None
            # While the lock is held the worker can't get from this job into its next: no other call is hit.
            while self._busy is job:
                if time.monotonic() > end:
                    raise TimeoutError
                signal.pthread_kill(self._thread.ident or 0, SIGNAL)
                self._changed.wait(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
        return job

    def _append(self, job: AJob | None) -> None:
        with self._changed:
            self._jobs.append(job)
            self._changed.notify_all()

    def _run(self) -> None:
        set_thread_name(self.name)
        while job := self._next():
            try:
                self._perform(job, self.name)
            finally:
                with self._changed:
                    self._busy = None
                    self._changed.notify_all()

    def _next(self) -> AJob | None:
        with self._changed:
            self._changed.wait_for(lambda: self._jobs)
            self._busy = self._jobs.popleft()
            return self._busy
