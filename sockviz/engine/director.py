"""Carries out intents: makes programs make calls, and changes the wire.

Knows which programs run and which socket listens, from the same events that everybody gets. What can't be
done becomes `request_refused`, with a sentence for the operator. Doesn't know whether it directs the lab or
loopback.
"""

import asyncio
import itertools
from collections.abc import Awaitable
from typing import Any, Final, Literal

from sockviz import intents
from sockviz.engine.ground import Ground, RefusedError, Sink
from sockviz.engine.tasks import Tasks
from sockviz.errors import UserError
from sockviz.events import (
    CallEntered,
    CallReturned,
    Event,
    Marked,
    ProgramEnded,
    RequestRefused,
    SettingChanged,
)
from sockviz.intents import Call, Setup
from sockviz.programs.host import ProgramHandle
from sockviz.sources.clock import Clock

HEAD_START: Final = 0.03
"""Seconds that a client has before the next one of the same request, unless it is connected earlier."""

MOST_CLIENTS: Final = 256
"""At one Connect; each is a process."""


class Director:
    """The programs of a run and what they are told to do."""

    def __init__(self, setup: Setup, clock: Clock, ground: Ground, emit: Sink) -> None:
        self._clock = clock
        self._ground = ground
        self._emit = emit
        self._backlog = setup.backlog
        self._accept: Literal["auto", "manual", "never"] = setup.accept
        self._programs: dict[tuple[str, int], ProgramHandle] = {}
        self._server: ProgramHandle | None = None
        self._listener: int | None = None
        """The server's listening descriptor."""
        self._accepting = False
        """An accept() of the server is outstanding."""
        self._calls: dict[int, CallEntered] = {}
        """The calls that have not returned."""
        self._client_numbers = itertools.count(1)
        self._tasks = Tasks()

    async def begin(self) -> None:
        """Start the server and have it listen.

        Raises:
            UserError: (kind `port-in-use`, `no-port` or `no-server`) it can't.
        """
        self._tell_accept()
        try:
            self._server = await self._spawn("server", "server")
            returned = await self._open(self._server)
        except RefusedError as refusal:
            raise UserError(f"the server could not be started: {refusal}", kind="no-server") from refusal
        if returned.error is not None:
            raise _no_listener(self._ground.address, returned.error)

    def observe(self, event: Event) -> None:
        """Learn from an event of a program."""
        match event:
            case CallEntered():
                self._calls[event.call] = event
            case CallReturned():
                self._returned(self._calls.pop(event.call, None), event)
            case ProgramEnded():
                self._ended(event)
            case _:
                pass

    async def carry_out(self, intent: intents.Intent) -> None:
        """Do what an intent asks, or tell why not. Does not wait for calls that may block."""
        try:
            await self._carry_out(intent)
        except (RefusedError, UserError) as refusal:
            self._refuse(_name(intent), str(refusal))

    async def close(self) -> None:
        """Give no more orders."""
        await self._tasks.close()

    async def _carry_out(self, intent: intents.Intent) -> None:
        match intent:
            case intents.Connect():
                self._connect(intent.count)
            case intents.Call():
                self._call(intent)
            case intents.Open():
                self._reopen()
            case intents.SetAccept():
                self._set_accept(intent.mode)
            case intents.SetBacklog():
                self._set_backlog(intent.backlog)
            case intents.Wire():
                self._ground.change_wire(intent.mode, intent.delay)
            case intents.Release():
                self._ground.release(intent.id, every=intent.all)
            case intents.Drop():
                self._ground.drop(intent.id)
            case intents.Mark():
                self._emit(Marked(t=self._clock.now(), text=intent.text))
            case _:
                raise RefusedError("The engine doesn't know this request.")

    def _connect(self, count: int) -> None:
        if not 1 <= count <= MOST_CLIENTS:
            raise RefusedError(f"Connect 1 to {MOST_CLIENTS} clients at a time.")
        self._start("connect", self._connect_each(count))

    async def _connect_each(self, count: int) -> None:
        """Start the clients one after the other.

        Their handshakes shall interleave because the wire is slow or holds, not because sampling makes
        an instantaneous one slow: each has a head start, and longer while the wire lags behind.
        """
        for _ in range(count):
            client = await self._spawn("client", f"client {next(self._client_numbers)}")
            self._order(client, name="socket")
            connected = self._order(client, name="connect")
            await asyncio.wait([connected], timeout=HEAD_START)
            await self._ground.caught_up()

    def _call(self, call: Call) -> None:
        program = self._programs.get((call.host, call.pid))
        if program is None:
            raise RefusedError(f"There is no program {call.pid} on {call.host} (any more).")
        if program is self._server and call.name == "accept" and call.fd in (None, self._listener):
            self._may_accept()
        self._start(call.name, program.call(call))

    def _may_accept(self) -> None:
        if self._listener is None:
            raise RefusedError("The server has no listening socket: open it first.")
        if self._accept != "manual":
            raise RefusedError(f"The server's accept is set to {self._accept}: set it to manual first.")
        if self._accepting:
            raise RefusedError("The server is in accept() already.")
        self._accepting = True

    def _reopen(self) -> None:
        if self._listener is not None:
            raise RefusedError("The server listens already.")
        self._start("open", self._open_again(self._running_server()))

    async def _open_again(self, server: ProgramHandle) -> None:
        returned = await self._open(server)
        if returned.error is not None:
            raise RefusedError(_no_listener(self._ground.address, returned.error).message)

    async def _open(self, server: ProgramHandle) -> CallReturned:
        """Make socket, bind and listen; what the last of them returned. One that can't listen is closed."""
        opened = await self._order(server, name="socket")
        if opened.error is not None:
            return opened
        returned = await self._order(server, name="bind", fd=opened.result)
        if returned.error is None:
            returned = await self._order(server, name="listen", fd=opened.result, backlog=self._backlog)
        if returned.error is not None:
            await self._order(server, name="close", fd=opened.result)
        return returned

    def _set_accept(self, mode: Literal["auto", "manual", "never"]) -> None:
        self._accept = mode
        self._tell_accept()
        if mode == "auto":
            self._accept_next()
        elif self._accepting and self._listener is not None:
            server = self._running_server()
            self._start("set_accept", self._order(server, name="interrupt", fd=self._listener))

    def _set_backlog(self, backlog: int) -> None:
        if self._listener is None:
            raise RefusedError("The server has no listening socket: open it first.")
        self._backlog = backlog
        server = self._running_server()
        self._start("set_backlog", self._order(server, name="listen", fd=self._listener, backlog=backlog))

    def _tell_accept(self) -> None:
        self._emit(SettingChanged(t=self._clock.now(), name="accept", value=self._accept))

    def _accept_next(self) -> None:
        """With accept `auto` the server is always in accept(), or about to be."""
        if self._accept == "auto" and not self._accepting and self._listener is not None and self._server:
            self._accepting = True
            self._start("accept", self._order(self._server, name="accept", fd=self._listener))

    def _returned(self, entered: CallEntered | None, returned: CallReturned) -> None:
        """Keep track of the listener; go on accepting; let a client end that has closed its socket."""
        if entered is None:
            return
        if self._server is None or (returned.host, returned.pid) != (self._server.host, self._server.pid):
            program = self._programs.get((returned.host, returned.pid))
            if entered.name == "close" and program:
                program.exit()
            return
        if entered.name == "listen" and returned.error is None:
            self._listener = entered.fd
        elif entered.name == "close" and entered.fd == self._listener:
            self._listener = None
        elif entered.name == "accept":
            self._accepting = False
        self._accept_next()

    def _ended(self, event: ProgramEnded) -> None:
        self._programs.pop((event.host, event.pid), None)
        if self._server and (event.host, event.pid) == (self._server.host, self._server.pid):
            self._server, self._listener, self._accepting = None, None, False

    async def _spawn(self, host: str, name: str) -> ProgramHandle:
        program = await self._ground.spawn(host, name)
        self._programs[host, program.pid] = program
        return program

    def _running_server(self) -> ProgramHandle:
        if self._server is None:
            raise RefusedError("The server program has ended: quit and start again.")
        return self._server

    def _order(self, program: ProgramHandle, **call: Any) -> asyncio.Future[CallReturned]:
        return program.call(Call(host=program.host, pid=program.pid, **call))

    def _start(self, request: str, work: Awaitable[object]) -> None:
        """Have this done without waiting for it; that it was refused is told as an answer to `request`."""
        self._tasks.start(self._guard(request, work))

    async def _guard(self, request: str, work: Awaitable[object]) -> None:
        try:
            await work
        except RefusedError as refusal:
            self._refuse(request, str(refusal))

    def _refuse(self, request: str, reason: str) -> None:
        sentence = reason[:1].upper() + reason[1:] + ("" if reason.endswith(".") else ".")
        self._emit(RequestRefused(t=self._clock.now(), request=request, reason=sentence))


def _name(intent: intents.Intent) -> str:
    """What a refusal names it: a call by its name, `SetAccept` as `set_accept`."""
    return intent.name if isinstance(intent, Call) else str(intent.__struct_config__.tag)


def _no_listener(address: str, error: str) -> UserError:
    """Why the server can't listen."""
    if error == "EADDRINUSE":
        return UserError(f"{address} is in use", "choose another with --port N", "port-in-use")
    if error == "EACCES":
        return UserError(
            f"you may not listen on {address}", "choose a port above 1023 with --port N", "no-port"
        )
    return UserError(
        f"the server can't listen on {address}: {error}", "choose another with --port N", "no-port"
    )
