"""Processes of ours that can't outlive us.

A child forked here starts with nothing of its parent but what it is given: no signal handlers, no
descriptors, no terminal. It ends with its parent, whatever kills the parent (PR_SET_PDEATHSIG, prctl(2)).
"""

import contextlib
import ctypes
import gc
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path

from sockviz.errors import UserError

_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15
_IGNORED = (
    signal.SIGINT,
    signal.SIGHUP,
    signal.SIGTSTP,
)  # the terminal's: they are for the parent, which ends us in order

_libc = ctypes.CDLL(None, use_errno=True)


def fork_child(body: Callable[[], None], *, name: str, keep: Iterable[int]) -> int:
    """Run `body` in a child process; return the child's pid at once.

    The child keeps only the descriptors `keep` and standard error, and never returns into the caller's code.
    It ends with status 0 after `body`, 1 (and a traceback on standard error) after an exception. Fork while
    this process has one thread only: a lock that another thread holds stays locked in the child.

    Raises:
        OSError: the system allows no more processes.
    """
    parent = os.getpid()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    pid = -1
    try:
        pid = os.fork()
    finally:
        if pid != 0:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
    if pid:
        return pid
    status = 1
    try:
        _be_alone(parent, name, set(keep))
        body()
        status = 0
    except BaseException:  # noqa: BLE001 - the child has no caller to give it to
        with contextlib.suppress(OSError):
            os.write(2, traceback.format_exc().encode())
    finally:
        os._exit(status)


def succeeds(trial: Callable[[], object]) -> bool:
    """Do what can't be undone in a child that ends at once: whether it was possible (no OSError, UserError).

    Meanwhile this process waits, so a child that somebody stops is continued. Fork with one thread only.

    Raises:
        OSError: the system allows no more processes.
    """
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            die_with_parent(parent)
            set_thread_name("sockviz trial")
            with contextlib.suppress(OSError, UserError):
                trial()
                code = 0
        finally:
            os._exit(code)
    while os.WIFSTOPPED(status := os.waitpid(child, os.WUNTRACED)[1]):
        go_on(child)
    return status == 0


def die_with_parent(parent: int, number: int = signal.SIGKILL) -> None:
    """Have the kernel send `number` to this process when the thread that forked it ends.

    It ends at once if that has happened already.
    `parent` is the parent's pid in its PID namespace. Not inherited by fork, and cleared by a change of
    credentials: to be repeated after one.
    """
    _libc.prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0)
    # 0: the parent is outside our PID namespace; then the end of our control socket tells.
    if os.getppid() not in {parent, 0}:
        os._exit(1)


def signals_to_end() -> list[signal.Signals]:
    """The signals that end a command in order: not SIGHUP where that is to be ignored, as by nohup(1)."""
    return [
        number
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN
    ]


def end_on_crash() -> None:
    """From now on a thread that fails ends this process, which is reported; half of one would only puzzle."""
    threading.excepthook = _end


def _end(problem: threading.ExceptHookArgs) -> None:
    sys.excepthook(problem.exc_type, problem.exc_value or RuntimeError(), problem.exc_traceback)
    with contextlib.suppress(OSError):
        sys.stderr.flush()
    os._exit(1)


def is_stopped(pid: int) -> bool:
    """Whether somebody stopped a process (SIGSTOP), and not a tracer; False where that can't be seen."""
    return _stat(pid)[:1] == ["T"]


def children(pid: int) -> list[int]:
    """The processes that the first thread of `pid` started; none where that can't be seen."""
    try:
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_bytes().split()]
    except OSError:
        return []


def go_on(pid: int) -> None:
    """Continue a process that somebody may have stopped: it can't end in order otherwise."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal.SIGCONT)


def is_job() -> bool:
    """Whether a shell with job control has started this process, and so continues it if it stops.

    Its process group has a parent outside of it then, in the same session (setpgid(2): it is no orphan).
    """
    group, session, pid = os.getpgrp(), os.getsid(0), os.getppid()
    while stat := _stat(pid):
        pid, its_group, its_session = map(int, stat[1:4])
        if its_group != group:
            return its_session == session
    return False


def _stat(pid: int) -> list[str]:
    """What follows a process's name in its `stat` (proc(5)); nothing if it is gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return []
    return text.rpartition(b")")[2].decode("ascii").split()


def set_thread_name(name: str) -> None:
    """Name the calling thread (the first: the process) in what `ps -L` and `ss -p` show; at most 15 bytes."""
    _libc.prctl(_PR_SET_NAME, name.encode()[:15], 0, 0, 0)


def _be_alone(parent: int, name: str, keep: set[int]) -> None:
    """Drop what was inherited. Signals are blocked until the parent's handlers are gone."""
    die_with_parent(parent)
    # The parent's objects stay referenced and never closed: their descriptors' numbers will be others' here.
    gc.freeze()
    signal.set_wakeup_fd(-1)
    for number in signal.valid_signals():
        if callable(signal.getsignal(number)):
            signal.signal(number, signal.SIG_DFL)
    for number in _IGNORED:
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    _keep_open(keep)
    set_thread_name(name)


def _keep_open(keep: set[int]) -> None:
    """Close all descriptors but these and standard error; input and output are nothing, unless they are kept.

    There may be as many as are allowed: none is opened before some are closed.
    """
    standard = {0, 1} - keep
    for fd in standard:
        _close(fd)
    for fd in [int(path.name) for path in Path("/proc/self/fd").iterdir()]:
        if fd not in keep | {2}:
            _close(fd)
    for _ in standard:
        os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # noqa: FBT003 - the lowest number that is free


def _close(fd: int) -> None:
    with contextlib.suppress(OSError):  # it may be closed already, as the one of the listing is
        os.close(fd)


def give_way(nice: int) -> None:
    """Let others have the processors first: this process gets the share that `nice` gives (sched(7)).

    Where sessions share the processors equally, whatever their processes do (sched_autogroup_enabled), a
    session of our own gets that share, too.
    """
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, nice)
        if os.getsid(0) == os.getpid():
            Path("/proc/self/autogroup").write_text(str(nice), encoding="ascii")
