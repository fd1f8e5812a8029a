"""A host: a process of ours that stands for one end of the wire (or, on loopback, for both).

It has the host's network namespace, forks the host's programs, reads its socket table and counters, and reaps
what ends. It has one thread, and does nothing but answer the engine. It ends, with all its programs, when its
control socket does.
"""

import contextlib
import errno
import os
import select
import signal
import socket
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from sockviz import privileges
from sockviz.errors import UserError, exhausted
from sockviz.events import RowKey, SocketRow, SocketsSampled
from sockviz.process import die_with_parent, fork_child
from sockviz.programs import messages, puppet
from sockviz.programs.channel import Lines
from sockviz.programs.messages import (
    Configure,
    Died,
    Done,
    Exit,
    Failed,
    Reply,
    RunGuest,
    Sampled,
    SetSysctl,
    Spawn,
    SysctlSet,
    TakeSample,
)
from sockviz.sources import sysctls
from sockviz.sources.clock import Clock
from sockviz.sources.counters import CounterReader
from sockviz.sources.table import TableSampler, diff

if TYPE_CHECKING:
    from sockviz.guests.hosting import Hosting

_FDS_AT_ONCE = 16


@dataclass(frozen=True, kw_only=True)
class HostSetup:
    """How a host is started."""

    names: tuple[str, ...]
    """The host names that it stands for: one in the lab, (`client`, `server`) on loopback."""
    address: str
    """The run's server address, `10.0.0.1:8001`."""
    clock: Clock
    port: int | None = None
    """Look at the sockets with this port only; None: at all of the namespace."""
    prepare: Callable[[], None] | None = None
    """Called in the new process at once (the lab: unshare)."""
    configure: Callable[[], None] | None = None
    """Called in it when the engine says so (the lab: address the interface)."""
    guests: bool = False
    """It runs the user's programs instead of ours, and keeps what it may for that."""
    keep: frozenset[int] = frozenset({privileges.NET_BIND_SERVICE})
    """The capabilities that it keeps after `configure`, of those that it has."""
    pass_on: frozenset[int] = frozenset({privileges.NET_BIND_SERVICE})
    """Those of them that its programs have; it must have all of theirs to look at their descriptors."""


def run(sock: socket.socket, setup: HostSetup, parent: int) -> None:
    """Be the host until `sock` ends. In a process of its own."""
    host = HostProcess(sock, setup)
    host.prepare()
    die_with_parent(parent)  # again: prepare() may have changed the credentials
    host.serve()


class HostProcess:
    """The state of the host: its programs, and what was last sampled."""

    def __init__(self, sock: socket.socket, setup: HostSetup) -> None:
        self._socket = sock
        self._setup = setup
        self._programs: set[int] = set()
        self._passed: deque[int] = deque()
        """Descriptors that came with `Spawn` orders, in their order."""
        self._rows: dict[str, dict[RowKey, SocketRow]] = {name: {} for name in setup.names}
        self._wake, wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        self._table: TableSampler | None = None
        self._counters: CounterReader | None = None
        self._hosting: Hosting | None = None

    def prepare(self) -> None:
        """Call the setup's `prepare`, and say so, or say why it could not be done."""
        self._attempt(0, partial(self._done, 0, self._setup.prepare))

    def serve(self) -> None:
        """Answer until the control socket ends; then kill what is left."""
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        poll.register(self._wake, select.POLLIN)
        lines = Lines()
        going = True
        while going:
            ready = {fd for fd, _ in poll.poll()}
            if self._wake in ready:
                with contextlib.suppress(BlockingIOError):
                    os.read(self._wake, 4096)
                self._reap()
            if self._socket.fileno() in ready:
                going = self._read(lines)
        for pid in self._programs:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)

    def _read(self, lines: Lines) -> bool:
        """Carry out the orders that came; False: there will be no more."""
        try:
            data, fds, _, _ = socket.recv_fds(self._socket, 1 << 16, _FDS_AT_ONCE)
        except ConnectionResetError:  # the engine was killed before it had read all
            return False
        self._passed.extend(fds)
        for line in lines.feed(data):
            match messages.to_host.decode(line):
                case Configure(request=request):
                    self._attempt(request, partial(self._done, request, self._configure))
                case Spawn(request=request) as spawn:
                    self._attempt(request, partial(self._spawn, spawn, self._passed.popleft()))
                case RunGuest(request=request) as guest:
                    fds = [self._passed.popleft() for _ in range(3 if guest.followed else 2)]
                    self._attempt(request, partial(self._run_guest, guest, *fds))
                case TakeSample(request=request) as order:
                    self._attempt(request, partial(self._sample, order))
                case SetSysctl(request=request) as order:
                    self._attempt(request, partial(self._set_sysctl, order))
                case Exit():
                    return False
        return bool(data)

    def _attempt(self, request: int, work: Callable[[], Reply]) -> None:
        """Reply with what `work` returns, or say why it could not be done."""
        try:
            reply = work()
        except Exception as error:  # noqa: BLE001 - whatever it is, the engine must hear of it
            told = error if isinstance(error, UserError) else exhausted(error) or _unknown(error)
            reply = Failed(request=request, message=told.message, hint=told.hint, kind=told.kind)
        self._send(reply)

    def _done(self, request: int, work: Callable[[], None] | None) -> Done:
        if work is not None:
            work()
        return Done(request=request, pid=os.getpid(), t=self._setup.clock.now())

    def _configure(self) -> None:
        if self._setup.configure:
            self._setup.configure()
        if self._setup.guests:
            self._hosting = self._open_hosting()
        else:
            self._table = TableSampler(self._setup.clock, port=self._setup.port)
        counted = "server" if "server" in self._setup.names else self._setup.names[0]
        self._counters = CounterReader(self._setup.clock, counted)
        if not self._setup.guests:
            privileges.drop(self._setup.keep)

    def _open_hosting(self) -> "Hosting":
        from sockviz.guests.hosting import Hosting  # noqa: PLC0415 - for those who need it

        try:
            return Hosting(self._setup.names[0], self._setup.clock)
        except OSError as error:
            raise UserError(
                f"this kernel does not tell of its sockets (sock_diag): {error.strerror}",
                "load it with `sudo modprobe tcp_diag`",
                "no-sock-diag",
            ) from None

    def _run_guest(self, guest: RunGuest, fd: int, terminal: int, trace: int | None = None) -> Done:
        if self._hosting is None:
            raise UserError("this host has no programs of the user's own", kind="internal")
        try:
            with socket.socket(fileno=fd) as sock:
                pid = self._hosting.start(guest, sock, terminal, trace)
        except OSError as error:
            raise UserError(
                f"{guest.program} could not be started: {error.strerror}", "see `ulimit -u`", "no-process"
            ) from None
        return Done(request=guest.request, pid=pid, t=self._setup.clock.now())

    def _spawn(self, spawn: Spawn, fd: int) -> Done:
        try:
            with socket.socket(fileno=fd) as sock:
                pid = fork_child(lambda: self._be_program(sock, spawn), name=spawn.program, keep=[fd])
        except OSError as error:
            raise UserError(
                f"{spawn.program} could not be started: {error.strerror}",
                "end some of the clients, or see `ulimit -u`",
                "no-process",
            ) from None
        self._programs.add(pid)
        return Done(request=spawn.request, pid=pid, t=self._setup.clock.now())

    def _be_program(self, sock: socket.socket, spawn: Spawn) -> None:
        privileges.drop(self._setup.pass_on)
        puppet.run(sock, spawn, self._setup.clock)

    def _set_sysctl(self, order: SetSysctl) -> SysctlSet:
        try:
            value = sysctls.write(order.name, order.value)
        except OSError as error:
            raise UserError(_not_set(order, error), kind="no-sysctl") from None
        return SysctlSet(request=order.request, value=value, t=self._setup.clock.now())

    def _sample(self, order: TakeSample) -> Sampled:
        if self._hosting is not None and self._counters is not None:
            return self._look(order, self._hosting, self._counters)
        if self._table is None or self._counters is None:
            raise UserError("the host was not configured", kind="internal")
        before = time.thread_time_ns()
        snapshot = self._table.sample(datagrams=order.datagrams)
        sampled = []
        for name in self._setup.names:
            rows = [row for row in snapshot.rows if self._owner(row) == name]
            changed, gone, self._rows[name] = diff(self._rows[name], rows)
            sampled.append(
                SocketsSampled(t=snapshot.t, began=snapshot.began, host=name, changed=changed, gone=gone)
            )
        half_open = Counter(row.local for row in snapshot.rows if row.state == "SYN_RECV")
        return Sampled(
            request=order.request,
            sockets=tuple(sampled),
            counters=tuple(self._counters.raised_events()),
            half_open=dict(half_open),
            cost=time.thread_time_ns() - before,
        )

    def _look(self, order: TakeSample, hosting: "Hosting", counters: CounterReader) -> Sampled:
        """Sample a host that runs the user's programs."""
        before = time.thread_time_ns()
        look = hosting.look(blocked=order.blocked)
        name = self._setup.names[0]
        changed, gone, self._rows[name] = diff(self._rows[name], look.rows)
        return Sampled(
            request=order.request,
            sockets=(SocketsSampled(t=look.t, began=look.began, host=name, changed=changed, gone=gone),),
            counters=tuple(counters.raised_events()),
            listeners=look.listeners,
            processes=look.processes,
            cost=time.thread_time_ns() - before,
        )

    def _owner(self, row: SocketRow) -> str | None:
        """The host name that a row belongs to; None: to neither, it is somebody else's on this machine.

        With two names, the listener's address is the `server`, and who speaks with it a `client`. The same
        port of another address is not ours.
        """
        if len(self._setup.names) == 1:
            return self._setup.names[0]
        if row.local == self._setup.address:
            return "server"
        return "client" if row.remote == self._setup.address else None

    def _reap(self) -> None:
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return
                if pid in self._programs:
                    self._programs.discard(pid)
                    code = os.waitstatus_to_exitcode(status)
                    self._send(Died(pid=pid, status=code, t=self._setup.clock.now()))

    def _send(self, message: msgspec.Struct) -> None:
        # BrokenPipeError: the engine is gone; the next read says so.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._socket.sendall(messages.encode(message))


def _unknown(error: Exception) -> UserError:
    """An error of ours."""
    return UserError(f"{type(error).__name__}: {error}", kind="internal")


def _not_set(order: SetSysctl, error: OSError) -> str:
    """Why a setting could not be changed, as a sentence."""
    reasons = {
        errno.ENOENT: f"this kernel has no setting {order.name}",
        errno.EINVAL: f"the kernel does not take {order.value!r} for {order.name}",
        errno.EROFS: "settings can't be changed here: /proc/sys is read-only",
    }
    plain = f"{order.name} could not be set: {error.strerror}"
    return reasons.get(error.errno or 0, plain)
