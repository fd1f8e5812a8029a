"""The connection table of this process's network namespace: psutil's rows, with what psutil leaves out.

State, addresses, pid and descriptor are psutil's, as netstat would print them. Inode, queues and timers are the
kernel's (`sockviz.sources.sockdiag`), joined in by (local, remote).
"""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple, Protocol

import msgspec
import psutil

from sockviz.addresses import Address, unspecified
from sockviz.events import RowKey, SocketRow
from sockviz.sources.clock import Clock
from sockviz.sources.sockdiag import DiagRow, SockDiag

JITTER: Final = 200_000_000
"""ns. A timer's end that moves by less is the same end: the kernel tells it in coarse ticks."""


class _Connection(Protocol):
    """What is used of psutil's `sconn`."""

    @property
    def fd(self) -> int: ...
    @property
    def status(self) -> str: ...
    @property
    def pid(self) -> int | None: ...


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
        try:
            self._diag: SockDiag | None = SockDiag(port)
            self._diag.rows()
        except OSError:  # a sandbox or kernel without it: psutil's columns alone
            self._diag = None

    def sample(self) -> Snapshot:
        """Read the table once."""
        began = self._clock.now()
        connections = psutil.net_connections(kind="tcp")
        diag = {(row.local, row.remote): row for row in self._diag.rows()} if self._diag else {}
        t = self._clock.now()
        rows = []
        for connection in connections:
            local = _address(connection.family, connection.laddr)
            remote = _address(connection.family, connection.raddr)
            if self._port is not None and self._port not in (local.port, remote.port):
                continue
            rows.append(_row(connection, local, remote, diag.get((local, remote)), t))
        return Snapshot(began, t, tuple(rows))


def diff(
    previous: Mapping[RowKey, SocketRow], rows: Iterable[SocketRow]
) -> tuple[tuple[SocketRow, ...], tuple[RowKey, ...], dict[RowKey, SocketRow]]:
    """What changed since `previous`: (rows new or changed, keys of rows gone, what to pass as `previous` next)."""
    known: dict[RowKey, SocketRow] = {}
    changed = []
    for row in rows:
        key = RowKey(local=row.local, remote=row.remote)
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


def _address(family: int, address: tuple[str, int] | tuple[()]) -> Address:
    """psutil's address; it has none for the peer of a listener."""
    return Address(address[0], address[1]) if address else unspecified(family)


def _row(connection: _Connection, local: Address, remote: Address, diag: DiagRow | None, t: int) -> SocketRow:
    row = SocketRow(
        state=connection.status,
        local=str(local),
        remote=str(remote),
        pid=connection.pid,
        fd=connection.fd if connection.fd >= 0 else None,
    )
    if diag is None:
        return row
    return msgspec.structs.replace(
        row,
        inode=diag.inode,
        recv_queue=diag.recv_queue,
        send_queue=diag.send_queue,
        timer=diag.timer,
        expires=t + diag.expires * 1_000_000 if diag.timer else None,
    )
