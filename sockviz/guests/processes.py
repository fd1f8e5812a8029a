"""What proc says of the programs on a host: which processes there are, what blocks them, whose a socket is.

Only looks. A process may end at any moment, so whatever can't be read is left out.
"""

import contextlib
import os
import re
from collections.abc import Iterable
from typing import Final

import msgspec

from sockviz.events import Owner
from sockviz.guests import blocked

COMMAND_SHOWN: Final = 256
"""Characters of a command."""
MOST_THREADS: Final = 64
"""Of a process."""
MOST: Final = 1024
"""Processes."""

_LONGEST: Final = 1 << 16
"""Bytes of a file of proc that are looked at."""
_SOCKET: Final = re.compile(r"socket:\[(\d{1,20})\]", re.ASCII)


class Thread(msgspec.Struct, frozen=True):
    """A thread that is blocked in a call."""

    thread: str
    """`main`, `thread 2` …"""
    name: str
    fd: int | None = None
    args: str = ""


class Process(msgspec.Struct, frozen=True):
    """A process."""

    pid: int
    parent: int
    command: str
    """Empty: it is ending."""
    threads: tuple[Thread, ...] = ()
    """Those that are blocked in a call, as far as that was asked for."""
    status: int | None = None
    """It has ended so, and its parent has not been told: exit status, or minus the signal."""
    zombie: bool = False
    """It has ended."""


def below(pid: int) -> list[int]:
    """The processes below one, parents before children; none where the kernel does not list children."""
    found: dict[int, None] = {}
    new = [pid]
    while new and len(found) < MOST:
        parent = new.pop(0)
        for task in _listed(f"/proc/{parent}/task"):
            children = _read(f"/proc/{parent}/task/{task}/children")
            more = [int(child) for child in children.split() if int(child) not in found]
            found.update(dict.fromkeys(more))
            new += more
    return list(found)


def look(pids: Iterable[int], *, threads: bool) -> tuple[Process, ...]:
    """The processes as they are now; with `threads` also what their threads are blocked in."""
    found = (_process(pid, threads=threads) for pid in pids)
    return tuple(one for one in found if one is not None)


def _process(pid: int, *, threads: bool) -> Process | None:
    _, _, after = _read(f"/proc/{pid}/stat").rpartition(")")
    fields = after.split()
    if len(fields) < 2:  # noqa: PLR2004 - state and parent
        return None
    zombie = fields[0] in {"Z", "X"}
    command = _read(f"/proc/{pid}/cmdline").strip("\0").replace("\0", " ")
    return Process(
        pid,
        int(fields[1]),
        command[:COMMAND_SHOWN],
        _threads(pid) if threads and not zombie else (),
        _status(fields) if zombie else None,
        zombie,
    )


def _status(fields: list[str]) -> int | None:
    """The last field of stat (proc(5)), `exit_code`, which only those see who might trace the process."""
    with contextlib.suppress(ValueError, IndexError):
        if code := int(fields[49]):
            return os.waitstatus_to_exitcode(code)
    return None


def _threads(pid: int) -> tuple[Thread, ...]:
    found = []
    for number, task in enumerate(sorted(map(int, _listed(f"/proc/{pid}/task")))[:MOST_THREADS]):
        call = blocked.decode(_read(f"/proc/{pid}/task/{task}/syscall"))
        if call is None:
            call = blocked.of_kernel(_read(f"/proc/{pid}/task/{task}/wchan"))
        if call is not None:
            found.append(Thread("main" if number == 0 else f"thread {number + 1}", *call))
    return tuple(found)


def whose(thread: int) -> tuple[int, int] | None:
    """The process that a thread is of, and that one's parent; None: it has ended."""
    status = dict(
        line.split(":\t", 1) for line in _read(f"/proc/{thread}/status").splitlines() if ":\t" in line
    )
    try:
        return int(status["Tgid"]), int(status["PPid"])
    except (KeyError, ValueError):
        return None


def state(pid: int) -> str:
    """Its state as in stat (proc_pid_stat(5)): `S`, `T` (stopped), `Z` …; empty: it has ended."""
    return _read(f"/proc/{pid}/stat").rpartition(")")[2].strip()[:1]


def group(pid: int) -> int:
    """Its process group; -1: it has ended."""
    try:
        return os.getpgid(pid)
    except OSError:
        return -1


def handles(pid: int, number: int) -> bool:
    """Whether a process has a handler of its own for a signal (proc_pid_status(5): SigCgt)."""
    for line in _read(f"/proc/{pid}/status").splitlines():
        if line.startswith("SigCgt:"):
            return bool(int(line.partition(":")[2], 16) >> (number - 1) & 1)
    return False


def owners(pids: Iterable[int]) -> dict[int, list[Owner]]:
    """Inode of a socket → the descriptors that stand for it, in the order of `pids`."""
    found: dict[int, list[Owner]] = {}
    for pid in pids:
        for fd in sorted(map(int, _listed(f"/proc/{pid}/fd"))):
            with contextlib.suppress(OSError):
                socket = _SOCKET.fullmatch(os.readlink(f"/proc/{pid}/fd/{fd}"))  # noqa: PTH115 - often
                if socket:
                    found.setdefault(int(socket[1]), []).append(Owner(pid=pid, fd=fd))
    return found


def _listed(path: str) -> list[str]:
    try:
        return os.listdir(path)  # noqa: PTH208 - names only, and often
    except OSError:
        return []


def _read(path: str) -> str:
    """A file of proc, whole; without the layers of a file object, since there are many."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return ""
    try:
        return os.read(fd, _LONGEST).decode("utf-8", "replace")
    except OSError:  # ESRCH: it ended meanwhile
        return ""
    finally:
        os.close(fd)
