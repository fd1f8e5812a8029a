"""The user's program itself, until it is executed: it becomes the user again, and gets its terminal.

Inside the lab a process of an ordinary user is root of the lab's user namespace. What runs for the user
shall be nobody but the user: in a user namespace of its own, in which it has its usual number and no
capability, and from which it may do on its host what an ordinary user may.
"""

import contextlib
import errno
import os
import pwd
import shutil
import signal
import termios
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from sockviz.commands import SHELL
from sockviz.lab import kernel
from sockviz.process import die_with_parent

TERMINAL: Final = "vt220"
"""TERM: whoever shows the terminal shows what such a one does, which has no colours."""
_LOOKED_AT: Final = 256
"""Bytes at the beginning of a file."""
_SIZES: Final = ("COLUMNS", "LINES")
"""Of the terminal that we run in, if they are exported; the program has another one."""


def environment(more: Mapping[str, str]) -> dict[str, str]:
    """The user's own, as far as it is not about our terminal, and `more`."""
    own = {name: value for name, value in os.environ.items() if name not in _SIZES}
    return own | {"TERM": TERMINAL} | dict(more)


def become_user(keeper: int) -> None:
    """Leave root's number of the lab's user namespace behind for the user's own.

    Raises:
        OSError: the kernel does not let us.
    """
    uid, gid = _outside("uid"), _outside("gid")
    if uid is None or gid is None:
        return  # we are who we were: real root
    inside = os.geteuid(), os.getegid()
    kernel.unshare(kernel.CLONE_NEWUSER)
    with contextlib.suppress(OSError):  # it is denied already
        kernel.write_at_once("/proc/self/setgroups", "deny")
    kernel.write_at_once("/proc/self/uid_map", f"{uid} {inside[0]} 1")
    kernel.write_at_once("/proc/self/gid_map", f"{gid} {inside[1]} 1")
    die_with_parent(keeper)


def user() -> str:
    """The name of who the program is run by, or the number."""
    outside = _outside("uid")
    number = os.geteuid() if outside is None else outside
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def take_terminal(slave: int) -> None:
    """Standard input, output and error are the terminal, and its keys' signals are for us."""
    os.setpgid(0, 0)
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    with contextlib.suppress(OSError, termios.error):
        os.tcsetpgrp(slave, os.getpgrp())
    for fd in (0, 1, 2):
        os.dup2(slave, fd)
    os.close(slave)


def execute(argv: list[str], surroundings: Mapping[str, str], directory: str) -> None:
    """Run the program, with signals as a shell would leave them. Returns only by an exception.

    Raises:
        OSError: it can't be run.
    """
    if directory:
        os.chdir(directory)
    for number in signal.valid_signals():
        with contextlib.suppress(OSError):  # SIGKILL, SIGSTOP
            signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    try:
        os.execvpe(argv[0], argv, dict(surroundings))  # noqa: S606 - that is what it is for
    except OSError as error:
        script = error.errno == errno.ENOEXEC and _is_text(argv[0])
        if not script:
            raise
        # A script that does not say what it is written in: a shell takes it for its own (execvp(3)).
        os.execve(SHELL, [SHELL, *argv], dict(surroundings))  # noqa: S606


def _is_text(program: str) -> bool:
    """Whether a file that the kernel can't execute could be a script."""
    found = shutil.which(program)
    if found is None:
        return False
    with Path(found).open("rb") as file:
        start = file.read(_LOOKED_AT)
    return not start.startswith(b"\x7fELF") and b"\0" not in start


def _outside(kind: str) -> int | None:
    """The number outside of the lab that is root inside; None: the same one, or there is no inside."""
    inside, outside, count = map(int, Path(f"/proc/self/{kind}_map").read_text(encoding="ascii").split()[:3])
    return outside if inside == 0 and count == 1 and outside != 0 else None
