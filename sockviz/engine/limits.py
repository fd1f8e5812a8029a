"""How many a listener's queues hold on this kernel: measured, since kernels differ.

In a network namespace of its own, which only `lo` is in and which goes with the process that made it: so the
run's own hosts, counters and packets know nothing of it, and nothing on the machine changes. (The kernel's
log gets one line, as from any SYN queue that is full.)

The accept queue is filled by clients that nobody accepts. The SYN queue is filled by clients too: with
TCP_DEFER_ACCEPT a connection stays half-open until data comes.
"""

import contextlib
import fcntl
import os
import select
import signal
import socket
import struct
import time
from collections.abc import Iterable
from typing import Final, Literal, TypeAlias

import msgspec

from sockviz.events import Limit
from sockviz.lab import kernel, namespaces
from sockviz.process import die_with_parent, set_thread_name
from sockviz.sources import counters, sysctls

Queue: TypeAlias = Literal["accept", "syn"]

BACKLOGS: Final = (0, 1, 2, 5)
"""What the accept queue is measured with."""
LARGEST: Final = 16
"""The run's own backlog is measured too, up to this."""

_MORE: Final = 8
"""A queue may hold so many more than listen() was called with; one that holds yet more is not understood."""
_PATIENCE: Final = 2.0
"""Seconds for all of it; it takes about ten milliseconds."""
_LONGEST: Final = 1 << 16
_COOKIES: Final = "net.ipv4.tcp_syncookies"
_SIOCSIFFLAGS: Final = 0x8914
_IFF_UP: Final = 0x1
_ESTABLISHED: Final = 1
_HOST: Final = "127.0.0.1"


class Probing:
    """Measures in a process of its own, started by making this object. Fork with one thread only."""

    def __init__(self, backlog: int) -> None:
        """`backlog` is the run's."""
        self._read, write = os.pipe()
        parent = os.getpid()
        self._child = os.fork()
        if self._child:
            os.close(write)
            return
        with contextlib.suppress(BaseException):
            die_with_parent(parent)
            set_thread_name("sockviz limits")
            os.write(write, msgspec.json.encode(_measure_apart(backlog)))
        os._exit(0)

    def result(self) -> tuple[Limit, ...]:
        """Wait for what was measured; nothing where that is not possible."""
        ready, _, _ = select.select([self._read], [], [], _PATIENCE)
        found = os.read(self._read, _LONGEST) if ready else b""
        os.close(self._read)
        os.kill(self._child, signal.SIGKILL)
        os.waitpid(self._child, 0)
        return msgspec.json.decode(found, type=tuple[Limit, ...]) if found else ()


def _measure_apart(backlog: int) -> list[Limit]:
    """Go into a new network namespace, and measure there.

    Raises:
        OSError: not allowed (unshare).
        UserError: not allowed (user namespaces).
    """
    try:
        kernel.unshare(kernel.CLONE_NEWNET)
    except PermissionError:
        namespaces.unshare_user()
        kernel.unshare(kernel.CLONE_NEWNET)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", _IFF_UP))
    own = (backlog,) if 0 <= backlog <= LARGEST else ()
    found = [*_limits("accept", sorted({*BACKLOGS, *own}))]
    with contextlib.suppress(OSError):  # /proc/sys may be read-only
        sysctls.write(_COOKIES, "0")
        found += _limits("syn", own or BACKLOGS[-1:])
    return found


def _limits(queue: Queue, backlogs: Iterable[int]) -> Iterable[Limit]:
    for backlog in backlogs:
        capacity = _fill(queue, backlog)
        if capacity is not None:
            yield Limit(queue=queue, backlog=backlog, capacity=capacity)


def _fill(queue: Queue, backlog: int) -> int | None:
    """How many clients get in before the kernel drops a SYN; None: it dropped none."""
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(socket.socket())
        server.bind((_HOST, 0))
        if queue == "syn":
            server.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 60)
        server.listen(backlog)
        dropped = _dropped()
        for number in range(backlog + _MORE):
            client = stack.enter_context(socket.socket())
            client.setblocking(False)  # noqa: FBT003 - the signature is the standard library's
            client.connect_ex(server.getsockname())
            if not _gets_in(client, dropped):
                return number
    return None


def _gets_in(client: socket.socket, dropped: int) -> bool:
    """Whether a client that has sent its SYN is connected; no: the kernel counts one more that it dropped.

    Raises:
        TimeoutError: neither.
    """
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        if client.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == _ESTABLISHED:
            return True
        if _dropped() > dropped:
            return False
    raise TimeoutError


def _dropped() -> int:
    return counters.read().get("ListenDrops", 0)
