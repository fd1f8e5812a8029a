"""The engine's end of a toy program: its orders, its events, its end."""

import asyncio
import itertools
import socket
from collections.abc import Callable
from typing import Final

from sockviz.events import CallReturned, Event, ProgramEnded
from sockviz.intents import Call
from sockviz.programs import messages
from sockviz.programs.channel import Channel
from sockviz.programs.messages import (
    AskListeners,
    EndedError,
    Exit,
    Listeners,
    Perform,
    Performed,
    Refused,
    RefusedError,
    Spawn,
)
from sockviz.programs.pending import Pending

_PATIENCE: Final = 1.0
"""Seconds. A program answers at once unless somebody stopped it (SIGSTOP)."""

OnEvent = Callable[[Event], None]


class ProgramHandle:
    """A program that runs on a host. Made by `HostHandle.spawn`."""

    def __init__(self, pid: int, order: Spawn, sock: socket.socket, on_event: OnEvent) -> None:
        self.pid = pid
        self.name = order.program
        self.host = order.host
        self.listens = False
        """Whether it was ever told to listen."""
        self.sends_datagrams = False
        """Whether it was ever told to make a UDP socket."""
        self.ended = asyncio.Event()
        """Set when `program_ended` was reported."""
        self._on_event = on_event
        self._requests = itertools.count(1)
        self._calls: Pending[CallReturned] = Pending()
        self._looks: Pending[Listeners] = Pending()
        self._silent = False
        """It owes an answer, and nobody waits for another until it comes."""
        self._death: ProgramEnded | None = None
        self._channel = Channel(sock, self._on_line, self._on_end)

    def call(self, call: Call) -> asyncio.Future[CallReturned]:
        """Have it make a call.

        Need not be awaited: bind, listen, accept and connect without a descriptor mean what the last `socket`
        makes, and follow it. The events go to `on_event` before the future is done. `host` and `pid` of the
        intent are not looked at.

        Returns:
            What the call returned; of several, the last; of `interrupt`, the interrupted.

        Raises:
            RefusedError: (from the future) it can't be done, or the program has ended; EndedError: it ended
                with the order in its hands.
        """
        self.listens |= call.name == "listen"
        self.sends_datagrams |= call.name == "socket" and call.kind == "datagram"
        request = next(self._requests)
        returned = self._calls.open(request)
        self._order(request, Perform(request=request, call=call))
        return returned

    async def listener_status(self) -> Listeners | None:
        """The accept queues of its listeners, from their TCP_INFO; None: it doesn't answer, or has ended."""
        if self._silent:
            return None
        request = next(self._requests)
        look = self._looks.open(request)
        self._order(request, AskListeners(request=request))
        try:
            return await asyncio.wait_for(look, _PATIENCE)
        except RefusedError:
            return None
        except TimeoutError:
            self._silent = True
            return None

    def exit(self) -> None:
        """Have it end; the kernel closes its descriptors."""
        self._channel.send(messages.encode(Exit()))

    def note_death(self, t: int, status: int) -> None:
        """Its host says how it ended. Reported once its last events were read."""
        if self._death is None:
            self._death = ProgramEnded(t=t, host=self.host, pid=self.pid, status=status)
            self._report_death()

    def _order(self, request: int, order: messages.ToProgram) -> None:
        self._channel.send(messages.encode(order))
        if self._channel.closed:
            self._fail(request, f"{self.name} has ended")

    def _on_line(self, line: bytes) -> None:
        match messages.from_program.decode(line):
            case Performed(request=request, returned=returned):
                self._calls.resolve(request, returned)
            case Listeners(request=request) as look:
                self._silent = False
                self._looks.resolve(request, look)
            case Refused(request=request, reason=reason):
                self._fail(request, reason)
            case event:
                self._on_event(event)

    def _fail(self, request: int, reason: str) -> None:
        self._calls.fail(request, RefusedError(reason))
        self._looks.fail(request, RefusedError(reason))

    def _on_end(self) -> None:
        error = EndedError(f"{self.name} has ended")
        self._calls.fail_all(error)
        self._looks.fail_all(error)
        self._report_death()

    def _report_death(self) -> None:
        if self._death is not None and self._channel.closed and not self.ended.is_set():
            self.ended.set()
            self._on_event(self._death)
