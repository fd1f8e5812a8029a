"""Ends, connections, listeners and programs that may be changed, while a draft is made.

They have the fields of the frozen ones, in their order; `sockviz.world.model` documents them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from operator import attrgetter

from sockviz.events import ListenerSampled, Owner, SocketRow
from sockviz.tcp.states import State
from sockviz.world.cause import Cause
from sockviz.world.model import (
    Connection,
    Descriptor,
    Endpoint,
    Listener,
    Program,
    Provenance,
    SystemCall,
    Transition,
)
from sockviz.world.track import Track


@dataclass(slots=True)
class EndDraft:
    """An `Endpoint` that may be changed."""

    host: str
    local: str
    remote: str
    state: State = State.CLOSED
    since: int = 0
    provenance: Provenance = Provenance.INFERRED
    row: SocketRow | None = None
    pid: int | None = None
    fd: int | None = None
    accepted: bool = False
    history: tuple[Transition, ...] = ()
    bytes_sent: int = 0
    bytes_received: int = 0
    isn: int | None = None
    reset: bool = False
    track: Track = field(default_factory=Track)


@dataclass(slots=True)
class ConnectionDraft:
    """A `Connection` that may be changed."""

    id: int
    client: EndDraft
    server: EndDraft
    listener: str | None = None
    began: int = 0
    closed: int | None = None
    drops: int = 0
    ghost: bool = False
    cookie: bool = False
    spoofed: bool = False
    cause: Cause | None = None

    def end(self, host: str) -> EndDraft:
        """The end on `host`."""
        return self.client if self.client.host == host else self.server

    def passive(self, end: EndDraft) -> bool:
        """The end is the child of a listener: it does not connect itself."""
        return end is self.server and not end.track.syns

    def peer(self, end: EndDraft) -> EndDraft:
        """The other end."""
        return self.server if end is self.client else self.client


@dataclass(slots=True)
class ListenerDraft:
    """A `Listener` that may be changed; its queues are mappings, to take one out of the middle at once."""

    host: str
    local: str
    state: State = State.CLOSED
    since: int = 0
    pid: int | None = None
    fd: int | None = None
    backlog: int | None = None
    syn_queue: dict[int, None] = field(default_factory=dict)
    accept_queue: dict[int, None] = field(default_factory=dict)
    depth: int | None = None
    limit: int | None = None
    half_open: int | None = None
    syn_capacity: int | None = None
    overflows: int = 0
    drops: int = 0
    history: tuple[Transition, ...] = ()
    provenance: Provenance = Provenance.INFERRED
    defers: bool = False
    touched: int = -1
    grew: int = -1
    accept_capacity: int | None = None
    owners: tuple[Owner, ...] = ()
    sockets: Mapping[int, ListenerSampled] = field(default_factory=dict)

    @property
    def bound(self) -> int | None:
        """The limit as far as it is known: the kernel's, else what listen() was called with."""
        return self.limit if self.limit is not None else self.backlog

    @property
    def full(self) -> bool:
        """One more will not go into the accept queue."""
        if self.accept_capacity is not None:
            return len(self.accept_queue) >= self.accept_capacity
        return self.bound is not None and len(self.accept_queue) > self.bound


@dataclass(slots=True)
class ProgramDraft:
    """A `Program` that may be changed."""

    host: str
    pid: int
    name: str
    running: bool = True
    status: int | None = None
    descriptors: dict[int, Descriptor] = field(default_factory=dict)
    calls: dict[str, SystemCall] = field(default_factory=dict)
    command: str = ""
    parent: int | None = None
    output: bytes = b""
    printed: int = 0
    user: str = ""
    terminal: tuple[int, int] | None = None
    by_key: bool = False


_end_fields = attrgetter(*(f.name for f in fields(Endpoint)))
_connection_fields = attrgetter(*(f.name for f in fields(Connection)))
_listener_fields = attrgetter(*(f.name for f in fields(Listener)))
_program_fields = attrgetter(*(f.name for f in fields(Program)))


def _thaw_end(end: Endpoint) -> EndDraft:
    draft = EndDraft(*_end_fields(end))
    draft.track = end.track.copy()
    return draft


def thaw_connection(connection: Connection) -> ConnectionDraft:
    """One that may be changed."""
    draft = ConnectionDraft(*_connection_fields(connection))
    draft.client, draft.server = _thaw_end(connection.client), _thaw_end(connection.server)
    return draft


def freeze_connection(draft: ConnectionDraft) -> Connection:
    """As it is now."""
    number, client, server, *rest = _connection_fields(draft)
    return Connection(number, Endpoint(*_end_fields(client)), Endpoint(*_end_fields(server)), *rest)


def thaw_listener(listener: Listener) -> ListenerDraft:
    """One that may be changed."""
    draft = ListenerDraft(*_listener_fields(listener))
    draft.syn_queue = dict.fromkeys(listener.syn_queue)
    draft.accept_queue = dict.fromkeys(listener.accept_queue)
    return draft


def freeze_listener(draft: ListenerDraft) -> Listener:
    """As it is now."""
    draft_fields = list(_listener_fields(draft))
    draft_fields[7:9] = tuple(draft.syn_queue), tuple(draft.accept_queue)
    return Listener(*draft_fields)


def thaw_program(program: Program) -> ProgramDraft:
    """One that may be changed."""
    draft = ProgramDraft(*_program_fields(program))
    draft.descriptors, draft.calls = dict(program.descriptors), dict(program.calls)
    return draft


def freeze_program(draft: ProgramDraft) -> Program:
    """As it is now."""
    return Program(*_program_fields(draft))
