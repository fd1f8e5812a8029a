"""What an engine that watches tells, made up for the pure part of watching."""

from collections.abc import Iterable

from sockviz.events import (
    AnyEvent,
    CounterRaised,
    Header,
    ListenerSampled,
    ListenersChosen,
    RowKey,
    SocketRow,
    SocketsSampled,
)
from sockviz.world.watch.fold import fold
from sockviz.world.watch.model import Watch

LOCAL = "127.0.0.1:80"
OTHER = "0.0.0.0:81"
MS = 1_000_000
SECOND = 1_000 * MS


def header(**sysctls: str) -> Header:
    return Header(t=0, format=1, source="watch", hosts=(), made_by="test", sysctls=sysctls)


def listener(t: int, local: str = LOCAL, cookie: int = 1, **fields: object) -> ListenerSampled:
    values = {"depth": 0, "limit": 8, "drops": 0, **fields}
    return ListenerSampled(t=t, host="server", local=local, cookie=cookie, **values)


def row(number: int, state: str = "ESTABLISHED", inode: int = 0, **fields: object) -> SocketRow:
    return SocketRow(
        state=state, local=LOCAL, remote=f"127.0.0.9:{number}", inode=inode, cookie=1000 + number, **fields
    )


def sample(t: int, *rows: SocketRow, gone: Iterable[int] = (), began: int | None = None) -> SocketsSampled:
    return SocketsSampled(
        t=t,
        host="server",
        began=t - MS if began is None else began,
        changed=rows,
        gone=tuple(RowKey(local=LOCAL, remote=f"127.0.0.9:{one}", cookie=1000 + one) for one in gone),
        previous=max(0, t - 100 * MS),
    )


def chosen(t: int = 1, *locals_: str) -> ListenersChosen:
    return ListenersChosen(t=t, host="server", listeners=locals_ or (LOCAL,))


def raised(t: int, **by: int) -> list[AnyEvent]:
    return [CounterRaised(t=t, host="server", name=name, by=n, total=n) for name, n in by.items()]


def folded(*more: AnyEvent) -> Watch:
    watch = Watch()
    for event in more:
        fold(watch, event)
    return watch


def begun(*more: AnyEvent) -> Watch:
    """A chosen listener that was read once."""
    return folded(header(), chosen(), listener(SECOND), sample(SECOND), *more)
