"""A world that may be changed, for as long as one `advance` takes.

Owns how change works: a mapping is copied before its first change and then changed in place, a value is
thawed when it is first asked for, and `freeze` makes frozen values of all that was thawed. So folding many
events at once costs as much as they are many, and the world that it began with stays as it was. A draft is
used up by `freeze`.
"""

from collections.abc import Iterator, Mapping
from typing import Final, Generic, TypeVar

from sockviz.events import Header, SocketRow
from sockviz.world.model import Fact, InFlight, Narration, Suspect, Tracking, Wire, World
from sockviz.world.thawed import (
    ConnectionDraft,
    EndDraft,
    ListenerDraft,
    ProgramDraft,
    freeze_connection,
    freeze_listener,
    freeze_program,
    thaw_connection,
    thaw_listener,
    thaw_program,
)

K = TypeVar("K")
V = TypeVar("V")

KEPT: Final = 256
"""Connections remembered, and programs; past that the oldest that are over are forgotten."""


class Shared(Generic[K, V]):
    """A mapping that is copied before its first change."""

    __slots__ = ("_mapping", "_own")

    def __init__(self, mapping: Mapping[K, V]) -> None:
        self._mapping = mapping
        self._own: dict[K, V] | None = None

    def __getitem__(self, key: K) -> V:
        """The value, which there must be."""
        return self._mapping[key]

    def get(self, key: K) -> V | None:
        """The value, or None."""
        return self._mapping.get(key)

    def __contains__(self, key: K) -> bool:
        """Whether it has a value."""
        return key in self._mapping

    def __iter__(self) -> Iterator[K]:
        """The keys, in order of insertion."""
        return iter(self._mapping)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._mapping)

    def put(self, key: K, value: V) -> None:
        """Set a value."""
        self._mine()[key] = value

    def pop(self, key: K) -> V | None:
        """Remove a value, if it is there."""
        return self._mine().pop(key) if key in self._mapping else None

    def _mine(self) -> dict[K, V]:
        if self._own is None:
            self._mapping = self._own = dict(self._mapping)
        return self._own

    def done(self) -> Mapping[K, V]:
        """The mapping as it is now."""
        return self._mapping


class Draft:
    """The world, while it changes."""

    def __init__(self, world: World) -> None:
        self.t: int = world.t
        self.facts: list[Fact] = []
        self.header: Header | None = world.header
        self.sampled = Shared(world.sampled)
        self.row_changed = Shared(world.row_changed)
        self.counters = Shared(world.counters)
        self.settings = Shared(world.settings)
        self.sysctls = Shared(world.sysctls)
        self.datagrams = Shared(world.datagrams)
        self.in_flight = Shared[int, InFlight](world.wire.in_flight)
        self.mode, self.delay = world.wire.mode, world.wire.delay
        self.refused = world.refused
        self.caption: Narration | None = world.caption
        self.ended = world.ended

        tracking = world.tracking
        self.index = Shared(tracking.index)
        self.dirty = Shared(tracking.dirty)
        self.calls = Shared(tracking.calls)
        self.suspects: list[Suspect] = list(tracking.suspects)
        self.arrived = Shared(tracking.arrived)
        self._closed = Shared(tracking.closed)
        self._last_number = tracking.last_number

        self._connections = Shared(world.connections)
        self._listeners = Shared(world.listeners)
        self._programs = Shared(world.programs)
        self._tables = Shared(world.tables)
        self._thawed: dict[int, ConnectionDraft] = {}
        self._thawed_listeners: dict[tuple[str, str], ListenerDraft] = {}
        self._thawed_programs: dict[tuple[str, int], ProgramDraft] = {}
        self._own_tables: dict[str, Shared[tuple[str, str], SocketRow]] = {}

    def sees(self, *capabilities: str) -> bool:
        """This run can see one of these (`Header.capabilities`); without a header nobody knows better."""
        return self.header is None or not {*capabilities}.isdisjoint(self.header.capabilities)

    def foreign(self, host: str, local: str) -> bool:
        """A lab's host sent something from an address that is not its own: a raw socket made it up."""
        if self.header is None or self.header.source != "lab":
            return False
        ip = local.rpartition(":")[0].strip("[]")
        return all(ip not in one.addresses for one in self.header.hosts if one.name == host)

    def sysctls_of(self, host: str) -> dict[str, str]:
        """The settings of a host's kernel, as far as they are known."""
        return {name: self.sysctls[key] for key in self.sysctls if key[0] == host for name in key[1:]}

    def connection(self, number: int | None) -> ConnectionDraft | None:
        """The connection with this number, unless it was forgotten."""
        if number is None:
            return None
        thawed = self._thawed.get(number)
        if thawed is None:
            frozen = self._connections.get(number)
            if frozen is not None:
                thawed = self._thawed[number] = thaw_connection(frozen)
        return thawed

    def find(self, host: str, local: str, remote: str) -> tuple[ConnectionDraft, EndDraft] | None:
        """The connection that has these addresses now, and its end on `host`."""
        connection = self.connection(self.index.get((host, local, remote)))
        return None if connection is None else (connection, connection.end(host))

    def open_connection(self, client: EndDraft, server: EndDraft) -> ConnectionDraft:
        """A new connection; it takes the place of another one with the same addresses."""
        self._last_number += 1
        connection = ConnectionDraft(self._last_number, client, server, began=self.t)
        self._thawed[connection.id] = connection
        # The place in the mapping, to keep the order of appearance; `freeze` fills in what came of it.
        self._connections.put(connection.id, freeze_connection(connection))
        for end in (client, server):
            self.index.put((end.host, end.local, end.remote), connection.id)
        if len(self._connections) > KEPT:
            self._forget_oldest()
        return connection

    def mark_closed(self, connection: ConnectionDraft) -> None:
        """Both ends are gone."""
        connection.closed = self.t
        self._closed.put(connection.id, None)

    def mark_over(self, connection: ConnectionDraft) -> None:
        """What is left of it is TIME_WAIT, and no table will say when that ends: it may be forgotten."""
        self._closed.put(connection.id, None)

    def mark_open(self, connection: ConnectionDraft) -> None:
        """It was thought closed, and is not."""
        connection.closed = None
        self._closed.pop(connection.id)

    def tidy(self) -> None:
        """Many were closed at once, after a flood: forget those as well that there is no room for."""
        while len(self._connections) > KEPT and len(self._closed):
            self._forget_oldest()

    def _forget_oldest(self) -> None:
        oldest = next(iter(self._closed), None)
        if oldest is None:
            return
        self._closed.pop(oldest)
        connection = self.connection(oldest)
        if connection is None:
            return
        self._connections.pop(oldest)
        del self._thawed[oldest]
        for end in (connection.client, connection.server):
            key = (end.host, end.local, end.remote)
            if self.index.get(key) == oldest:
                self.index.pop(key)
                self.dirty.pop(key)

    def listener(self, host: str, local: str) -> ListenerDraft | None:
        """The listener that has exactly this address."""
        key = (host, local)
        thawed = self._thawed_listeners.get(key)
        if thawed is None:
            frozen = self._listeners.get(key)
            if frozen is not None:
                thawed = self._thawed_listeners[key] = thaw_listener(frozen)
        return thawed

    def add_listener(self, host: str, local: str) -> ListenerDraft:
        """The listener with this address, a new one (CLOSED) if there is none."""
        found = self.listener(host, local)
        if found is None:
            found = self._thawed_listeners[host, local] = ListenerDraft(host, local)
            self._listeners.put((host, local), freeze_listener(found))
        return found

    def listeners(self) -> Iterator[ListenerDraft]:
        """All of them, in order of appearance."""
        for host, local in tuple(self._listeners):
            found = self.listener(host, local)
            if found is not None:
                yield found

    def program(self, host: str, pid: int) -> ProgramDraft | None:
        """The program, if it is one of ours."""
        key = (host, pid)
        thawed = self._thawed_programs.get(key)
        if thawed is None:
            frozen = self._programs.get(key)
            if frozen is not None:
                thawed = self._thawed_programs[key] = thaw_program(frozen)
        return thawed

    def programs(self, host: str) -> Iterator[ProgramDraft]:
        """Those of a host, in order of start."""
        for at, pid in tuple(self._programs):
            found = self.program(at, pid) if at == host else None
            if found is not None:
                yield found

    def put_program(self, program: ProgramDraft) -> None:
        """A program that has just begun."""
        key = (program.host, program.pid)
        self._thawed_programs[key] = program
        self._programs.put(key, freeze_program(program))
        if len(self._programs) > KEPT:
            self._forget_oldest_program()

    def _forget_oldest_program(self) -> None:
        for key in self._programs:
            program = self._thawed_programs.get(key) or self._programs[key]
            if not program.running:
                self._programs.pop(key)
                self._thawed_programs.pop(key, None)
                return

    def table(self, host: str) -> Shared[tuple[str, str], SocketRow]:
        """A host's socket table as last sampled."""
        own = self._own_tables.get(host)
        if own is None:
            own = self._own_tables[host] = Shared(self._tables.get(host) or {})
        return own

    def freeze(self) -> World:
        """The world as it is now."""
        for number, connection in self._thawed.items():
            self._connections.put(number, freeze_connection(connection))
        for key, listener in self._thawed_listeners.items():
            self._listeners.put(key, freeze_listener(listener))
        for place, program in self._thawed_programs.items():
            self._programs.put(place, freeze_program(program))
        for host, table in self._own_tables.items():
            self._tables.put(host, table.done())
        return World(
            t=self.t,
            header=self.header,
            connections=self._connections.done(),
            listeners=self._listeners.done(),
            programs=self._programs.done(),
            tables=self._tables.done(),
            sampled=self.sampled.done(),
            datagrams=self.datagrams.done(),
            row_changed=self.row_changed.done(),
            counters=self.counters.done(),
            wire=Wire(self.mode, self.delay, self.in_flight.done()),
            settings=self.settings.done(),
            sysctls=self.sysctls.done(),
            refused=self.refused,
            caption=self.caption,
            ended=self.ended,
            tracking=Tracking(
                index=self.index.done(),
                dirty=self.dirty.done(),
                closed=self._closed.done(),
                calls=self.calls.done(),
                suspects=tuple(self.suspects),
                arrived=self.arrived.done(),
                last_number=self._last_number,
            ),
        )
