"""What no fact tells and an export draws: a listener's queues over time, how the wire held a segment."""

from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

from sockviz.tcp.states import State
from sockviz.world.thawed import ListenerDraft

NAMED: Final = 64
"""Members of a queue that are told one by one."""


@dataclass(frozen=True, slots=True)
class Look:
    """A listener's queues from `t` on, oldest members first."""

    t: int
    host: str
    local: str
    listening: bool
    syn: tuple[int, ...]
    """Connections in SYN_RECV: the first `NAMED` of `half_open`."""
    half_open: int
    accept: tuple[int, ...]
    """Connections that wait for accept(): the first `NAMED` of `depth`."""
    depth: int
    capacity: int | None
    """How many the accept queue takes (the limit and one more); None: not known."""
    full: bool

    def same(self, other: "Look") -> bool:
        """Nothing but the time differs."""
        return replace(self, t=other.t) == other


@dataclass(slots=True)
class Hold:
    """A segment went to the middle of the wire and stood there until it was released."""

    delay: int
    """The wire's one-way delay when it was sent, ns."""
    released: int | None = None
    """None: it was not."""


def look_at(t: int, listener: ListenerDraft) -> Look:
    """The queues as they are now."""
    limit = listener.bound
    return Look(
        t=t,
        host=listener.host,
        local=listener.local,
        listening=listener.state is State.LISTEN,
        syn=tuple(islice(listener.syn_queue, NAMED)),
        half_open=len(listener.syn_queue),
        accept=tuple(islice(listener.accept_queue, NAMED)),
        depth=len(listener.accept_queue),
        capacity=None if limit is None else limit + 1,
        full=listener.full,
    )
