"""How many a queue holds: as measured on the run's kernel, and as its settings have it. Pure."""

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

from sockviz.events import Header

Queue: TypeAlias = Literal["accept", "syn"]

_COOKIES: Final = "net.ipv4.tcp_syncookies"
MAX_SYN_BACKLOG: Final = "net.ipv4.tcp_max_syn_backlog"


def capacity(header: Header | None, queue: Queue, limit: int | None) -> int | None:
    """How many go into the queue of a listener with this limit; None: it was not measured.

    Where that very limit was not measured it is as many more as with all that were.
    """
    if header is None or limit is None:
        return None
    measured = {one.backlog: one.capacity for one in header.limits if one.queue == queue}
    if limit in measured:
        return measured[limit]
    more = {capacity - backlog for backlog, capacity in measured.items()}
    return limit + more.pop() if len(more) == 1 else None


def strangers(sysctls: Mapping[str, str]) -> int | None:
    """How many half-open connections a kernel without SYN cookies allows to peers that it does not know.

    It keeps the last quarter of `tcp_max_syn_backlog` for those that it does (tcp_conn_request() in
    net/ipv4/tcp_input.c). None: it has cookies, or nobody knows.
    """
    most = sysctls.get(MAX_SYN_BACKLOG, "")
    if sysctls.get(_COOKIES) != "0" or not most.isdecimal():
        return None
    return int(most) - int(most) // 4 + 1
