"""Watches listeners: readings of the kernel's table as rarely as they are asked for, and what lies between.

Puts together the parts of this package; decides what is read when, and what it may cost. Knows no event loop:
whoever has one calls `read` and `glance` in time.
"""

import time
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from sockviz.engine.header import header
from sockviz.errors import UserError
from sockviz.events import Event, Header, ListenersChosen, SettingChanged, SocketsSampled
from sockviz.intents import Watched
from sockviz.sources import sysctls
from sockviz.sources.budget import Budget
from sockviz.sources.clock import Clock
from sockviz.sources.counters import CounterReader
from sockviz.sources.watch import levels, targets
from sockviz.sources.watch.dump import Dump
from sockviz.sources.watch.levels import Level
from sockviz.sources.watch.listeners import Listeners
from sockviz.sources.watch.owners import Owners
from sockviz.sources.watch.processor import Crowding
from sockviz.sources.watch.rows import Reading, Rows

HOST: Final = "server"
"""The name of this machine (or namespace) in the events; who connects is `client`."""
SHARE: Final = 0.15
"""Of a processor's time, for reading of connections, telling of them and taking it in."""
LEFT: Final = 0.02
"""The same where others want all the processors."""
TOLD: Final = 10_000
"""ns of a processor's for a row: to tell it, and for whoever is told."""
LISTENERS: Final = 0.03
"""Of a processor's time, for reading of listeners and counters."""
CREDIT: Final = 100_000_000
"""ns of reading before `SHARE` is enforced."""
SLOWLY: Final = 1_000_000_000
"""ns: so often, at most, what changes slowly is looked at: counts, settings, owners, retransmissions."""
BEHIND: Final = 10_000_000
"""ns until it is tried again to read the table, where more is told than was taken in."""
PATIENCE: Final = 4_000_000_000
"""ns; who is behind for longer sees less from then on."""
_ROUNDS: Final = 100
_RESENT: Final = frozenset({"RetransSegs", "TCPSynRetrans"})


class Watcher:
    """What is seen of the listeners of one network namespace. Not for several threads."""

    def __init__(self, watched: Watched, clock: Clock, level: Level, emit: Callable[[Event], None]) -> None:
        """Begin to look.

        Raises:
            UserError: kind `no-sock-diag`: the kernel does not tell of its sockets.
        """
        self._watched = watched
        self._clock = clock
        self._level = level
        self._emit = emit
        try:
            self._dump = Dump()
        except OSError as error:
            raise _no_sock_diag(error) from error
        self._owners = Owners(HOST)
        self._listeners = Listeners(self._dump, HOST, self._owners.of_listener)
        self._rows = Rows(self._dump, self._owners.of_connection)
        self._counters = CounterReader(clock, HOST)
        self._budget = Budget(SHARE, CREDIT)
        self._listeners_budget = Budget(LISTENERS, CREDIT)
        self._crowding = Crowding(clock.now())
        self._settings = sysctls.read()
        self._asked: tuple[str, ...] = targets.asked(watched)
        self._chosen: tuple[str, ...] = ()
        self._previous = 0
        self._slow = -SLOWLY
        self._fresh = True
        """Other listeners are watched from now on: what they have is read, whatever it costs."""
        self._resent = True
        """Something was sent again: ask each connection whether it was it."""
        self._evidence = True
        """Something was told that the next reading has to confirm."""
        self._busy = False
        self._behind = 0
        """When all that packets or the tracepoint tell had been told."""

    def begin(self) -> None:
        """Tell what will be seen, and choose what was asked for.

        Raises:
            UserError: nobody listens there; or the kernel does not tell.
        """
        self._emit(self._header())
        try:
            self._listeners.read(self._clock.now)
            self._find_owners()
            self._listeners.read(self._clock.now)  # now with their owners
        except OSError as error:
            raise _no_sock_diag(error) from error
        if self._asked:
            self._chosen = tuple(targets.matching(self._watched, self._listeners.known))
            if not self._chosen:
                raise targets.nobody(self._watched)
        self._listeners.tell_again()
        self._apply()

    def choose(self, listeners: tuple[str, ...]) -> str:
        """Watch these closely from now on; none: all, from afar. Why that can't be done, or nothing."""
        known = {one.local for one in self._listeners.known} | set(self._chosen)
        if unknown := [local for local in listeners if local not in known]:
            return f"Nobody listens on {unknown[0]}."
        self._asked, self._chosen = listeners, listeners
        self._apply()
        return ""

    def read(self) -> int:
        """Read the table once, and tell what changed; how long to wait until the next time, ns.

        Raises:
            OSError: the kernel refused.
        """
        spent = time.thread_time_ns()
        began = self._clock.now()
        if self._is_behind(began):
            return BEHIND
        slowly = began - self._slow >= SLOWLY
        if slowly:
            self._slow = began
            self._look_slowly()
        listeners = self._listeners.read(self._clock.now)
        counters = self._counters.raised_events()
        events = [*listeners, *counters]
        self._busy |= any(event.name in _RESENT for event in counters)
        self._resent |= slowly and self._busy
        self._evidence |= slowly  # also that nothing changed is to be known from time to time
        now = self._clock.now()
        self._listeners_budget.spend(now, time.thread_time_ns() - spent)
        if self._fresh or not self._budget.wait(now):
            self._read_connections(began, events)
        else:
            for event in events:
                self._emit(event)
        if listeners:
            self._match()
        now = self._clock.now()
        return max(self._watched.interval - (now - began), self._listeners_budget.wait(now), 1_000_000)

    def _read_connections(self, began: int, events: Sequence[Event]) -> None:
        """Read them, and tell of all that was read."""
        spent = time.thread_time_ns()
        reading = self._owned(self._rows.read(self._clock.now, resent=self._resent))
        if self._resent:
            self._resent = self._busy = False
        self._fresh = False
        self._tell(began, events, reading)
        told = len(reading.changed) + len(reading.gone)
        self._budget.spend(self._clock.now(), time.thread_time_ns() - spent + told * TOLD)

    def _is_behind(self, now: int) -> bool:
        """What happened before a reading must be told before it: then the reading has to wait."""
        self.glance()
        if not self._level.more:
            self._behind = now
            return False
        if now - self._behind > PATIENCE:
            self.crowd()
        return True

    @property
    def glances(self) -> bool:
        """There is more to see than the table."""
        return self._level.name != "sampling"

    def glance(self) -> None:
        """Tell what packets or the tracepoint have told since the last call."""
        seen = self._level.read()
        self._evidence |= bool(seen)
        for event in (*seen, *self._level.weigh()):
            self._emit(event)

    def crowd(self) -> None:
        """Nobody keeps up with what is told: see less."""
        for event in self._level.crowd():
            self._emit(event)

    def close(self) -> None:
        """Look no more; the level is closed by who opened it."""
        self._dump.close()

    def _header(self) -> Header:
        everybody = levels.sees_everybody()
        return header(
            "watch",
            self._clock,
            {HOST: (), "client": ()},
            sysctls=self._settings,
            capabilities=(self._level.name, "table", "counters", *(("owners",) if everybody else ())),
            hidden=levels.hidden(self._level.name, self._watched, everybody=everybody),
        )

    def _apply(self) -> None:
        """Have everything look at what is chosen."""
        ports = frozenset(int(local.rpartition(":")[2]) for local in self._chosen)
        self._rows.watch(ports)
        self._level.watch(ports)
        self._fresh = self._resent = self._evidence = True
        if ports:
            self._listeners.stop_counting()
        self._slow = -SLOWLY
        self._emit(ListenersChosen(t=self._clock.now(), host=HOST, listeners=self._chosen, asked=self._asked))

    def _match(self) -> None:
        """What was asked for may have begun to listen: a restarted server, another port of a process."""
        if not self._asked or self._asked != targets.asked(self._watched):
            return
        found = targets.matching(self._watched, self._listeners.known)
        chosen = tuple(dict.fromkeys((*self._chosen, *found)))
        if chosen != self._chosen:
            self._chosen = chosen
            self._apply()

    def _look_slowly(self) -> None:
        now = self._clock.now()
        self._budget.share = LEFT if self._crowding.crowded(now) else SHARE
        self._crowding.begin(now)
        self._find_owners()
        if not self._chosen:
            self._listeners.count()
        for event in self._level.check():
            self._emit(event)
        settings = sysctls.read()
        for name, value in settings.items():
            if self._settings.get(name) != value:
                self._emit(SettingChanged(t=self._clock.now(), name=name, value=value, host=HOST))
        self._settings = settings

    def _find_owners(self) -> None:
        inodes = {one.inode for one in self._listeners.known if one.inode}
        self._owners.find_listeners(inodes, self._clock.now())
        pids = {owner.pid for inode in inodes for owner in self._owners.of_listener(inode)}
        for event in self._owners.named(pids, self._clock.now()):
            self._emit(event)

    def _owned(self, reading: Reading) -> Reading:
        """The same, with the owners of those that are new."""
        ours = [one.inode for one in self._listeners.known if one.local in self._chosen]
        inodes = self._rows.inodes
        if not inodes:
            return reading
        found = self._owners.find_connections(ours, inodes, self._clock.now())
        if not found:
            return reading
        changed = []
        for row in reading.changed:
            if row.inode in found:
                found.discard(row.inode)
                pid, fd = self._owners.of_connection(row.inode)
                row = msgspec.structs.replace(row, pid=pid, fd=fd)  # noqa: PLW2901 - the same row
            changed.append(row)
        self._rows.retell(found)
        pids = {row.pid for row in changed if row.pid is not None}
        for event in self._owners.named(pids, self._clock.now()):
            self._emit(event)
        return Reading(tuple(changed), reading.gone)

    def _tell(self, began: int, events: Sequence[Event], reading: Reading) -> None:
        """Tell of a reading, all of it at one moment, if something changed."""
        for _ in range(_ROUNDS):  # what happened before must be told before
            self.glance()
            if not self._level.more:
                break
        t = self._clock.now()
        if events or reading.changed or reading.gone or self._evidence:
            for event in events:
                self._emit(msgspec.structs.replace(event, t=t))
            self._emit(
                SocketsSampled(
                    t=t,
                    host=HOST,
                    began=began,
                    changed=reading.changed,
                    gone=reading.gone,
                    previous=self._previous,
                )
            )
            self._evidence = False
        self._previous = began


def _no_sock_diag(error: OSError) -> UserError:
    return UserError(
        f"the kernel does not tell of its sockets: {error.strerror}",
        "sudo modprobe tcp_diag",
        kind="no-sock-diag",
    )
