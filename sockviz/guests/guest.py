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
from sockviz.events import Event, ProgramOutput, TerminalChanged
from sockviz.guests import messages, processes
from sockviz.guests.family import Family
from sockviz.guests.following import Following
from sockviz.guests.messages import Begun, Kill, Killed, Leave, NotBegun, Reaped
from sockviz.guests.sizing import Sizing
from sockviz.guests.streams import OUTPUT, Terminal, Trace
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
        self._terminal: Terminal | None = None
        self._sizing: Sizing | None = None
        self._trace: Trace | None = None
        self._following: Following | None = None
        self._tracer: Tracer | None = None
        self._traced = -1
        self._keeper = 0
        self._argv: Sequence[str] = ()
        self._size = (0, 0)
        """Of its terminal: columns and rows."""
        self._by_key = False
        """Its terminal hears of each key at once."""
        self._channel: Channel | None = None
        self._early = bytearray()
        self._ended: int | None = None
        """When the program itself ended."""
        self._printed = 0
        """When something of its output was read last."""
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
        self._argv, self._size = command.argv, command.size
        try:
            master, slave = os.openpty()
            terminal = _file(slave)
            self._terminal = Terminal(master, self._on_output, self._on_hangup, self._congested)
            self._sizing = Sizing(self._terminal, self._family, self._on_resized)
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
        if self._terminal is None or not self._terminal.type(data):
            raise RefusedError(f"{self.name} does not read what was typed, or has ended.")

    def resize(self, columns: int, rows: int, *, gently: bool = False) -> None:
        """Set the size of its terminal; `gently`: as soon as that disturbs nobody."""
        if self._sizing is not None:
            self._sizing.wish(columns, rows, gently=gently)

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
        if self._sizing is not None:
            self._sizing.close()
        if self._terminal is not None:
            self._terminal.close()
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
        self._tell_terminal(begun.t)
        if begun.tracer is not None:
            whose = processes.whose if begun.adopts is not None else None
            self._following = Following(begun.pid, self._family, self._emit, self._numbers, whose)
            self._tracer = Tracer(begun.tracer, self._lose)
            self._trace = Trace(
                self._traced, self._following, self._clock, self._congested, self._on_trace_end
            )
        else:
            self._trace_no_more()
        self._on_output(b"")
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
            self._loop.call_later(LAST_WORDS, self._farewell)
            if self._terminal is None or self._terminal.closed:
                self._farewell()
        else:
            self._family.ended(reaped.t, reaped.pid, reaped.status)

    def _farewell(self) -> None:
        """Tell that the program has ended, after all that it has printed: that comes a little later."""
        if self._ended is not None and not self._told:
            if self._terminal is not None:
                self._terminal.drain()
            self._told = True
            self._family.ended(max(self._ended, self._printed), self.pid, self.status)

    def _on_output(self, data: bytes) -> None:
        """Its terminal shows more; before it is known by its pid, that waits."""
        self._early += data
        while self.pid and self._early:
            piece = bytes(self._early[:OUTPUT])
            del self._early[:OUTPUT]
            now = self._clock.now()
            t = now if self._ended is None or self._told else min(now, self._ended)
            self._printed = t
            self._emit(ProgramOutput(t=t, host=self.host, pid=self.pid, data=piece))
        # Who wants keys mostly draws something then.
        by_key = self._terminal is not None and self._terminal.by_key
        if self.pid and by_key != self._by_key and self._ended is None:
            self._by_key = by_key
            self._tell_terminal(self._clock.now())

    def _on_resized(self, size: tuple[int, int]) -> None:
        """Its terminal has another size; before it is known by its pid, that waits."""
        self._size = size
        if self.pid:
            self._tell_terminal(self._clock.now())

    def _tell_terminal(self, t: int) -> None:
        columns, rows = self._size
        self._emit(
            TerminalChanged(
                t=t, host=self.host, pid=self.pid, columns=columns, rows=rows, by_key=self._by_key
            )
        )

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
        if self._terminal is None or self._terminal.closed:
            self._finish()
        else:
            self._loop.call_later(LAST_WORDS, self._finish)

    def _finish(self) -> None:
        """Tell that nothing is left of it, once."""
        if self.over.is_set():
            return
        self.over.set()
        if self._terminal is not None:
            self._terminal.drain()
            self._terminal.close()
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
