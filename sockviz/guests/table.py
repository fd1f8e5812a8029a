"""The socket table of a host that runs the user's programs: the kernel's rows, with all their owners.

Unlike `sockviz.sources.table` it knows that a socket can belong to several processes, and sees a change of
owners that changes nothing else: a child that goes on with what its parent has closed.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from sockviz.events import ListenerGone, ListenerSampled, Owner, SocketRow
from sockviz.sources.clock import Clock
from sockviz.sources.sockdiag import DiagRow, SockDiag
from sockviz.sources.table import Snapshot

_LISTEN: Final = "LISTEN"


class GuestTable:
    """Reads the table of the namespace that it was made in."""

    def __init__(self, clock: Clock) -> None:
        """Open a netlink socket.

        Raises:
            OSError: the kernel has no sock_diag.
        """
        self._clock = clock
        self._diag = SockDiag()
        self._datagrams = True

    def sample(self, owners: Mapping[int, Sequence[Owner]]) -> Snapshot:
        """Read it; `owners` by inode, as read a moment ago."""
        began = self._clock.now()
        rows = self._diag.rows()
        if self._datagrams:
            try:
                rows = rows + self._diag.rows("udp")
            except OSError:  # the kernel has no sock_diag for UDP
                self._datagrams = False
        t = self._clock.now()
        return Snapshot(began, t, tuple(_row(row, owners.get(row.inode, ()), t) for row in rows))


def _row(row: DiagRow, owners: Sequence[Owner], t: int) -> SocketRow:
    first = owners[0] if owners else None
    return SocketRow(
        state="NONE" if row.protocol == "udp" else row.state,
        local=str(row.local.plain),
        remote=str(row.remote.plain),
        pid=first.pid if first else None,
        fd=first.fd if first else None,
        inode=row.inode,
        recv_queue=row.recv_queue,
        send_queue=row.send_queue,
        timer=row.timer,
        expires=t + row.expires * 1_000_000 if row.timer else None,
        protocol=row.protocol,
        owners=tuple(owners) if len(owners) > 1 else (),
    )


class Listeners:
    """The listening sockets as they were last told."""

    def __init__(self) -> None:
        self._told: dict[int, ListenerSampled] = {}
        """By inode."""

    def differences(
        self, host: str, t: int, rows: Iterable[SocketRow], owners: Mapping[int, Sequence[Owner]]
    ) -> list[ListenerSampled | ListenerGone]:
        """Those that are new, changed or gone."""
        rows = list(rows)
        half_open = [row.local for row in rows if row.state == "SYN_RECV"]
        now: dict[int, ListenerSampled] = {}
        for row in rows:
            if row.state != _LISTEN or not row.inode:
                continue
            # Of several with one address nobody says whose a half-open connection is: the first one's.
            first = all(known.local != row.local for known in now.values())
            now[row.inode] = ListenerSampled(
                t=t,
                host=host,
                local=row.local,
                depth=row.recv_queue,
                limit=row.send_queue,
                half_open=sum(_belongs(local, row.local) for local in half_open) if first else 0,
                inode=row.inode,
                cookie=row.inode,
                owners=tuple(owners.get(row.inode, ())),
            )
        gone = [
            ListenerGone(t=t, host=host, local=known.local, cookie=inode)
            for inode, known in self._told.items()
            if inode not in now
        ]
        changed = [one for inode, one in now.items() if not _same(self._told.get(inode), one)]
        self._told = now
        return [*gone, *changed]


def _same(before: ListenerSampled | None, now: ListenerSampled) -> bool:
    return before is not None and (before.depth, before.limit, before.half_open, before.owners) == (
        now.depth,
        now.limit,
        now.half_open,
        now.owners,
    )


def _belongs(row: str, listener: str) -> bool:
    """Whether a connection with this local address came in at this listener."""
    ip, _, port = row.rpartition(":")
    listens, _, at = listener.rpartition(":")
    return port == at and listens in {ip, "0.0.0.0", "[::]"}
