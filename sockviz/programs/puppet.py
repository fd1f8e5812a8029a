"""A toy program, server or client: a process that makes real blocking calls when it is told to.

Its first thread reads orders and never blocks in a call that is shown. The thread `main` makes socket, bind,
listen, accept and connect, and whatever is ordered without a descriptor; each descriptor that data flows on
has a thread of its own, `fd 4`. So one blocked call does not stop the others. Every call is an event before
it is entered and after it returned.

Which calls to make, and when, is the engine's business (`accept` is not repeated here). The process ends when
its control socket does.
"""

import fcntl
import os
import resource
import socket
import threading
from dataclasses import dataclass
from functools import partial
from typing import Final

import msgspec

from sockviz import addresses
from sockviz.addresses import Address
from sockviz.events import CallReturned
from sockviz.intents import Call
from sockviz.process import end_on_crash, set_thread_name
from sockviz.programs import calls, messages
from sockviz.programs.caller import Caller, steps
from sockviz.programs.channel import Lines, receive
from sockviz.programs.messages import (
    AskListeners,
    Exit,
    ListenerQueue,
    Listeners,
    Perform,
    Performed,
    Refused,
    RefusedError,
    Spawn,
)
from sockviz.programs.worker import Worker, install_handler
from sockviz.sources.clock import Clock

_CONTROL_FD: Final = 1000
_LARGEST: Final = 1 << 24
_CLOSING: Final = frozenset({"close", "abort"})
_OF_DATA: Final = frozenset({"send", "recv", "sendto", "recvfrom", "shutdown"})


@dataclass(eq=False, slots=True)
class Descriptor:
    """A socket of this program, from the order that makes it to the order that closes it."""

    fd: int | None = None
    """None: socket() has not returned yet, or failed."""
    accepted: bool = False
    """Made by accept(), so no listener."""
    worker: "Worker[Job] | None" = None


@dataclass(eq=False, slots=True)
class Job:
    """An order on its way to a thread."""

    request: int
    call: Call
    descriptor: Descriptor
    returned: CallReturned | None = None


def run(sock: socket.socket, spawn: Spawn, clock: Clock) -> None:
    """Be the program that `spawn` describes until `sock`, the control socket, ends."""
    install_handler()
    end_on_crash()
    set_thread_name(spawn.program)
    # The program's own sockets get the small numbers that they would have in a program of its own.
    floor = min(_CONTROL_FD, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 8)
    control = socket.socket(fileno=fcntl.fcntl(sock.fileno(), fcntl.F_DUPFD_CLOEXEC, floor))
    sock.close()
    Program(control, spawn, clock).serve()


class Program:
    """The state of the program: its descriptors and its threads."""

    def __init__(self, control: socket.socket, spawn: Spawn, clock: Clock) -> None:
        self._control = control
        self._clock = clock
        self._server = addresses.parse(spawn.address)
        self._caller = Caller(self._emit, spawn.host, spawn.first_call, clock)
        self._sending = threading.Lock()
        self._descriptors: dict[int, Descriptor] = {}
        self._newest: Descriptor | None = None
        self._main: Worker[Job] = Worker("main", self._perform)

    def serve(self) -> None:
        """Carry out orders until there are no more."""
        lines = Lines()
        while data := receive(self._control):
            for line in lines.feed(data):
                match messages.to_program.decode(line):
                    case Perform(request=request, call=call):
                        self._order(request, call)
                    case AskListeners(request=request):
                        self._answer_listeners(request)
                    case Exit():
                        return

    # What follows up to `_perform` runs in the first thread.

    def _order(self, request: int, call: Call) -> None:
        try:
            self._route(request, call)
        except RefusedError as refusal:
            self._emit(Refused(request=request, reason=str(refusal)))

    def _route(self, request: int, call: Call) -> None:
        """Give the order to the thread that is to make the call."""
        self._check(call)
        if call.name == "socket":
            self._newest = Descriptor()
            self._main.put(Job(request, call, self._newest))
            return
        descriptor = self._descriptor(call)
        job = Job(request, call, descriptor)
        match call.name:
            case "interrupt":
                returned = self._interrupt(descriptor, call)
                if returned is None:
                    raise RefusedError(f"interrupt: no call on descriptor {call.fd} is blocked")
                self._emit(Performed(request=request, returned=returned))
            case "close" | "abort" if call.fd is not None or self._main.idle:
                self._close(job)
            case "close" | "abort":
                self._newest = None
                self._main.put(job)
            case name if name in _OF_DATA and call.fd is not None:
                self._own_worker(descriptor).put(job)
            case "listen" | "setsockopt" if descriptor.accepted or self._listens(descriptor):
                self._own_worker(descriptor).put(job)  # `main` may be blocked in accept()
            case _:
                self._main.put(job)

    def _check(self, call: Call) -> None:
        """Refuse what could not be passed to the kernel as it is."""
        try:
            steps(call, self._address(call))
        except ValueError as error:
            raise RefusedError(f"{call.name}: {error}") from None
        if not 0 <= call.size <= _LARGEST:
            raise RefusedError(f"recv: the size must be between 0 and {_LARGEST} bytes")
        if not -(2**31) <= call.backlog < 2**31:
            raise RefusedError("listen: the backlog must fit into an int of C")

    def _descriptor(self, call: Call) -> Descriptor:
        """What `call` is about: its fd, or, without one, what the last `socket` makes."""
        if call.fd is not None:
            found = self._descriptors.get(call.fd)
            if found is None:
                raise RefusedError(f"{call.name}: this program has no descriptor {call.fd}")
            return found
        if self._newest is None:
            raise RefusedError(f"{call.name}: this program has no socket; call socket first")
        return self._newest

    @staticmethod
    def _listens(descriptor: Descriptor) -> bool:
        return descriptor.fd is not None and calls.accept_queue(descriptor.fd) is not None

    def _own_worker(self, descriptor: Descriptor) -> Worker[Job]:
        if descriptor.worker is None:
            descriptor.worker = Worker(f"fd {descriptor.fd}", self._perform)
        return descriptor.worker

    def _workers(self, descriptor: Descriptor) -> list[Worker[Job]]:
        """The threads that may be in a call on `descriptor`."""
        return [self._main] if descriptor.worker is None else [self._main, descriptor.worker]

    def _interrupt(self, descriptor: Descriptor, call: Call) -> CallReturned | None:
        """Interrupt the calls on `descriptor`; what one of them returned, unless it returned by itself."""
        try:
            jobs = [worker.interrupt(descriptor) for worker in self._workers(descriptor)]
        except TimeoutError:
            reason = f"{call.name}: the blocked call on descriptor {descriptor.fd} does not return"
            raise RefusedError(reason) from None
        returned = [job.returned for job in jobs if job and job.returned and job.returned.error == "EINTR"]
        return returned[0] if returned else None

    def _close(self, job: Job) -> None:
        """Nothing else is done with the descriptor after this order; its number may be another's soon."""
        descriptor = job.descriptor
        for worker in self._workers(descriptor):
            for forgotten in worker.forget(descriptor):
                reason = f"{forgotten.call.name}: descriptor {descriptor.fd} was closed first"
                self._emit(Refused(request=forgotten.request, reason=reason))
        self._interrupt(descriptor, job.call)
        if descriptor.fd is not None:
            self._descriptors.pop(descriptor.fd, None)
        if self._newest is descriptor:
            self._newest = None
        if descriptor.worker is None and self._main.idle:
            self._main.put(job)
        else:
            worker = self._own_worker(descriptor)
            worker.put(job)
            worker.finish()

    def _answer_listeners(self, request: int) -> None:
        queues = []
        for descriptor in list(self._descriptors.values()):
            if descriptor.accepted or descriptor.fd is None:
                continue
            queue, local = calls.accept_queue(descriptor.fd), calls.local_address(descriptor.fd)
            if queue and local:
                queues.append(
                    ListenerQueue(fd=descriptor.fd, local=str(local), depth=queue[0], limit=queue[1])
                )
        self._emit(Listeners(request=request, t=self._clock.now(), queues=tuple(queues)))

    # What follows runs in the workers' threads.

    def _perform(self, job: Job, thread: str) -> None:
        """Make the calls of one order."""
        fd = job.descriptor.fd
        if fd is None and job.call.name != "socket":
            reason = f"{job.call.name}: the socket was not made"
            self._emit(Refused(request=job.request, reason=reason))
            return
        if fd is not None and job.call.name in _CLOSING:
            self._descriptors.pop(fd, None)  # before the number can be another's
        for step in steps(job.call, self._address(job.call)):
            job.returned = self._caller.make(step, -1 if fd is None else fd, thread, partial(self._made, job))
        if job.returned is not None:
            self._emit(Performed(request=job.request, returned=job.returned))

    def _made(self, job: Job, fd: int) -> None:
        """socket() or accept() returned a descriptor. The next order may be about it."""
        made = job.descriptor if job.call.name == "socket" else Descriptor(accepted=True)
        made.fd = fd
        self._descriptors[fd] = made

    def _address(self, call: Call) -> Address:
        return addresses.parse(call.address) if call.address else self._server

    def _emit(self, message: msgspec.Struct) -> None:
        """Send a line to the engine; without an engine there is nothing left to do."""
        try:
            with self._sending:
                self._control.sendall(messages.encode(message))
        except OSError:
            os._exit(0)
