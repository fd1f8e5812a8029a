"""The system calls that Python 3.11 does not wrap: unshare, setns, mount; and how files of proc are written.

Nothing but the calls: each raises OSError with the kernel's errno, as the `os` module's do. What to call in
which order, and what an error means to the user, is decided in `sockviz.lab.namespaces`.
"""

import ctypes
import os
from typing import Any

CLONE_NEWNS = 0x0002_0000
CLONE_NEWUSER = 0x1000_0000
CLONE_NEWPID = 0x2000_0000
CLONE_NEWNET = 0x4000_0000

MS_NOSUID = 0x2
MS_NODEV = 0x4
MS_NOEXEC = 0x8
MS_REC = 0x4000
MS_PRIVATE = 0x4_0000

_libc = ctypes.CDLL(None, use_errno=True)


def _call(name: str, *arguments: Any) -> None:
    """Call a libc function that returns 0, or -1 and sets errno."""
    if getattr(_libc, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def unshare(flags: int) -> None:
    """Move the calling process into new namespaces (unshare(2)).

    CLONE_NEWPID takes effect for its next children.
    """
    _call("unshare", ctypes.c_int(flags))


def setns(fd: int, kind: int) -> None:
    """Join the namespace of type `kind` that `fd`, an open `/proc/<pid>/ns/*`, refers to (setns(2))."""
    _call("setns", ctypes.c_int(fd), ctypes.c_int(kind))


def mount(source: str, target: str, filesystem: str | None, flags: int) -> None:
    """Mount (mount(2)) without data; `filesystem` is None where the flags need none."""
    kind = None if filesystem is None else filesystem.encode()
    _call("mount", source.encode(), target.encode(), kind, ctypes.c_ulong(flags), None)


def write_at_once(path: str, text: str) -> None:
    """Write a file of proc in one write(2), as the kernel asks for."""
    fd = os.open(path, os.O_WRONLY)
    try:
        os.write(fd, text.encode())
    finally:
        os.close(fd)
