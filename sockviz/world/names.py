"""Calls that do the same under several names (socket(7), accept(2), recv(2), send(2)). Pure."""

from typing import Final

ALIASES: Final = {
    "accept4": "accept",
    "read": "recv",
    "readv": "recv",
    "recvfrom": "recv",
    "recvmsg": "recv",
    "write": "send",
    "writev": "send",
    "sendto": "send",
    "sendmsg": "send",
    "sendfile": "send",
}
_OF_DATAGRAMS: Final = {
    "read": "recv",
    "readv": "recv",
    "recvmsg": "recvfrom",
    "write": "send",
    "writev": "send",
    "sendmsg": "sendto",
}


WAITING: Final = frozenset(
    {
        "poll", "ppoll", "select", "pselect6", "epoll_wait", "epoll_pwait", "epoll_pwait2", "pause", "wait4",
        "waitid", "nanosleep", "clock_nanosleep", "rt_sigsuspend", "futex",
    }
)  # fmt: skip
"""Calls that do nothing but wait: for several descriptors, for a time, for a signal, for a child."""


def canonical(name: str, *, datagram: bool = False) -> str:
    """What a call is, by the name that our own programs use for it."""
    return (_OF_DATAGRAMS if datagram else ALIASES).get(name, name)
