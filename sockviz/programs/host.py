"""The engine's end of a host: starting it, forking programs on it, reading its tables, ending it.

`start_host` forks, so it is called while this process has one thread; the rest is used on the engine's event
loop.
"""

import asyncio
import contextlib
import itertools
import os
import signal
import socket
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final, NamedTuple, TypeAlias

from sockviz.errors import UserError
from sockviz.events import (
    Event,
    ListenerGone,
    ListenerSampled,
    ProgramEnded,
    ProgramStarted,
    SocketsSampled,
)
from sockviz.guests.processes import Process
from sockviz.process import fork_child, go_on, is_stopped
from sockviz.programs import host_process, messages
from sockviz.programs.channel import Channel, Passed
from sockviz.programs.host_process import HostSetup
from sockviz.programs.messages import (
    Configure,
    Died,
    Done,
    EndedError,
    Exit,
    Failed,
    RefusedError,
    RunGuest,
    Sampled,
    SetSysctl,
    Spawn,
    SysctlSet,
    TakeSample,
)
from sockviz.programs.pending import Pending
from sockviz.programs.program import OnEvent, ProgramHandle
from sockviz.programs.sample import Queues, Sample

__all__ = [
    "EndedError",
    "GuestCommand",
    "HostHandle",
    "HostLostError",
    "HostSetup",
    "ProgramHandle",
    "RefusedError",
    "Sample",
    "start_host",
]

CALLS_OF_A_PROGRAM: Final = 1_000_000
"""A program's calls are numbered from its ordinal times this: unique while no program makes more."""

_GRACE: Final = 2.0
"""Seconds for an orderly end before SIGKILL."""
_BETWEEN_LOOKS: Final = 0.5
"""Seconds: whether the process was stopped."""
_FIRST_PAUSE: Final = 0.0005
_LONGEST_PAUSE: Final = 0.05

_ordinals = itertools.count(1)

OnProcesses: TypeAlias = Callable[[SocketsSampled, Sequence[Process]], None]


class GuestCommand(NamedTuple):
    """What one of the user's programs is started with."""

    argv: Sequence[str]
    environment: Mapping[str, str]
    directory: str
    size: tuple[int, int]
    """Columns and rows of its terminal at first."""


def start_host(setup: HostSetup, on_event: OnEvent) -> "HostHandle":
    """Fork a host process; it calls `setup.prepare` at once. `on_event` gets the events of its programs.

    Raises:
        OSError: no process could be made.
    """
    ours, theirs = socket.socketpair()
    parent = os.getpid()
    with theirs:
        pid = fork_child(
            lambda: host_process.run(theirs, setup, parent),
            name=f"host {setup.names[0]}" if len(setup.names) == 1 else "hosts",
            keep=[theirs.fileno()],
        )
    return HostHandle(pid, ours, setup, on_event)


class HostLostError(UserError):
    """The host process has ended."""


class HostHandle:
    """A host process. Every method but `close` raises HostLostError once the process has ended."""

    def __init__(self, pid: int, sock: socket.socket, setup: HostSetup, on_event: OnEvent) -> None:
        self.pid = pid
        self.names = setup.names
        self.programs: dict[int, ProgramHandle] = {}
        """Those that run, by pid."""
        self.on_lost: Callable[[str], None] | None = None
        """Called when the process ended, or was stopped, and `close` was not called: with the verb."""
        self.on_processes: OnProcesses | None = None
        """Called when the user's programs are not those of the sample before: the sample, and them."""
        self.looks_at_threads = False
        """A sample looks at what the user's programs are blocked in."""
        self._setup = setup
        self._socket = sock
        self._on_event = on_event
        self._connected: Channel | None = None
        self._requests = itertools.count(1)
        self._prepared: asyncio.Future[Done] | None = None
        self._done: Pending[Done] = Pending()
        self._samples: Pending[Sampled] = Pending()
        self._settings: Pending[SysctlSet] = Pending()
        self._datagrams = False
        """A program has, or has had, a UDP socket."""
        self._spawned: Pending[ProgramHandle] = Pending()
        self._spawning: dict[int, tuple[Spawn, socket.socket]] = {}
        self._queues = Queues()
        self._ended = asyncio.Event()
        self._closing = False

    async def ready(self) -> None:
        """Wait until `prepare` is done.

        Raises:
            UserError: as `prepare` raised it.
        """
        _ = self._channel
        assert self._prepared  # noqa: S101 - made with the channel
        await asyncio.shield(self._prepared)

    async def configure(self) -> None:
        """Have it call `configure` and open its tables.

        Raises:
            UserError: as `configure` raised it.
        """
        request = next(self._requests)
        done = self._done.open(request)
        self._order(request, Configure(request=request))
        await done

    async def spawn(self, program: str, host: str | None = None) -> ProgramHandle:
        """Start a program, named `server`, `client 1` …, on `host` (one of `names`; None: the first).

        Raises:
            UserError: the system allows no more processes.
        """
        request = next(self._requests)
        order = Spawn(
            request=request,
            host=host or self.names[0],
            program=program,
            address=self._setup.address,
            first_call=next(_ordinals) * CALLS_OF_A_PROGRAM,
        )
        ours, theirs = socket.socketpair()
        self._spawning[request] = (order, ours)
        spawned = self._spawned.open(request)
        self._order(request, order, theirs)
        return await spawned

    async def run_guest(
        self, program: str, command: GuestCommand, sock: Passed, terminal: Passed, trace: Passed | None
    ) -> int:
        """Make a keeper that starts one of the user's programs; the keeper's pid.

        `sock` is its end of a socket pair, over which it tells the rest (`sockviz.guests.messages`);
        `terminal` the program's terminal; `trace`, if its calls are to be followed, where strace writes to.
        All of them are closed here.

        Raises:
            UserError: the system allows no more processes.
        """
        request = next(self._requests)
        order = RunGuest(
            request=request,
            program=program,
            argv=tuple(command.argv),
            environment=dict(command.environment),
            directory=command.directory,
            columns=command.size[0],
            rows=command.size[1],
            followed=trace is not None,
        )
        done = self._done.open(request)
        self._order(request, order, sock, terminal, *([trace] if trace is not None else []))
        return (await done).pid

    async def sample(self) -> Sample:
        """Read the socket table, the counters, and the queues of the programs' listeners."""
        request = next(self._requests)
        sample = self._samples.open(request)
        self._datagrams |= any(program.sends_datagrams for program in self.programs.values())
        order = TakeSample(request=request, datagrams=self._datagrams, blocked=self.looks_at_threads)
        self._order(request, order)
        programs = [program for program in self.programs.values() if program.listens]
        looks = await asyncio.gather(*(program.listener_status() for program in programs))
        sampled = await sample
        if sampled.processes is not None and self.on_processes:
            self.on_processes(sampled.sockets[0], sampled.processes)
        listeners: list[ListenerSampled | ListenerGone] = [
            listener
            for program, look in zip(programs, looks, strict=True)
            if look is not None
            for listener in self._queues.differences(program.host, program.pid, look, sampled.half_open)
        ]
        return Sample(
            sockets=sampled.sockets,
            counters=sampled.counters,
            listeners=(*sampled.listeners, *listeners),
            cost=sampled.cost,
        )

    async def set_sysctl(self, name: str, value: str) -> tuple[int, str]:
        """Change a setting of its network namespace: when that was done, and the value it has now.

        Raises:
            UserError: (kind `no-sysctl`) there is no such setting, or the kernel does not take the value.
        """
        request = next(self._requests)
        setting = self._settings.open(request)
        self._order(request, SetSysctl(request=request, name=name, value=value))
        done = await setting
        return done.t, done.value

    async def close(self) -> None:
        """End the programs and the process; after this none of them is left."""
        self._closing = True
        channel = self._channel
        for program in list(self.programs.values()):
            program.exit()
            go_on(program.pid)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._programs_ended(), _GRACE)
        channel.send(messages.encode(Exit()))
        try:
            await asyncio.wait_for(self._ended.wait(), _GRACE)
        except TimeoutError:
            os.kill(self.pid, signal.SIGKILL)
            await self._ended.wait()

    async def _programs_ended(self) -> None:
        for program in list(self.programs.values()):
            await program.ended.wait()

    @property
    def _channel(self) -> Channel:
        """Opened at the first use: the host is started before there is a loop."""
        if self._connected is None:
            self._prepared = self._done.open(0)
            self._connected = Channel(self._socket, self._on_line, self._on_end)
            self._look(stopped=False)
        return self._connected

    def _order(self, request: int, order: messages.ToHost, *passed: Passed) -> None:
        self._channel.send(messages.encode(order), *passed)
        if self._channel.closed:
            self._fail(request, self._lost())

    def _on_line(self, line: bytes) -> None:
        match messages.from_host.decode(line):
            case Died() as died:
                if program := self.programs.get(died.pid):
                    program.note_death(died.t, died.status)
            case Failed(request=request) as failed:
                self._fail(request, UserError(failed.message, failed.hint, failed.kind))
            case Sampled(request=request) as sampled:
                self._samples.resolve(request, sampled)
            case SysctlSet(request=request) as done:
                self._settings.resolve(request, done)
            case Done(request=request) as done if request in self._spawning:
                self._spawned.resolve(request, self._adopt(done))
            case Done(request=request) as done:
                self._done.resolve(request, done)

    def _adopt(self, done: Done) -> ProgramHandle:
        """A program was started. Registered here, since its death may be the next line."""
        order, sock = self._spawning.pop(done.request)
        program = ProgramHandle(done.pid, order, sock, self._on_program_event)
        self.programs[done.pid] = program
        self._on_event(ProgramStarted(t=done.t, host=order.host, pid=done.pid, program=order.program))
        return program

    def _on_program_event(self, event: Event) -> None:
        if isinstance(event, ProgramEnded):
            self.programs.pop(event.pid, None)
            self._queues.forget(event.pid)
        self._on_event(event)

    def _fail(self, request: int, error: UserError) -> None:
        if request in self._spawning:
            self._spawning.pop(request)[1].close()
        for pending in (self._done, self._samples, self._settings, self._spawned):
            pending.fail(request, error)

    def _on_end(self) -> None:
        """The process has ended or is ending: the kernel kills its programs with it."""
        for request in list(self._spawning):
            self._fail(request, self._lost())
        for pending in (self._done, self._samples, self._settings):
            pending.fail_all(self._lost())
        for program in list(self.programs.values()):
            program.note_death(self._setup.clock.now(), -signal.SIGKILL)
        self._reap(_FIRST_PAUSE)

    def _reap(self, pause: float) -> None:
        """Collect the exit status, as soon as there is one; the socket's end comes a little before it."""
        if os.waitpid(self.pid, os.WNOHANG)[0] == 0:
            asyncio.get_running_loop().call_later(pause, self._reap, min(2 * pause, _LONGEST_PAUSE))
            return
        self._ended.set()
        self._lose("ended")

    def _lose(self, how: str) -> None:
        """The run can't go on; said once."""
        if not self._closing and self.on_lost:
            on_lost, self.on_lost = self.on_lost, None
            on_lost(how)

    def _look(self, *, stopped: bool) -> None:
        """Look whether somebody stopped the process; twice, since that may have been for a moment."""
        if self._ended.is_set():
            return
        before, stopped = stopped, is_stopped(self.pid)
        if before and stopped:
            self._lose("was stopped (SIGSTOP)")
            os.kill(self.pid, signal.SIGKILL)
            return
        asyncio.get_running_loop().call_later(_BETWEEN_LOOKS, partial(self._look, stopped=stopped))

    def _lost(self) -> HostLostError:
        names = " and ".join(self.names)
        return HostLostError(f"the process of the host {names} ended", "start again", "host-lost")
