"""Writes a recording: JSON lines as they happen. Imports nothing but the events.

Each batch of events goes to the kernel at once, in one write and unbuffered: a killed process loses only
what it had not been given yet, and there is no timer to forget.
"""

import os
import stat
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

from sockviz.errors import UserError
from sockviz.events import AnyEvent, encode


class Writer:
    """A recording that is being made. A file that nothing was written to does not stay behind."""

    def __init__(self, path: Path) -> None:
        """Open `path` for writing; what it holds is replaced by the first event, not before.

        Raises:
            UserError: it can't be written.
        """
        self.path = path
        self._created = not path.exists()
        self._empty = True
        try:
            # Non-blocking: a FIFO that nobody reads is an error now, not a program that hangs.
            self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK, 0o666)
        except (OSError, ValueError) as error:
            raise _cannot_write(path, error) from error
        os.set_blocking(self._fd, True)

    def write(self, events: Iterable[AnyEvent]) -> None:
        """Append events; when it returns the kernel has them.

        Raises:
            UserError: the disk is full, or the like. The recording ends there.
        """
        lines = b"".join(map(encode, events))
        try:
            if self._empty and lines:
                self._empty = False
                if stat.S_ISREG(os.fstat(self._fd).st_mode):
                    os.ftruncate(self._fd, 0)
            while lines:
                lines = lines[os.write(self._fd, lines) :]
        except OSError as error:
            raise _cannot_write(self.path, error) from error

    def close(self) -> None:
        """No more events. Does nothing the second time."""
        if self._fd < 0:
            return
        os.close(self._fd)
        self._fd = -1
        if self._empty and self._created:
            self.path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()


def _cannot_write(path: Path, error: OSError | ValueError) -> UserError:
    reason = error.strerror or str(error) if isinstance(error, OSError) else str(error)
    return UserError(
        f"can't write the recording {path}: {reason}",
        "choose another file with --record FILE",
        kind="unwritable",
    )
