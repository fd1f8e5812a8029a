"""A tracing instance of our own in tracefs: made, and removed whatever happens.

Owns the directory `instances/sockviz-PID-START`. Nobody else's tracing is touched. It is removed in order; by
a guard, a process that waits for this one's end, if this one is killed; and by the next that makes one, if
the guard was killed as well.
"""

import contextlib
import os
import signal
import time
from pathlib import Path
from typing import Final

from sockviz.lab import kernel
from sockviz.process import set_thread_name

_PLACES: Final = (Path("/sys/kernel/tracing"), Path("/sys/kernel/debug/tracing"))
_PREFIX: Final = "sockviz-"
_TRIES, _PAUSE = 100, 0.05
"""An instance can't be removed while somebody reads it: the killed one's descriptors are closed by and by."""


class Instance:
    """A directory with its own buffers and events."""

    def __init__(self) -> None:
        """Make it. Forks: call it while this process has one thread.

        Raises:
            OSError: this process may not trace, or the kernel has no tracefs.
        """
        tracing = _tracing()
        _remove_left_behind(tracing)
        self.path = tracing / "instances" / f"{_PREFIX}{os.getpid()}-{_started(os.getpid())}"
        # The guard first: there is no moment at which the instance is without one.
        self._guard, self._leash = _start_guard(self.path)
        try:
            self.path.mkdir()
        except OSError:
            self.close()
            raise

    def write(self, name: str, text: str) -> None:
        """Set a file of the instance.

        Raises:
            OSError: the kernel does not take it.
        """
        (self.path / name).write_text(text, encoding="ascii")

    def close(self) -> None:
        """Remove it; what was opened in it must be closed. Twice is fine."""
        if self._guard < 0:
            return
        _remove(self.path)
        os.close(self._leash)
        os.waitpid(self._guard, 0)
        self._guard = -1


def _tracing() -> Path:
    """Where tracefs is; if it is nowhere, it is mounted for this process only.

    Raises:
        OSError: it can't be.
    """
    for place in _PLACES:
        if (place / "instances").is_dir():
            return place
    kernel.unshare(kernel.CLONE_NEWNS)
    kernel.mount("none", "/", None, kernel.MS_REC | kernel.MS_PRIVATE)
    kernel.mount("tracefs", str(_PLACES[0]), "tracefs", 0)
    return _PLACES[0]


def _start_guard(path: Path) -> tuple[int, int]:
    """A process that removes `path` when this one has ended; its pid, and what keeps it waiting."""
    waiting, leash = os.pipe()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    pid = os.fork()
    if pid == 0:
        with contextlib.suppress(BaseException):
            _guard(waiting, path)
        os._exit(0)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    os.close(waiting)
    return pid, leash


def _guard(waiting: int, path: Path) -> None:
    """Signals stay blocked: what ends a group of processes must not end it."""
    os.setsid()
    os.dup2(waiting, 0)
    os.closerange(1, os.sysconf("SC_OPEN_MAX") if os.sysconf("SC_OPEN_MAX") > 0 else 1024)
    set_thread_name("sockviz guard")
    while os.read(0, 1):
        pass
    _remove(path)


def _remove(path: Path) -> None:
    for _ in range(_TRIES):
        try:
            path.rmdir()
        except FileNotFoundError:
            return
        except OSError:
            time.sleep(_PAUSE)
        else:
            return


def _remove_left_behind(tracing: Path) -> None:
    """Those of processes that are no more. One that somebody uses after all can't be removed."""
    for path in (tracing / "instances").glob(f"{_PREFIX}*"):
        pid, _, start = path.name.removeprefix(_PREFIX).partition("-")
        if pid.isdecimal() and (_started(int(pid)) or "gone") != (start or _started(int(pid))):
            with contextlib.suppress(OSError):
                path.rmdir()


def _started(pid: int) -> str:
    """When a process began, in ticks since boot: with its pid, its name; empty: there is none."""
    try:
        # proc_pid_stat(5): field 22; the second one is in parentheses and may contain anything.
        return (
            Path(f"/proc/{pid}/stat")
            .read_text(encoding="utf-8", errors="replace")
            .rpartition(")")[2]
            .split()[19]
        )
    except (OSError, IndexError):
        return ""
