"""Who has a socket: which processes, with which descriptor, by the inode.

psutil's own table of connections reads the whole of the kernel's table and every descriptor of every process,
each time: here only what is new is looked at. Processes and their names are psutil's; their descriptors are
read from proc, of other users' processes only as root (or with CAP_SYS_PTRACE).
"""

import os
import re
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import Final

import psutil

from sockviz.events import Owner, ProcessFound

_SOCKET: Final = re.compile(r"socket:\[([0-9]+)\]", re.ASCII)
_AGAIN: Final = (0, 500_000_000, 2_000_000_000, 10_000_000_000)
"""ns; after how long all processes are searched again for an inode that none was found to have."""
_MISSES: Final = 2
"""So often a connection is looked for where its listener's owners are, before all processes are searched."""
_PAUSE: Final = 2_000_000_000
"""ns between two such searches."""
_CHECKED: Final = 16
"""Owners of connections that are looked at again with each reading: a descriptor may have been handed on."""


class _Process:
    """One process's sockets, as far as looked at."""

    def __init__(self, pid: int) -> None:
        self._directory = f"/proc/{pid}/fd"
        self.sockets: dict[int, int] = {}
        """Descriptor → inode."""

    def look(self, live: Callable[[int], bool]) -> bool:
        """Read the descriptors but those of sockets that are known and live; False: it may not be seen."""
        try:
            names = os.listdir(self._directory)  # noqa: PTH208 - a fraction of its price
        except OSError:
            return False
        now = {int(name) for name in names}
        self.sockets = {fd: inode for fd, inode in self.sockets.items() if fd in now and live(inode)}
        for fd in now - self.sockets.keys():
            if inode := self.inode(fd):
                self.sockets[fd] = inode
        return True

    def inode(self, fd: int) -> int:
        """The socket behind a descriptor; 0: none."""
        try:
            match = _SOCKET.fullmatch(os.readlink(f"{self._directory}/{fd}"))  # noqa: PTH115 - as above
        except OSError:
            return 0
        return int(match[1]) if match else 0


class Owners:
    """Owners of listening sockets and of their connections."""

    def __init__(self, host: str) -> None:
        """`host` is the name in the events."""
        self._host = host
        self._processes: dict[int, _Process] = {}
        """Those that have a listening socket, and their children."""
        self._listeners: dict[int, tuple[Owner, ...]] = {}
        """Inode → who has it."""
        self._tried: dict[int, tuple[int, int]] = {}
        """Inode → how often all processes were searched for it, and when next (ns)."""
        self._connections: dict[int, tuple[int, int]] = {}
        """Inode → (pid, fd)."""
        self._missed: dict[int, int] = {}
        """Inode → how often it was not found where it should be."""
        self._searched = -_PAUSE
        self._named: set[int] = set()
        self._place = 0

    # listening sockets

    def of_listener(self, inode: int) -> tuple[Owner, ...]:
        """Who has it, as far as known."""
        return self._listeners.get(inode, ())

    def find_listeners(self, inodes: Collection[int], now: int) -> bool:
        """Search all processes for the owners of `inodes`, if some are new or lost theirs.

        Returns:
            Whether another owner may be known than before.
        """
        for gone in self._listeners.keys() - inodes:
            del self._listeners[gone]
        lost = self._check_listeners()
        self._tried = {inode: self._tried.get(inode, (0, now)) for inode in inodes}
        missing = [
            inode
            for inode, (tries, due) in self._tried.items()
            if tries < len(_AGAIN) and now >= due and inode not in self._listeners
        ]
        if missing:
            self._listeners.update(_owners(self._search(set(inodes))))
        for inode in missing:
            tries = self._tried[inode][0] + 1
            self._tried[inode] = (tries, now + _AGAIN[min(tries, len(_AGAIN) - 1)])
        return lost or bool(missing)

    def _check_listeners(self) -> bool:
        """Forget owners that have it no more."""
        lost = False
        for inode, owners in list(self._listeners.items()):
            left = tuple(one for one in owners if _Process(one.pid).inode(one.fd) == inode)
            if left != owners:
                lost = True
                self._listeners[inode] = left
            if not left:
                del self._listeners[inode]
                self._tried.pop(inode, None)
        return lost

    def _search(self, inodes: set[int]) -> list[tuple[int, int, int]]:
        """All descriptors of all processes: (inode, pid, fd) of those that are of `inodes`."""
        found = []
        for pid in psutil.pids():
            process = _Process(pid)
            if process.look(lambda _: True):
                found += [(inode, pid, fd) for fd, inode in process.sockets.items() if inode in inodes]
        return found

    # connections

    def of_connection(self, inode: int) -> tuple[int | None, int | None]:
        """(pid, fd), as far as known."""
        return self._connections.get(inode, (None, None))

    def find_connections(self, listeners: Iterable[int], inodes: Collection[int], now: int) -> set[int]:
        """Look for the new ones of `inodes` where the owners of `listeners` (inodes) and their children are.

        Returns:
            The inodes of which another owner is known than before.
        """
        for gone in self._connections.keys() - inodes:
            del self._connections[gone]
        for gone in self._missed.keys() - inodes:
            del self._missed[gone]
        changed = self._check_connections()
        missing = {
            inode for inode in inodes - self._connections.keys() if self._missed.get(inode, 0) <= _MISSES
        }
        if missing:
            changed |= self._look(self._family(listeners), missing, set(inodes) | self._listeners.keys())
            missing -= changed
        if elsewhere := {inode for inode in missing if self._missed.get(inode, 0) == _MISSES}:
            if now < self._searched + _PAUSE:
                missing -= elsewhere
            else:
                self._searched = now
                found = {inode: (pid, fd) for inode, pid, fd in self._search(elsewhere)}
                self._connections.update(found)
                changed |= found.keys()
        for inode in missing:
            self._missed[inode] = self._missed.get(inode, 0) + 1
        return changed

    def _look(self, pids: Iterable[int], missing: set[int], live: set[int]) -> set[int]:
        """Look for `missing` among the descriptors of `pids`; which were found."""
        found = set()
        for pid in pids:
            process = self._processes.setdefault(pid, _Process(pid))
            if not process.look(live.__contains__):
                del self._processes[pid]
                continue
            for fd, inode in process.sockets.items():
                if inode in missing and inode not in found:
                    if process.inode(fd) != inode:  # since it was looked at the number was used again
                        continue
                    self._connections[inode] = (pid, fd)
                    found.add(inode)
                elif inode in self._listeners:
                    self._also(inode, Owner(pid=pid, fd=fd))
        return found

    def _also(self, inode: int, owner: Owner) -> None:
        """A listening socket has one owner more: a worker that was started later."""
        owners = self._listeners[inode]
        if owner not in owners:
            self._listeners[inode] = (*owners, owner)

    def _check_connections(self) -> set[int]:
        """See whether some of the owners still are; of a few each time, in turns."""
        known = list(self._connections)
        lost = set()
        for inode in known[self._place : self._place + _CHECKED]:
            pid, fd = self._connections[inode]
            if _Process(pid).inode(fd) != inode:
                del self._connections[inode]
                lost.add(inode)
        self._place = self._place + _CHECKED if self._place + _CHECKED < len(known) else 0
        return lost

    def _family(self, listeners: Iterable[int]) -> list[int]:
        """The owners' children first: a forking server's parent has their sockets only for a moment."""
        parents = list(dict.fromkeys(owner.pid for inode in listeners for owner in self.of_listener(inode)))
        found: dict[int, None] = {}
        queue = [child for parent in parents for child in _children(parent)]
        while queue:
            pid = queue.pop()
            if pid not in found:
                found[pid] = None
                queue += _children(pid)
        return [*found, *(pid for pid in parents if pid not in found)]

    # names

    def named(self, pids: Iterable[int], t: int) -> list[ProcessFound]:
        """Who they are, of those that were not told yet."""
        new = sorted(set(pids) - self._named)
        self._named.update(new)
        return [_told(self._host, pid, t) for pid in new]


def _owners(found: Iterable[tuple[int, int, int]]) -> dict[int, tuple[Owner, ...]]:
    owners: dict[int, tuple[Owner, ...]] = {}
    for inode, pid, fd in found:
        owners[inode] = (*owners.get(inode, ()), Owner(pid=pid, fd=fd))
    return owners


def _children(pid: int) -> list[int]:
    """Of its first thread, where the kernel tells (CONFIG_PROC_CHILDREN); others are searched for."""
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    except OSError:
        return []
    return [int(word) for word in text.split()]


def _told(host: str, pid: int, t: int) -> ProcessFound:
    name, user = "?", ""
    try:
        process = psutil.Process(pid)
        name = process.name()
        user = process.username()
    except (psutil.Error, OSError, KeyError):
        pass
    return ProcessFound(t=t, host=host, pid=pid, name=name, user=user)
