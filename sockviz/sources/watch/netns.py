"""Into another network namespace: that of a process, or one that has a name (ip-netns(8))."""

import errno
import os
from pathlib import Path
from typing import Final

from sockviz.errors import UserError
from sockviz.lab import kernel

_NAMED: Final = Path("/run/netns")
_ALSO_NAMED: Final = Path("/var/run/netns")


def enter(which: str) -> None:
    """Look at the network of `which` (a pid, or a name) from now on. Call it while there is one thread.

    A container's network may belong to a user namespace that is ours: then that is entered first.

    Raises:
        UserError: kind `no-netns`: there is none, or this process may not.
    """
    path = _find(which)
    try:
        _join(path, kernel.CLONE_NEWNET)
    except PermissionError as error:
        if not _enter_with_user(which, path):
            raise _refused(which) from error
    except OSError as error:
        raise UserError(f"{path} can't be entered: {error.strerror}", kind="no-netns") from error


def _find(which: str) -> Path:
    if which.isdecimal():
        path = Path(f"/proc/{which}/ns/net")
        if not Path(f"/proc/{which}").is_dir():
            raise UserError(f"there is no process {which}", "see ps -e", kind="no-netns")
        return path
    for directory in (_NAMED, _ALSO_NAMED):
        if (directory / which).exists():
            return directory / which
    raise UserError(
        f"there is no network namespace {which}", "see ip netns, or give a process's id", kind="no-netns"
    )


def _join(path: Path, kind: int) -> None:
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        kernel.setns(fd, kind)
    finally:
        os.close(fd)


def _enter_with_user(which: str, path: Path) -> bool:
    """As an ordinary user, into a namespace of one's own making (unshare -Ur, rootless containers)."""
    if not which.isdecimal():
        return False
    try:
        _join(path.with_name("user"), kernel.CLONE_NEWUSER)
        _join(path, kernel.CLONE_NEWNET)
    except OSError as error:
        if error.errno not in {errno.EPERM, errno.EACCES, errno.EINVAL}:
            raise
        return False
    return True


def _refused(which: str) -> UserError:
    return UserError(
        f"this process may not enter the network namespace of {which}",
        f"as root: sudo sockviz watch --netns {which}",
        kind="no-netns",
    )
