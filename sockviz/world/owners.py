"""Which program holds which end, by which descriptor."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from sockviz.events import CallEntered, ThreadSampled
from sockviz.world.draft import Draft
from sockviz.world.model import Descriptor, SystemCall
from sockviz.world.options import resets
from sockviz.world.thawed import ConnectionDraft, EndDraft, ListenerDraft, ProgramDraft


def call_of(
    draft: Draft, event: CallEntered | ThreadSampled, connection: ConnectionDraft | None
) -> SystemCall:
    """The call that a thread is in, on an end of this connection if it is on any."""
    return SystemCall(
        id=event.call if isinstance(event, CallEntered) else 0,
        host=event.host,
        pid=event.pid,
        thread=event.thread,
        name=event.name,
        fd=event.fd,
        args=event.args,
        entered=draft.t,
        connection=connection.id if connection is not None else None,
        sampled=isinstance(event, ThreadSampled),
    )


def own(draft: Draft, connection: ConnectionDraft, end: EndDraft, pid: int, fd: int) -> None:
    """A program holds this end."""
    end.pid, end.fd = pid, fd
    if connection.passive(end) and not end.accepted:
        _accepted(draft, connection, end)
    program = draft.program(end.host, pid)
    if program is None:
        return
    known = program.descriptors.get(fd) or Descriptor(fd, "connected")
    if known.connection != connection.id:
        program.descriptors[fd] = replace(
            known, kind="connected", connection=connection.id, local=end.local, remote=end.remote
        )
        end.track.lingers = resets(known.options)
    for thread, call in program.calls.items():
        if call.fd == fd and call.returned is None and call.connection != connection.id:
            program.calls[thread] = replace(call, connection=connection.id)


def _accepted(draft: Draft, connection: ConnectionDraft, end: EndDraft) -> None:
    """It has a descriptor, so accept() took it out of the queue."""
    end.accepted = True
    listener = draft.listener(end.host, connection.listener) if connection.listener is not None else None
    if listener is not None:
        listener.accept_queue.pop(connection.id, None)


def unaccepted(draft: Draft, connection: ConnectionDraft, end: EndDraft) -> bool:
    """Nobody has accepted this end of a listener's connection; never, where that can't be seen."""
    return connection.passive(end) and not end.accepted and draft.sees("table", "calls")


def disown(draft: Draft, end: EndDraft) -> None:
    """No program holds this end any more."""
    program = draft.program(end.host, end.pid) if end.pid is not None else None
    if program is not None and end.fd is not None:
        program.descriptors.pop(end.fd, None)
    end.pid = end.fd = None


def held_end(draft: Draft, host: str, pid: int, fd: int | None) -> tuple[ConnectionDraft, EndDraft] | None:
    """The end that a program's descriptor stands for."""
    program = draft.program(host, pid)
    descriptor = program.descriptors.get(fd) if program is not None and fd is not None else None
    connection = draft.connection(descriptor.connection) if descriptor is not None else None
    return None if connection is None else (connection, connection.end(host))


def heirs(draft: Draft, host: str, pid: int, descriptor: Descriptor) -> Iterator[tuple[ProgramDraft, int]]:
    """Who else has a descriptor of the same socket: after fork() it goes on until the last is closed."""
    for program in draft.programs(host):
        if program.pid == pid or not program.running:
            continue
        for fd, other in program.descriptors.items():
            same = other.connection is not None and other.connection == descriptor.connection
            if same or (other.kind == descriptor.kind == "listening" and other.local == descriptor.local):
                yield program, fd


def held_listener(draft: Draft, host: str, pid: int, fd: int | None) -> ListenerDraft | None:
    """The listener that a program's descriptor stands for."""
    program = draft.program(host, pid)
    descriptor = program.descriptors.get(fd) if program is not None and fd is not None else None
    if descriptor is None or descriptor.kind != "listening":
        return None
    return draft.listener(host, descriptor.local)


def adopt_caller(draft: Draft, connection: ConnectionDraft, end: EndDraft) -> None:
    """An end sent its SYN: if just one program is in a connect() to that address that could be it, it is."""
    if end.pid is None:
        callers = list(islice(_callers(draft, end), 2))
        if len(callers) == 1:
            own(draft, connection, end, *callers[0])


def _callers(draft: Draft, end: EndDraft) -> Iterator[tuple[int, int]]:
    """(pid, fd) of the connect() calls to the peer of `end` whose connection is not known yet."""
    for number in draft.calls:
        host, pid, thread = draft.calls[number]
        program = draft.program(host, pid) if host == end.host else None
        call = program.calls.get(thread) if program is not None else None
        if call is None or call.name != "connect" or call.connection is not None or call.fd is None:
            continue
        if call.args == end.remote:
            yield pid, call.fd
