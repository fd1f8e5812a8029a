"""Programs, their descriptors, and the calls they make."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from sockviz.events import CallEntered, CallReturned, ProgramEnded, ProgramStarted
from sockviz.tcp.states import RECEIVES, State, Trigger
from sockviz.world import datagram_texts, datagrams, guests, options, texts
from sockviz.world.connections import connection_of, inside
from sockviz.world.draft import Draft
from sockviz.world.labels import count_bytes
from sockviz.world.model import Descriptor, Provenance, SystemCall
from sockviz.world.names import canonical
from sockviz.world.narration import say, say_of
from sockviz.world.owners import call_of, disown, heirs, held_end, held_listener, own
from sockviz.world.queues import close_listener, measure, open_listener
from sockviz.world.thawed import ConnectionDraft, EndDraft, ProgramDraft
from sockviz.world.transitions import fire, go

_BACKLOG: Final = "backlog="
_OF_DATAGRAMS: Final = frozenset({"bind", "connect", "send", "sendto", "recv", "recvfrom"})
_QUIET: Final = frozenset(
    {
        *("EAGAIN", "EWOULDBLOCK", "EINPROGRESS"),
        *("ERESTARTSYS", "ERESTARTNOINTR", "ERESTARTNOHAND", "ERESTART_RESTARTBLOCK"),
    }
)
"""No failures: the socket does not block, or the kernel makes the call again by itself."""
_NOTHING: Final = "up to 0 bytes"
"""What recv() can only answer with 0."""


def program_started(draft: Draft, event: ProgramStarted) -> None:
    """A process began."""
    program = ProgramDraft(
        event.host, event.pid, event.program, command=event.command, parent=event.parent, user=event.user
    )
    if event.command or event.parent is not None:
        guests.started(draft, program)
    draft.put_program(program)


def program_ended(draft: Draft, event: ProgramEnded) -> None:
    """A process ended: the kernel closed what it held."""
    program = draft.program(event.host, event.pid)
    if program is None:
        return
    program.running, program.status = False, event.status
    if program.command:
        guests.say_end(draft, program)
    else:
        say(draft, texts.PROGRAM_ENDED, name=program.name)
    for fd in tuple(program.descriptors):
        _closed(draft, program, fd)
    for thread, call in program.calls.items():
        if call.returned is None:
            program.calls[thread] = replace(call, returned=draft.t)
            draft.calls.pop(call.id)


def call_entered(draft: Draft, event: CallEntered) -> None:
    """A program is in a call."""
    program = draft.program(event.host, event.pid)
    if program is None:
        program = ProgramDraft(event.host, event.pid, f"pid {event.pid}")
        draft.put_program(program)
    held = held_end(draft, event.host, event.pid, event.fd)
    program.calls[event.thread] = call_of(draft, event, held[0] if held is not None else None)
    draft.calls.put(event.call, (event.host, event.pid, event.thread))
    if held is not None:
        _touch(held[1], draft, event)
    listener = held_listener(draft, event.host, event.pid, event.fd)
    if listener is None:
        return
    listener.touched = draft.t
    if (
        canonical(event.name) == "accept"
        and not listener.accept_queue
        and draft.settings.get("accept") != "auto"
    ):
        say(draft, texts.ACCEPT_BLOCKED)


def _touch(end: EndDraft, draft: Draft, event: CallEntered) -> None:
    end.track.touched = draft.t
    if event.name == "shutdown" and event.args != "SHUT_RD":
        end.track.half_closing = True
    if event.name == "shutdown" and event.args != "SHUT_WR":
        end.track.deaf = True


def call_returned(draft: Draft, event: CallReturned) -> None:
    """A call is over: what it returned is a fact about the socket."""
    key = draft.calls.pop(event.call)
    if key is None:
        return
    host, pid, thread = key
    program = draft.program(host, pid)
    call = program.calls.get(thread) if program is not None else None
    if program is None or call is None or call.id != event.call:
        return
    call = replace(call, returned=draft.t, result=event.result, error=event.error)
    program.calls[thread] = call
    held = held_end(draft, host, pid, call.fd)
    if held is not None:
        held[1].track.touched = draft.t
    if event.error is not None:
        _failed(draft, program, call)
    elif _is_datagram(program, call.fd) and canonical(call.name, datagram=True) in _OF_DATAGRAMS:
        known = datagrams.call_returned(draft, call, event.local, event.remote, event.result)
        if known is not None:
            program.descriptors[known.fd] = replace(known, options=program.descriptors[known.fd].options)
    elif (kind := canonical(call.name)) in _RETURNED and not inside(draft, host, event.remote):
        _RETURNED[kind](draft, program, call, event)


def _is_datagram(program: ProgramDraft, fd: int | None) -> bool:
    descriptor = program.descriptors.get(fd) if fd is not None else None
    return descriptor is not None and descriptor.kind == datagrams.KIND


def _failed(draft: Draft, program: ProgramDraft, call: SystemCall) -> None:
    held = held_end(draft, call.host, call.pid, call.fd)
    if held is not None and call.name == "connect":
        # The segments told the story already, where they were seen.
        trigger = {"ECONNREFUSED": Trigger.RECV_RST, "ETIMEDOUT": Trigger.GAVE_UP}.get(call.error or "")
        if trigger is not None and held[1].state is State.SYN_SENT:
            fire(draft, *held, trigger, Provenance.OBSERVED)
    if (
        held is not None
        and call.error in ("ECONNRESET", "ETIMEDOUT")
        and canonical(call.name) in ("recv", "send")
    ):
        trigger = Trigger.RECV_RST if call.error == "ECONNRESET" else Trigger.GAVE_UP
        fire(draft, *held, trigger, Provenance.OBSERVED)
    if call.error in _QUIET:
        return
    meaning = texts.ERRORS.get(call.error or "")
    if call.error == "ECONNREFUSED" and _is_datagram(program, call.fd):
        meaning = datagram_texts.REFUSED
    if call.error == "EPIPE" and held is not None and held[1].reset:
        meaning = texts.EPIPE_AFTER_RST
    if meaning is None:
        say(draft, texts.CALL_FAILED_PLAIN, name=call.name, error=call.error)
    else:
        say(draft, texts.CALL_FAILED, name=call.name, error=call.error, meaning=meaning)


def _socket(draft: Draft, program: ProgramDraft, call: SystemCall, event: CallReturned) -> None:
    kind = datagrams.kind_of(call.args)
    program.descriptors[event.result] = Descriptor(event.result, kind)
    if kind == datagrams.KIND:
        datagrams.opened(draft, call.host, call.pid, event.result)


def _bind(_draft: Draft, program: ProgramDraft, call: SystemCall, event: CallReturned) -> None:
    if call.fd is not None:
        known = program.descriptors.get(call.fd) or Descriptor(call.fd, "socket")
        program.descriptors[call.fd] = replace(known, local=event.local or call.args)


def _setsockopt(draft: Draft, program: ProgramDraft, call: SystemCall, _event: CallReturned) -> None:
    descriptor = program.descriptors.get(call.fd) if call.fd is not None else None
    option = options.named(call.args)
    if descriptor is None or option is None:
        return
    descriptor = replace(descriptor, options={**descriptor.options, option[0]: option[1]})
    program.descriptors[descriptor.fd] = descriptor
    held = held_end(draft, call.host, call.pid, call.fd)
    listener = held_listener(draft, call.host, call.pid, call.fd)
    if held is not None:
        held[1].track.lingers = options.resets(descriptor.options)
    if listener is not None:
        listener.defers = options.defers(descriptor.options)


def _listen(draft: Draft, program: ProgramDraft, call: SystemCall, _event: CallReturned) -> None:
    if call.fd is None or (descriptor := program.descriptors.get(call.fd)) is None or not descriptor.local:
        return
    program.descriptors[call.fd] = replace(descriptor, kind="listening")
    listener = draft.listener(call.host, descriptor.local)
    again = listener is not None and listener.state is State.LISTEN and listener.backlog is not None
    listener = open_listener(draft, call.host, descriptor.local, Provenance.OBSERVED)
    listener.pid, listener.fd, listener.touched = call.pid, call.fd, draft.t
    if call.args.startswith(_BACKLOG) and call.args[len(_BACKLOG) :].isdecimal():
        listener.backlog = int(call.args[len(_BACKLOG) :])
    listener.defers = options.defers(descriptor.options)
    if again:
        listener.limit = None
        say(draft, texts.BACKLOG_CHANGED, backlog=listener.backlog)
    else:
        backlog = "" if listener.backlog is None else f" with backlog {listener.backlog}"
        say(draft, texts.LISTENING, local=listener.local, backlog=backlog)
    measure(draft, listener)


def _accept(draft: Draft, program: ProgramDraft, call: SystemCall, event: CallReturned) -> None:
    listener = held_listener(draft, call.host, call.pid, call.fd)
    local = event.local or (listener.local if listener is not None else None)
    if local is None or event.remote is None:
        program.descriptors[event.result] = Descriptor(event.result, "connected")
        return
    connection, end = connection_of(draft, call.host, local, event.remote, passive=True)
    if listener is not None:
        listener.touched = draft.t
        connection.listener = listener.local
    end.track.touched = draft.t
    was_reset = end.state is State.CLOSED and bool(end.history)
    if end.state in (State.CLOSED, State.SYN_RECV) and not was_reset:
        go(draft, connection, end, State.ESTABLISHED, Provenance.OBSERVED)
    own(draft, connection, end, call.pid, event.result)
    program.calls[call.thread] = replace(program.calls[call.thread], connection=connection.id)
    say(draft, texts.ACCEPTED, connection, fd=event.result)


def _connect(draft: Draft, program: ProgramDraft, call: SystemCall, event: CallReturned) -> None:
    if call.fd is None or event.local is None or event.remote is None:
        return
    connection, end = connection_of(draft, call.host, event.local, event.remote, passive=False)
    end.track.touched = draft.t
    end.track.syns = end.track.syns or 1
    own(draft, connection, end, call.pid, call.fd)
    program.calls[call.thread] = replace(program.calls[call.thread], connection=connection.id)
    if end.state in (State.CLOSED, State.SYN_SENT) and not end.reset:
        go(draft, connection, end, State.ESTABLISHED, Provenance.OBSERVED)


def _send(draft: Draft, _program: ProgramDraft, call: SystemCall, event: CallReturned) -> None:
    held = held_end(draft, call.host, call.pid, call.fd)
    if held is not None and event.result:
        say_of(draft, texts.SENT, *held, name=call.name, bytes=count_bytes(event.result))


def _recv(draft: Draft, _program: ProgramDraft, call: SystemCall, event: CallReturned) -> None:
    held = held_end(draft, call.host, call.pid, call.fd)
    if held is None:
        return
    if event.result:
        say_of(draft, texts.READ, *held, name=call.name, bytes=count_bytes(event.result))
        return
    if held[1].track.deaf or call.args == _NOTHING:
        return
    say_of(draft, texts.END_OF_FILE, *held, name=call.name)
    if held[1].state in RECEIVES:
        fire(draft, *held, Trigger.RECV_FIN, Provenance.OBSERVED)


def _shutdown(draft: Draft, _program: ProgramDraft, call: SystemCall, _event: CallReturned) -> None:
    held = held_end(draft, call.host, call.pid, call.fd)
    listener = held_listener(draft, call.host, call.pid, call.fd)
    if held is not None and call.args != "SHUT_RD":
        _ended_by_call(draft, *held, Trigger.SHUTDOWN)
    elif listener is not None and call.args != "SHUT_WR":
        close_listener(draft, listener, Trigger.SHUTDOWN, Provenance.OBSERVED)


def _close(draft: Draft, program: ProgramDraft, call: SystemCall, _event: CallReturned) -> None:
    if call.fd is not None:
        _closed(draft, program, call.fd)


def _closed(draft: Draft, program: ProgramDraft, fd: int) -> None:
    """A descriptor is gone; its socket only if it was the last one of it."""
    descriptor = program.descriptors.get(fd)
    heir = next(heirs(draft, program.host, program.pid, descriptor), None) if descriptor else None
    if heir is not None:
        _inherited(draft, program, fd, *heir)
        return
    held = held_end(draft, program.host, program.pid, fd)
    listener = held_listener(draft, program.host, program.pid, fd)
    program.descriptors.pop(fd, None)
    datagrams.closed(draft, program.host, program.pid, fd)
    if listener is not None:
        listener.touched = draft.t
        close_listener(draft, listener, Trigger.CLOSE, Provenance.OBSERVED)
    if held is not None:
        end = held[1]
        disown(draft, end)
        end.track.touched = draft.t
        # RFC 2525 §2.17: close() with unread data sends RST.
        unread = end.row is not None and end.row.recv_queue > 0
        _ended_by_call(draft, *held, Trigger.ABORT if end.track.lingers or unread else Trigger.CLOSE)


def _inherited(draft: Draft, program: ProgramDraft, fd: int, heir: ProgramDraft, other: int) -> None:
    """A descriptor is gone, and another process has one of the same socket, which goes on."""
    held = held_end(draft, program.host, program.pid, fd)
    listener = held_listener(draft, program.host, program.pid, fd)
    del program.descriptors[fd]
    if held is not None and (held[1].pid, held[1].fd) == (program.pid, fd):
        held[1].pid, held[1].fd = heir.pid, other
    if listener is not None and (listener.pid, listener.fd) == (program.pid, fd):
        listener.pid, listener.fd = heir.pid, other


def _ended_by_call(draft: Draft, connection: ConnectionDraft, end: EndDraft, trigger: Trigger) -> None:
    """What a call does that sends nothing, or whose segments can't be seen; else its FIN or RST tells."""
    if end.state is State.SYN_SENT:
        fire(draft, connection, end, trigger, Provenance.OBSERVED)
    elif end.isn is None:
        fire(draft, connection, end, trigger)


_RETURNED: Final[dict[str, Callable[[Draft, ProgramDraft, SystemCall, CallReturned], None]]] = {
    "socket": _socket,
    "bind": _bind,
    "setsockopt": _setsockopt,
    "listen": _listen,
    "accept": _accept,
    "connect": _connect,
    "send": _send,
    "recv": _recv,
    "shutdown": _shutdown,
    "close": _close,
}
