"""What a thread is blocked in, as proc tells it (proc(5): `syscall`, `wchan`). Pure.

The numbers of system calls are the machine's. Where they are not known there is still the function of the
kernel that the thread sleeps in.
"""

import os
from collections.abc import Mapping
from typing import Final, TypeAlias

Call: TypeAlias = tuple[str, int | None, str]
"""Name, descriptor, arguments."""

_X86_64: Final[Mapping[int, str]] = {
    0: "read",
    1: "write",
    7: "poll",
    19: "readv",
    20: "writev",
    23: "select",
    34: "pause",
    35: "nanosleep",
    40: "sendfile",
    42: "connect",
    43: "accept",
    44: "sendto",
    45: "recvfrom",
    46: "sendmsg",
    47: "recvmsg",
    61: "wait4",
    130: "rt_sigsuspend",
    202: "futex",
    230: "clock_nanosleep",
    232: "epoll_wait",
    247: "waitid",
    270: "pselect6",
    271: "ppoll",
    281: "epoll_pwait",
    288: "accept4",
    441: "epoll_pwait2",
}
_GENERIC: Final[Mapping[int, str]] = {
    22: "epoll_pwait",
    63: "read",
    64: "write",
    65: "readv",
    66: "writev",
    71: "sendfile",
    72: "pselect6",
    73: "ppoll",
    95: "waitid",
    98: "futex",
    101: "nanosleep",
    115: "clock_nanosleep",
    133: "rt_sigsuspend",
    202: "accept",
    203: "connect",
    206: "sendto",
    207: "recvfrom",
    211: "sendmsg",
    212: "recvmsg",
    242: "accept4",
    260: "wait4",
    441: "epoll_pwait2",
}
"""asm-generic/unistd.h: 64-bit ARM, RISC-V, LoongArch."""
_MACHINES: Final = {
    "x86_64": _X86_64,
    "aarch64": _GENERIC,
    "riscv64": _GENERIC,
    "loongarch64": _GENERIC,
}
_WITH_DESCRIPTOR: Final = frozenset(
    {
        "read", "write", "readv", "writev", "sendfile", "connect", "accept", "accept4", "sendto", "recvfrom",
        "sendmsg", "recvmsg", "epoll_wait", "epoll_pwait", "epoll_pwait2",
    }
)  # fmt: skip
_SLEEPS: Final[Mapping[str, str]] = {
    "inet_csk_accept": "accept",
    "inet_wait_for_connect": "connect",
    "sk_wait_data": "read",
    "sk_stream_wait_memory": "write",
    "ep_poll": "epoll_wait",
    "do_epoll_wait": "epoll_wait",
    "poll_schedule_timeout": "poll",
    "do_sys_poll": "poll",
    "do_poll": "poll",
    "do_select": "select",
    "pipe_read": "read",
    "n_tty_read": "read",
    "do_wait": "wait4",
    "hrtimer_nanosleep": "nanosleep",
    "do_nanosleep": "nanosleep",
    "futex_wait_queue": "futex",
    "futex_wait_queue_me": "futex",
}
"""Functions of the kernel that a thread may sleep in."""


def decode(text: str, machine: str = "") -> Call | None:
    """The call in a line of `/proc/PID/task/TID/syscall`; None: it runs, or nobody knows the call."""
    words = text.split()
    names = _MACHINES.get(machine or os.uname().machine, {})
    if len(words) < 3 or not words[0].isdecimal():  # noqa: PLR2004 - number, stack, instruction
        return None
    name = names.get(int(words[0]))
    if name is None:
        return None
    fd = None
    if name in _WITH_DESCRIPTOR:
        try:
            fd = int(words[1], 16) & 0xFFFF_FFFF
        except ValueError:
            return None
    return name, fd, ""


def of_kernel(wchan: str) -> Call | None:
    """The call that the kernel's function belongs to; None: it runs, or nobody knows."""
    name = _SLEEPS.get(wchan.strip())
    return None if name is None else (name, None, "")
