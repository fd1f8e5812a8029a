"""The engine's end of one of the user's programs: its terminal, its keeper, and what strace tells of it."""

import asyncio
import contextlib
import io
import itertools
import os
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from sockviz.engine.ground import RefusedError
from sockviz.events import Event
from sockviz.guests import messages, processes
from sockviz.guests.console import Console
from sockviz.guests.family import Family
from sockviz.guests.following import Following
from sockviz.guests.messages import Begun, Kill, Killed, Leave, NotBegun, Reaped
from sockviz.guests.streams import Trace
from sockviz.guests.tracer import Tracer
from sockviz.programs.channel import Channel
from sockviz.programs.host import GuestCommand, HostHandle
from sockviz.programs.messages import encode
from sockviz.programs.pending import Pending
from sockviz.sources.clock import Clock

LAST_WORDS: Final = 0.25
"""Seconds that a program's end waits for its last output, while others have its terminal still."""


class Guest:
    """One of the user's programs, from its start until all that it left behind has ended."""

    def __init__(
        self,
        name: str,
        text: str,
        family: Family,
        *,
        clock: Clock,
        emit: Callable[[Event], None],
        congested: Callable[[], bool],
        numbers: Iterator[int],
        on_lost: Callable[[str, str], None],
    ) -> None:
        """`on_lost` is told its name and why, as a clause, if its calls can't be followed any more."""
        self.name = name
        self.host = family.host
        self.text = text
        self.pid = 0
        """0: it has not begun."""
        self.status: int | None = None
        """Its exit status, or minus the signal that killed it."""
        self.over = asyncio.Event()
        """Nothing is left of it."""
        self.untraced = ""
        """Why its calls are not followed, though they should be."""
        self._family = family
        self._clock = clock
        self._emit = emit
        self._numbers = numbers
        self._congested = congested
        self._on_lost = on_lost
        self._begun: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._requests = itertools.count(1)
        self._killed: Pending[Killed] = Pending()
        self._console: Console | None = None
        self._trace: Trace | None = None
        self._following: Following | None = None
        self._tracer: Tracer | None = None
        self._traced = -1
        self._keeper = 0
        self._argv: Sequence[str] = ()
        self._channel: Channel | None = None
        self._ended: int | None = None
        """When the program itself ended."""
        self._told = False
        """Its end was told."""
        self._left = False
        """Its keeper has ended."""
        self._loop = asyncio.get_running_loop()

    async def start(self, handle: HostHandle, command: GuestCommand, *, trace: bool) -> str:
        """Start it; why it could not be executed, as a clause; empty: it runs.

        Raises:
            UserError: the system allows no more processes.
            OSError: it allows no more terminals, or no more descriptors.
        """
        self._argv = command.argv
        try:
            self._console = Console(
                command.size,
                self._family,
                clock=self._clock,
                emit=self._emit,
                congested=self._congested,
                on_hangup=self._on_hangup,
            )
            terminal = _file(self._console.slave)
            ours, theirs = socket.socketpair()
            self._channel = Channel(ours, self._on_line, self._on_end)
            writing = None
            if trace:
                self._traced, write = os.pipe()
                writing = _file(write)
            self._keeper = await handle.run_guest(self.name, command, theirs, terminal, writing)
        except BaseException:
            self.close()
            raise
        return await self._begun

    def type(self, data: bytes) -> None:
        """Type at its terminal.

        Raises:
            RefusedError: it does not read.
        """
        if self._console is None or not self._console.type(data):
            raise RefusedError(f"{self.name} does not read what was typed, or has ended.")

    def resize(self, columns: int, rows: int, *, gently: bool = False) -> None:
        """Set the size of its terminal; `gently`: as soon as that disturbs nobody."""
        if self._console is not None:
            self._console.resize(columns, rows, gently=gently)

    async def kill(self, pid: int, name: str) -> None:
        """Send a signal to one of its processes.

        Raises:
            RefusedError: it has ended, or may not be sent one.
        """
        if self._channel is None or self._channel.closed:
            raise RefusedError(f"{self.name} has ended.")
        request = next(self._requests)
        killed = self._killed.open(request)
        self._channel.send(encode(Kill(request=request, pid=pid, number=signal.Signals[name].value)))
        if error := (await killed).error:
            raise RefusedError(f"{self.name} could not be sent {name}: {error}.")

    def leave(self) -> None:
        """Have it end, and all that it left behind."""
        if self._tracer is not None:
            self._tracer.close()
        if self._channel is not None:
            self._channel.send(encode(Leave()))

    def close(self) -> None:
        """Read no more of it."""
        if self._tracer is not None:
            self._tracer.close()
        if self._trace is not None:
            self._trace.close()
        else:
            self._trace_no_more()
        if self._console is not None:
            self._console.close()
        if self._channel is not None:
            self._channel.close()

    def _trace_no_more(self) -> None:
        """There is, or will be, no strace."""
        if self._traced >= 0:
            os.close(self._traced)
            self._traced = -1

    def _on_line(self, line: bytes) -> None:
        match messages.from_keeper.decode(line):
            case Begun() as begun:
                self._on_begun(begun)
            case NotBegun(reason=reason):
                if not self._begun.done():
                    self._begun.set_result(reason)
            case Killed(request=request) as killed:
                self._killed.resolve(request, killed)
            case Reaped() as reaped:
                self._on_reaped(reaped)

    def _on_begun(self, begun: Begun) -> None:
        self.pid, self.untraced = begun.pid, begun.untraced
        ours = [pid for pid in (self._keeper, begun.adopts, begun.tracer) if pid]
        followed = begun.tracer is not None
        self._family.begun(
            begun.t,
            begun.pid,
            self.name,
            self.text,
            argv=self._argv,
            keepers=ours,
            followed=followed,
            user=begun.user,
        )
        if begun.tracer is not None:
            whose = processes.whose if begun.adopts is not None else None
            self._following = Following(begun.pid, self._family, self._emit, self._numbers, whose)
            self._tracer = Tracer(begun.tracer, self._lose)
            self._trace = Trace(
                self._traced, self._following, self._clock, self._congested, self._on_trace_end
            )
        else:
            self._trace_no_more()
        if self._console is not None:
            self._console.belongs(begun.pid, begun.t)
        if not self._begun.done():
            self._begun.set_result("")

    def _on_trace_end(self) -> None:
        """With the last of whom it followed, or before, strace has ended."""
        if self._tracer is not None and any(
            member.root == self.pid and processes.state(member.pid) not in {"", "Z", "X"}
            for member in self._family.members.values()
        ):
            self._tracer.ended()

    def _lose(self, reason: str) -> None:
        """From now on proc tells what it can."""
        if self._following is not None:
            self._family.lost(self.pid, self._following.threads)
        self._on_lost(self.name, reason)

    def _on_reaped(self, reaped: Reaped) -> None:
        if reaped.pid == self.pid:
            self.status = reaped.status
            if self._trace is not None:
                self._trace.read()
            self._ended = reaped.t
            if self._console is not None:
                self._console.latest = reaped.t
            self._loop.call_later(LAST_WORDS, self._farewell)
            if self._console is None or self._console.closed:
                self._farewell()
        else:
            self._family.ended(reaped.t, reaped.pid, reaped.status)

    def _farewell(self) -> None:
        """Tell that the program has ended, after all that it has printed: that comes a little later."""
        if self._ended is None or self._told:
            return
        printed = 0
        if self._console is not None:
            self._console.drain()
            printed = self._console.printed
        self._told = True
        self._family.ended(max(self._ended, printed), self.pid, self.status)
        if self._console is not None:
            self._console.latest = None  # what others print in it, who are left

    def _on_hangup(self) -> None:
        """Its terminal will show nothing more."""
        self._farewell()
        if self._left:
            self._finish()

    def _on_end(self) -> None:
        """The keeper has ended: all of them have. What they have printed may come a little later."""
        self._left = True
        if self._tracer is not None:
            self._tracer.close()
        if self._trace is not None:
            self._trace.read()
            self._trace.close()
        if self._console is None or self._console.closed:
            self._finish()
        else:
            self._loop.call_later(LAST_WORDS, self._finish)

    def _finish(self) -> None:
        """Tell that nothing is left of it, once."""
        if self.over.is_set():
            return
        self.over.set()
        if self._console is not None:
            self._console.drain()
            self._console.close()
        self._farewell()
        if self.pid:
            self._family.all_ended(self._clock.now(), self.pid)
        self._killed.fail_all(RefusedError(f"{self.name} has ended."))
        if not self._begun.done():
            self._begun.set_result("the process that was to start it ended")


def _file(fd: int) -> io.FileIO:
    """Something to pass a descriptor with, and to close."""
    with contextlib.suppress(OSError):
        os.set_inheritable(fd, False)  # noqa: FBT003 - the signature is the standard library's
    return io.FileIO(fd, "r+" if os.isatty(fd) else "w")
