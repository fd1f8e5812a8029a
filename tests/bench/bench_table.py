"""One look at a listener's sockets among many others: beside `ss -tan` and `psutil.net_connections`.

In a network namespace of its own, whose hash of connections is as large as this machine's: a listener with 10
connections, and 10, 1,000 or 10,000 other sockets; then 10,000 connections of the listener itself. A look of
ours is one of `sockviz watch`: the listeners' queues, and what changed of the connections of one of them; it
looks again and again. Processor time counts, the kernel's share too; of `ss` with its start, since that is
how it is used.
"""

import fcntl
import os
import resource
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

import psutil
from figures import Row, Skip, at_least, at_most, by_turns, compare

from sockviz.lab import kernel
from sockviz.sources.clock import Clock
from sockviz.sources.watch.dump import Dump
from sockviz.sources.watch.listeners import Listeners
from sockviz.sources.watch.rows import Rows

FEW: Final = 10
"""Connections of the listener."""
SIZES: Final = (10, 1_000, 10_000)
"""Other sockets."""
MOST: Final = SIZES[-1]
REPEAT: Final = 5
"""Looks of ours for each of theirs: they are short."""
FIRST_PORT: Final = 10_000
"""Of the clients: the kernel would choose one again that it does not know to be in use."""
FORBIDDEN: Final = 77
"""Exit status: a namespace can't be made."""
_SIOCSIFFLAGS: Final = 0x8914
_IFF_UP: Final = 0x1
_TCP_REPAIR: Final = 19


def rows(*, quick: bool) -> Iterator[Row]:
    """Each size in a process of its own, which enters the namespace."""
    rounds = 3 if quick else 9
    for others in SIZES:
        ss, theirs = measured(others, FEW, rounds)
        last = others == MOST
        what = f"a listener with {FEW} connections among {others:,} others"
        limits = (at_least(20), at_least(100)) if last else (None, None)
        yield compare(what, "ms", "ss -tan", ss, limits[0], faster=True, short=last)
        yield compare(what, "ms", "psutil.net_connections", theirs, limits[1], faster=True, short=last)
    ss, _ = measured(0, MOST, rounds)
    yield compare(f"a listener with {MOST:,} connections", "ms", "ss -tan", ss, at_most(1), short=True)


def measured(
    others: int, own: int, rounds: int
) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """Pairs with `ss`, and with psutil, in ms."""
    command = [sys.executable, __file__, str(others), str(own), str(rounds)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode == FORBIDDEN:
        raise Skip("no network namespace can be made here")
    if done.returncode:
        raise RuntimeError(done.stderr.strip().splitlines()[-1])
    found = [tuple(map(float, line.split())) for line in done.stdout.splitlines()]
    return [(one[0], one[1]) for one in found], [(one[0], one[2]) for one in found]


# in the namespace


def measure(others: int, own: int, rounds: int) -> None:
    """Print ours, ss and psutil, ms, a line a round."""
    with suppress(OSError):
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    try:
        kernel.unshare(kernel.CLONE_NEWNET | (kernel.CLONE_NEWUSER if os.geteuid() else 0))
    except PermissionError:
        sys.exit(FORBIDDEN)
    with socket.socket() as sock:
        fcntl.ioctl(sock, _SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", _IFF_UP))
    crowd, _ = connected(others)
    watched, port = connected(own)
    clock = Clock()
    with Dump() as dump:
        listeners, connections = Listeners(dump, "this", lambda _: ()), Rows(dump, lambda _: (None, None))
        connections.watch({port})

        def ours() -> float:
            began = time.process_time()
            for _ in range(REPEAT):
                listeners.read(clock.now)
                connections.read(clock.now, resent=False)
            took = (time.process_time() - began) / REPEAT * 1e3
            assert len(connections) == own
            return took

        ours()  # tells of all; from now on of what changed

        for round_ in by_turns(rounds, ours, with_ss, with_psutil):
            print(*round_)
    del crowd, watched


def connected(count: int) -> tuple[list[socket.socket], int]:
    """A listener, and its ends of `count` connections whose other ends are gone without a word; its port."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    held = [listener]
    for port in range(FIRST_PORT, FIRST_PORT + count):
        with socket.create_connection(listener.getsockname(), source_address=("127.0.0.2", port)) as client:
            held.append(listener.accept()[0])
            client.setsockopt(socket.IPPROTO_TCP, _TCP_REPAIR, 1)  # close() sends nothing then (tcp_close())
    return held, listener.getsockname()[1]


def with_ss() -> float:
    """ms of a whole `ss -tan`."""
    child = subprocess.Popen(["ss", "-tan"], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = status
    assert status == 0
    return (usage.ru_utime + usage.ru_stime) * 1e3


def with_psutil() -> float:
    """ms of psutil in a process that runs already."""
    began = time.process_time()
    psutil.net_connections("tcp")
    return (time.process_time() - began) * 1e3


if __name__ == "__main__":
    measure(*map(int, sys.argv[1:]))
