"""Which of very many connections are to be shown, and in which order."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from sockviz.world.watch.model import Watch, WatchedConnection
from sockviz.world.watch.naming import port_of

Sort: TypeAlias = Literal["id", "peer", "state", "age", "wait", "owner", "recv", "send", "resent"]

_UNORDERED: Final = -1


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked for; the default is everything, the oldest first."""

    states: frozenset[str] = frozenset()
    """Only these; none: all."""
    waiting: bool = False
    """Only those in the accept queue."""
    peer: str = ""
    """Only peers whose address contains this."""
    least_age: int = 0
    """Only those that have been seen for at least so long, ns."""
    sort: Sort = "id"
    descending: bool = False


def select(watch: Watch, listeners: Collection[str], query: Query) -> list[WatchedConnection]:
    """The connections of `listeners` (none: of all that are chosen), filtered and sorted.

    Looks at each connection once, some ms for 10,000: ask again when `Watch.version` or the query changed,
    and not more often than somebody can read.
    """
    found = list(watch.connections.values())
    if listeners:
        found = [one for one in found if one.listener in listeners]
    if query.states:
        found = [one for one in found if one.state in query.states]
    if query.waiting:
        found = [one for one in found if one.waits]
    if query.peer:
        found = [one for one in found if query.peer in one.remote]
    if query.least_age:
        latest = watch.t - query.least_age
        found = [one for one in found if one.began <= latest]
    if query.sort != "id" or query.descending:
        # Stable: equal ones stay in order of appearance.
        found.sort(key=_KEYS[query.sort](watch.t), reverse=query.descending)
    return found


_Key: TypeAlias = Callable[[WatchedConnection], Any]


def _wait(now: int) -> _Key:
    return lambda one: _UNORDERED if (wait := one.wait(now)) is None else wait


def _peer(one: WatchedConnection) -> tuple[str, int]:
    return one.remote.rpartition(":")[0], port_of(one.remote)


_KEYS: Final[dict[Sort, Callable[[int], _Key]]] = {
    "id": lambda _: lambda one: one.id,
    "peer": lambda _: _peer,
    "state": lambda _: lambda one: one.state,
    "age": lambda _: lambda one: -one.began,
    "wait": _wait,
    "owner": lambda _: lambda one: (one.pid or _UNORDERED, one.fd or _UNORDERED),
    "recv": lambda _: lambda one: one.recv_queue,
    "send": lambda _: lambda one: one.send_queue,
    "resent": lambda _: lambda one: one.resent,
}
