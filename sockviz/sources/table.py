"""The connection table of this process's network namespace: psutil's rows, with what psutil leaves out.

State, addresses, pid and descriptor are psutil's, as netstat would print them. Inode, queues and timers are
the kernel's (`sockviz.sources.sockdiag`), joined in by (local, remote).

psutil reads the whole proc table and the descriptors of every process that it may look into, which on a real
machine costs much more than sock_diag with its filter. So psutil is asked only when sock_diag shows that the
table is not the one that psutil was last asked about; and since sock_diag is read before and after, the rows
are of one moment. (Measured on Linux 6.18: psutil 8 to 25 ms on a quiet machine, 114 ms with 300 processes of
50 descriptors each; sock_diag 0.3 to 0.5 ms on either.)
"""

import socket
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple, TypeAlias

import msgspec
import psutil

from sockviz.addresses import Address, unspecified
from sockviz.events import RowKey, SocketRow
from sockviz.sources.clock import Clock
from sockviz.sources.sockdiag import DiagRow, Protocol, SockDiag

JITTER: Final = 200_000_000
"""ns. A timer's end that moves by less is the same end: the kernel tells it in coarse ticks."""

_TRIES: Final = 3

Key: TypeAlias = tuple[Protocol, Address, Address]
Rows: TypeAlias = dict[Key, SocketRow]
Diag: TypeAlias = dict[Key, DiagRow]


class Snapshot(NamedTuple):
    """The table, read between `began` and `t` (ns on the recording's clock)."""

    began: int
    t: int
    rows: tuple[SocketRow, ...]


class TableSampler:
    """Reads the table of the namespace that it was made in."""

    def __init__(self, clock: Clock, *, port: int | None = None) -> None:
        """With `port` only the rows that have it on either end; None: all rows."""
        self._clock = clock
        self._port = port
        self._diag = _open_diag(port)
        self._identity: _Identity | None = None
        """Of the table that psutil was last asked about; None: it has to be asked."""
        self._rows: Rows = {}
        """What psutil said of it."""
        self._protocols: tuple[Protocol, ...] = ("tcp",)
        self._blind = False
        """The kernel has no sock_diag for UDP: psutil has to be asked each time."""

    def close(self) -> None:
        """Close the netlink socket."""
        if self._diag:
            self._diag.close()

    def sample(self, *, datagrams: bool = False) -> Snapshot:
        """Read the table once; with `datagrams` the UDP sockets too.

        If it changes each time while it is read, the last of a few tries is given.
        """
        protocols: tuple[Protocol, ...] = ("tcp", "udp") if datagrams else ("tcp",)
        if protocols != self._protocols:
            self._protocols, self._identity = protocols, None
        for _ in range(_TRIES):
            began = self._clock.now()
            diag = self._read_diag()
            if self._identity is not None and self._identity == _identity(diag):
                break
            before = _identity(diag)
            self._rows = self._ask_psutil()
            diag = self._read_diag()
            settled = before == _identity(diag) and not _in_between(self._rows, diag)
            known = self._diag is not None and not (self._blind and "udp" in self._protocols)
            self._identity = before if settled and known else None
            if before == _identity(diag):
                break
        t = self._clock.now()
        return Snapshot(began, t, tuple(_join(row, diag.get(key), t) for key, row in self._rows.items()))

    def _read_diag(self) -> Diag:
        if self._diag is None:
            return {}
        rows = self._diag.rows()
        if "udp" in self._protocols and not self._blind:
            try:
                rows += self._diag.rows("udp")
            except OSError:
                self._blind = True
        return {(row.protocol, row.local.plain, row.remote.plain): row for row in rows}

    def _ask_psutil(self) -> Rows:
        rows = {}
        kind = "inet" if "udp" in self._protocols else "tcp"
        for fd, family, form, laddr, raddr, state, pid in psutil.net_connections(kind):
            protocol: Protocol = "tcp" if form == socket.SOCK_STREAM else "udp"
            local, remote = _address(family, laddr), _address(family, raddr)
            if self._port is None or self._port in (local.port, remote.port):
                rows[protocol, local, remote] = SocketRow(
                    state=state,
                    local=str(local),
                    remote=str(remote),
                    pid=pid,
                    fd=fd if fd >= 0 else None,
                    protocol=protocol,
                )
        return rows


def diff(
    previous: Mapping[RowKey, SocketRow], rows: Iterable[SocketRow]
) -> tuple[tuple[SocketRow, ...], tuple[RowKey, ...], dict[RowKey, SocketRow]]:
    """What changed since `previous`.

    Returns:
        The rows that are new or changed, the keys of those that are gone, and the next time's `previous`.
    """
    known: dict[RowKey, SocketRow] = {}
    changed = []
    for row in rows:
        key = RowKey(local=row.local, remote=row.remote, protocol=row.protocol)
        before = previous.get(key)
        if before is not None and _same(before, row):
            # The row as it was told: many small movements of a timer add up.
            known[key] = before
        else:
            known[key] = row
            changed.append(row)
    return tuple(changed), tuple(key for key in previous if key not in known), known


def _same(before: SocketRow, row: SocketRow) -> bool:
    if before.expires is None or row.expires is None or abs(before.expires - row.expires) >= JITTER:
        return before == row
    return before == msgspec.structs.replace(row, expires=before.expires)


def _open_diag(port: int | None) -> SockDiag | None:
    """None where a kernel or a sandbox has no sock_diag: then there are psutil's columns alone."""
    try:
        diag = SockDiag(port)
    except OSError:
        return None
    try:
        diag.rows()
    except OSError:
        diag.close()
        return None
    return diag


_Identity: TypeAlias = frozenset[tuple[Key, str, int]]


def _identity(diag: Diag) -> _Identity:
    """What psutil's answer depends on: which sockets there are, in which state, and of which inode."""
    return frozenset((key, row.state, row.inode) for key, row in diag.items())


def _in_between(rows: Rows, diag: Diag) -> bool:
    """Whether a socket has an inode but no owner.

    accept() gives it the inode a moment before the descriptor; then the owner shows at the next look. (Or it
    is another user's, which never shows.)
    """
    return any(row.pid is None and key in diag and diag[key].inode for key, row in rows.items())


def _address(family: int, address: tuple[()] | tuple[str, int]) -> Address:
    """The address as psutil has it, which is none for the peer of a listener; IPv4 is never mapped."""
    return Address(*address).plain if address else unspecified(family)


def _join(row: SocketRow, diag: DiagRow | None, t: int) -> SocketRow:
    if diag is None:
        return row
    return SocketRow(
        state=row.state,
        local=row.local,
        remote=row.remote,
        pid=row.pid,
        fd=row.fd,
        inode=diag.inode,
        recv_queue=diag.recv_queue,
        send_queue=diag.send_queue,
        timer=diag.timer,
        expires=t + diag.expires * 1_000_000 if diag.timer else None,
        protocol=row.protocol,
    )
