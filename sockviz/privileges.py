"""Giving up what a process of ours does not need any more: capabilities (capabilities(7)), for good.

Everything that sockviz does needs rights only to begin: namespaces, packet sockets. Who has begun keeps what
it was told to keep and nothing else, and neither it nor what it starts can get anything back: not by a
set-user-ID program (no_new_privs), not as root (the bounding set).
"""

import contextlib
import ctypes
import errno
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

DAC_READ_SEARCH: Final = 2
"""CAP_DAC_READ_SEARCH: to read files of others."""
NET_BIND_SERVICE: Final = 10
"""CAP_NET_BIND_SERVICE: ports below 1024."""
NET_ADMIN: Final = 12
"""CAP_NET_ADMIN: the settings of a network namespace."""
NET_RAW: Final = 13
"""CAP_NET_RAW: raw and packet sockets."""
SYS_PTRACE: Final = 19
"""CAP_SYS_PTRACE: to see which descriptors processes of others have."""

_LAST: Final = 40
"""CAP_CHECKPOINT_RESTORE, since Linux 5.9, where the kernel does not say which is the last."""
_VERSION: Final = 0x2008_0522
"""_LINUX_CAPABILITY_VERSION_3: two words of 32 bits each."""

_PR_CAPBSET_DROP: Final = 24
_PR_SET_NO_NEW_PRIVS: Final = 38
_PR_CAP_AMBIENT: Final = 47
_PR_CAP_AMBIENT_CLEAR_ALL: Final = 4

_libc = ctypes.CDLL(None, use_errno=True)


class _Word(ctypes.Structure):
    """`struct __user_cap_data_struct`."""

    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


def drop(keep: Iterable[int] = ()) -> None:
    """Keep, of the capabilities that the calling thread has, only `keep`.

    Holds for this thread, and for threads and processes that it starts from now on: call it while there is
    one thread.

    Raises:
        OSError: the kernel refused; then the process must not go on as if it had been done.
    """
    wanted = sum(1 << number for number in set(keep))
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    for number in range(_last() + 1):
        if not wanted >> number & 1:
            # Without CAP_SETPCAP, as an ordinary user, it stays: no_new_privs makes up for that.
            with contextlib.suppress(PermissionError):
                _prctl(_PR_CAPBSET_DROP, number)
    with contextlib.suppress(OSError):  # before Linux 4.3 there were no ambient ones
        _prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL)
    _keep(wanted)


def has(number: int) -> bool:
    """Whether this process has a capability now."""
    with contextlib.suppress(OSError, ValueError):
        for line in Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("CapEff:"):
                return bool(int(line.split()[1], 16) >> number & 1)
    return False


def _keep(wanted: int) -> None:
    header, words = (ctypes.c_uint32 * 2)(_VERSION, 0), (_Word * 2)()
    _check(_libc.capget(header, words))
    for place, word in enumerate(words):
        part = wanted >> 32 * place & 0xFFFF_FFFF
        word.permitted &= part
        word.effective = word.permitted
        word.inheritable = 0
    _check(_libc.capset(header, words))


def _last() -> int:
    try:
        return int(Path("/proc/sys/kernel/cap_last_cap").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return _LAST


def _prctl(option: int, argument: int) -> None:
    unused = ctypes.c_ulong(0)
    result = _libc.prctl(option, ctypes.c_ulong(argument), unused, unused, unused)
    if result != 0 and ctypes.get_errno() != errno.EINVAL:  # EINVAL: this kernel knows no such capability
        _check(result)


def _check(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
