"""What a look at a host finds, as events; of the listeners' queues, only what differs from the look before.

Pure: who looks, and how, is `sockviz.programs.host`'s business.
"""

from dataclasses import dataclass

import msgspec

from sockviz import addresses
from sockviz.events import CounterRaised, Event, ListenerGone, ListenerSampled, SocketsSampled
from sockviz.programs.messages import Listeners


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A host's tables, as events. Unchanged queues and counters are left out."""

    sockets: tuple[SocketsSampled, ...]
    """One for each host name, also where nothing changed: a look that found the same is a fact too."""
    counters: tuple[CounterRaised, ...] = ()
    listeners: tuple[ListenerSampled | ListenerGone, ...] = ()
    cost: int = 0
    """Processor time that the reading took, ns."""

    @property
    def events(self) -> tuple[Event, ...]:
        """All of it."""
        return (*self.sockets, *self.listeners, *self.counters)

    @property
    def changed(self) -> bool:
        """Whether anything differs from the sample before."""
        return bool(
            self.counters or self.listeners or any(look.changed or look.gone for look in self.sockets)
        )


class Queues:
    """The listeners' queues as they were last told."""

    def __init__(self) -> None:
        self._told: dict[int, dict[str, ListenerSampled]] = {}
        """By pid and local address."""

    def differences(
        self, host: str, pid: int, look: Listeners, half_open: dict[str, int]
    ) -> list[ListenerSampled]:
        """The listeners of a program that are new or changed; `half_open`: SYN_RECV rows by local address."""
        before = self._told.get(pid, {})
        now = {listener.local: listener for listener in _listeners(host, look, half_open)}
        self._told[pid] = now
        return [listener for local, listener in now.items() if not _same(before.get(local), listener)]

    def forget(self, pid: int) -> None:
        """The program has ended."""
        self._told.pop(pid, None)


def _same(before: ListenerSampled | None, now: ListenerSampled) -> bool:
    return before is not None and msgspec.structs.replace(before, t=now.t) == now


def _listeners(host: str, look: Listeners, half_open: dict[str, int]) -> list[ListenerSampled]:
    """The listeners of one program, with their share of the SYN_RECV rows (counted by local address)."""
    return [
        ListenerSampled(
            t=look.t,
            host=host,
            local=queue.local,
            depth=queue.depth,
            limit=queue.limit,
            half_open=sum(count for local, count in half_open.items() if _belongs(local, queue.local)),
        )
        for queue in look.queues
    ]


def _belongs(row: str, listener: str) -> bool:
    """Whether a connection with this local address came in at this listener."""
    local, address = addresses.parse(row), addresses.parse(listener)
    return local.port == address.port and address.ip in {local.ip, "0.0.0.0", "::"}
