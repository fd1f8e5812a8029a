"""The host process's part in running the user's programs: it makes their keepers, and looks at them.

One for each host. What is seen goes to the engine, which decides what it means.
"""

import os
import socket
from collections.abc import Iterable
from typing import Final

import msgspec

from sockviz.events import ListenerGone, ListenerSampled, SocketRow
from sockviz.guests import keeper, processes
from sockviz.guests.processes import Process
from sockviz.guests.table import GuestTable, Listeners
from sockviz.process import fork_child
from sockviz.programs.messages import RunGuest
from sockviz.sources.clock import Clock

PAUSE: Final = 20_000_000
"""ns between two looks at the processes, in a flood of samples; whose a socket is, is read each time."""


class Look(msgspec.Struct, frozen=True):
    """The host at one moment."""

    began: int
    t: int
    rows: tuple[SocketRow, ...]
    """One for each pair of addresses."""
    listeners: tuple[ListenerSampled | ListenerGone, ...]
    processes: tuple[Process, ...] | None
    """None: as they were, or not looked at."""


class Hosting:
    """The user's programs on this host. Made in the host's network namespace."""

    def __init__(self, host: str, clock: Clock) -> None:
        """Open the tables.

        Raises:
            OSError: the kernel has no sock_diag.
        """
        self._host = host
        self._clock = clock
        self._table = GuestTable(clock)
        self._listeners = Listeners()
        self._blocked = False
        """What threads are blocked in is to be looked at: somebody's calls are not followed."""
        self._apart = os.getppid() != 1
        """Without a PID namespace of the lab each program gets one, to be ended by."""
        self._seen: tuple[Process, ...] = ()
        self._pids: list[int] = []
        self._looked = -PAUSE

    def start(self, order: RunGuest, sock: socket.socket, terminal: int, trace: int | None) -> int:
        """Make a keeper that starts a program; the keeper's pid. The descriptors are closed here.

        Raises:
            OSError: the system allows no more processes.
        """
        self._blocked |= trace is None
        task = keeper.Task(
            name=order.program,
            argv=list(order.argv),
            environment=order.environment,
            directory=order.directory,
            terminal=terminal,
            size=(order.columns, order.rows),
            trace=trace,
            apart=self._apart,
        )
        passed = [terminal, *([trace] if trace is not None else [])]
        try:
            return fork_child(
                lambda: keeper.run(sock, task, self._clock), name="keeper", keep=[sock.fileno(), *passed]
            )
        finally:
            for fd in passed:
                os.close(fd)

    def look(self, *, blocked: bool) -> Look:
        """Read the tables and the processes; with `blocked` what all of their threads are blocked in."""
        again = self._clock.now() - self._looked >= PAUSE
        if again:
            self._pids = processes.below(os.getpid())
        owners = processes.owners(self._pids)
        snapshot = self._table.sample(owners)
        listeners = self._listeners.differences(self._host, snapshot.t, snapshot.rows, owners)
        found = None
        if again:
            self._looked = snapshot.t
            now = processes.look(self._pids, threads=blocked or self._blocked)
            if now != self._seen:
                found = self._seen = now
        return Look(snapshot.began, snapshot.t, _one_each(snapshot.rows), tuple(listeners), found)


def _one_each(rows: Iterable[SocketRow]) -> tuple[SocketRow, ...]:
    """Of those with one pair of addresses (SO_REUSEPORT) the oldest."""
    found: dict[tuple[str, str, str], SocketRow] = {}
    for row in sorted(rows, key=lambda row: row.inode or 0):
        found.setdefault((row.local, row.remote, row.protocol), row)
    return tuple(found.values())
