"""How much is seen of watched listeners: the tracepoint, packets, or the table alone; what each can't see.

Owns what is open for it. Tells what was observed, what was lost, and when it had to see less.
"""

import time
from typing import TYPE_CHECKING, Final

from sockviz import privileges
from sockviz.errors import UserError
from sockviz.events import CounterRaised, Event, SettingChanged
from sockviz.intents import Watched
from sockviz.sources.clock import Clock
from sockviz.sources.rights import allowed_command
from sockviz.sources.watch import targets
from sockviz.sources.watch.processor import Crowding
from sockviz.sources.watch.trace import Trace

if TYPE_CHECKING:
    from sockviz.sources.watch.packets import Packets

SHARE: Final = 0.3
"""Of a processor's time for two seconds on end: more than that is not spent on seeing everything."""
LEFT: Final = 0.02
"""Of a processor's time: more than that is not spent where others want all the processors."""
_WINDOW: Final = 2_000_000_000
_SOON: Final = 500_000_000
"""ns; so long it is looked at least before less is seen."""
AGAIN: Final = 30_000_000_000
"""ns; after so long with less it is tried again to see everything."""


class Level:
    """What is seen besides the table. Not for several threads."""

    def __init__(self, clock: Clock, host: str, wanted: str) -> None:
        """Open what is `wanted` (`Watched.level`). Forks: call it while this process has one thread.

        Raises:
            UserError: exactly that was wanted, and it is not permitted.
        """
        self._clock = clock
        self._host = host
        self._insists = wanted != "best"
        """The user wants it all, whatever it costs."""
        self._trace: Trace | None = None
        self._packets: Packets | None = None
        self._acks = True
        self._ports: frozenset[int] = frozenset()
        self._blind = False
        """Nothing but the table is looked at, since there was too much to see."""
        self.more = False
        """The last `read` did not take all that there was: something older than now may be yet to come."""
        self._reduced: int | None = None
        """Since when less is seen than could be."""
        self._lost = 0
        self._missed = False
        self._spent = 0
        self._crowding = Crowding(0)
        if wanted in {"best", "trace"}:
            self._open_trace(required=wanted == "trace")
        if wanted in {"best", "packets"} and self._trace is None:
            self._open_packets(required=wanted == "packets")

    @property
    def name(self) -> str:
        """`trace`, `packets` or `sampling`."""
        return "trace" if self._trace else "packets" if self._packets else "sampling"

    def watch(self, ports: frozenset[int]) -> None:
        """From now on tell of connections with one of these local ports."""
        if ports == self._ports:
            return
        self._ports = ports
        self._everything()

    def read(self) -> list[Event]:
        """What was seen since the last call."""
        self.more = False
        if not self._ports or self._blind:
            return []
        began = time.thread_time_ns()
        found: list[Event] = []
        if self._trace:
            found += self._trace.read()
            self.more = self._trace.more
        elif self._packets:
            found += self._packets.read()
            self.more = self._packets.more
        self._spent += time.thread_time_ns() - began
        return found

    def check(self) -> list[Event]:
        """What was lost; and if that was much, or all of it costs too much, see less from now on."""
        source = self._trace or self._packets
        if source is None or not self._ports:
            return []
        if self._reduced is not None and self._clock.now() - self._reduced >= AGAIN:
            self._everything()
            return [SettingChanged(t=self._clock.now(), name="level", value=self.name)]
        return [] if self._blind else [*self._count_lost(source.lost()), *self.weigh()]

    def _count_lost(self, total: int) -> list[Event]:
        by, self._lost = total - self._lost, total
        if not by:
            return []
        self._missed = True
        name = "TraceLost" if self._trace else "PacketsDropped"
        return [CounterRaised(t=self._clock.now(), host=self._host, name=name, by=by, total=total)]

    def weigh(self) -> list[Event]:
        """If much was missed, or all of it costs too much, see less from now on."""
        now = self._clock.now()
        took = now - self._crowding.since
        if self._insists or self._blind or self.name == "sampling" or took < _SOON:
            return []
        # Where others want all the processors, what is taken from them is missing in what they get done.
        crowded = self._spent > LEFT * took and self._crowding.crowded(now)
        if took < _WINDOW and not crowded:
            return []
        costly = crowded or self._missed or self._spent > SHARE * took
        self._begin_to_weigh(now)
        return [SettingChanged(t=now, name="level", value=self._less())] if costly else []

    def _begin_to_weigh(self, now: int) -> None:
        self._spent, self._missed = 0, False
        self._crowding.begin(now)

    def crowd(self) -> list[Event]:
        """Nobody keeps up with what is told."""
        self._missed = True
        return self.weigh() if self._ports else []

    def close(self) -> None:
        """See nothing more, and leave nothing behind."""
        if self._trace:
            self._trace.close()
        if self._packets:
            self._packets.close()

    def _open_trace(self, *, required: bool) -> None:
        try:
            self._trace = Trace(self._clock, self._host)
        except UserError:
            if required:
                raise

    def _open_packets(self, *, required: bool) -> None:
        try:
            from sockviz.sources.watch.packets import Packets  # noqa: PLC0415 - scapy takes its time

            self._packets = Packets(self._clock)
        except UserError:
            if required:
                raise

    def _everything(self) -> None:
        self._acks, self._blind, self._reduced = True, False, None
        self._begin_to_weigh(self._clock.now())
        self._attach()

    def _attach(self) -> None:
        ports = frozenset() if self._blind else self._ports
        if self._trace:
            self._trace.watch(ports)
        if self._packets:
            self._packets.watch(ports, acks=self._acks)

    def _less(self) -> str:
        """See less, for a while; what that is called."""
        self._reduced = self._clock.now()
        if self._packets and self._acks:
            self._acks = False
            self._attach()
            return "packets: SYN, FIN and RST only"
        self._blind = True
        self._attach()
        return "sampling"


def hidden(level: str, watched: Watched, *, everybody: bool) -> tuple[str, ...]:
    """What can't be seen, one sentence each, with the command that would change it.

    Args:
        level: as `Level.name`.
        watched: what was asked for.
        everybody: owners of other users' sockets are seen.
    """
    found = []
    every = f"every {watched.interval // 1_000_000} ms or more rarely"
    if level == "sampling":
        found.append(
            f"Connections that come and go between two readings of the kernel's table ({every}) are not "
            f"seen; to see every connection: {allowed_command(*_arguments(watched))}"
        )
    elif level == "packets":
        found.append(
            "Of the packets only those are seen that begin or end a connection; a state that no packet tells "
            f"is seen when the kernel's table is read ({every}); to see each transition: "
            f"sudo sockviz {' '.join(_arguments(watched))}"
        )
    else:
        found.append(
            "The tracepoint does not tell of half-open connections and of TIME_WAIT: they are seen when the "
            f"kernel's table is read ({every}). It tells of all network namespaces of this machine without "
            "saying which: one with the same addresses would be taken for this one."
        )
    found.append(f"When accept() is called is seen to within a reading of the kernel's table ({every}).")
    if not everybody:
        found.append(
            "Which process has a socket of another user is not seen (the user is): "
            f"sudo sockviz {' '.join(_arguments(watched))}"
        )
    return tuple(found)


def sees_everybody() -> bool:
    """Whether this process may look into other users' processes."""
    return privileges.has(privileges.SYS_PTRACE)


def _arguments(watched: Watched) -> list[str]:
    namespace = ["--netns", watched.netns] if watched.netns else []
    return ["watch", *" ".join(targets.asked(watched)).split(), *namespace]
