"""The server program: whether it listens, and when it is in accept().

Learns the state of its descriptors from the same events that everybody gets, so that what the operator does
call by call is known here too.
"""

import asyncio
from typing import Final, Literal, TypeAlias

from sockviz.engine.ground import Ground, RefusedError, Sink
from sockviz.engine.orders import Orders, order
from sockviz.errors import UserError
from sockviz.events import CallEntered, CallReturned, Event, ProgramEnded, SettingChanged
from sockviz.intents import Call, Setup
from sockviz.programs.host import ProgramHandle
from sockviz.sources.clock import Clock

Policy: TypeAlias = Literal["auto", "manual", "never"]

LARGEST_BACKLOG: Final = 2**31 - 1
"""listen() takes an int."""

_GO_ON: Final = {None, "ECONNABORTED", "EINTR"}
"""After these accept() is called again; after others (no descriptor is left …) when another call returned."""


class Server:
    """The one server of a run, with one listening descriptor at most."""

    def __init__(self, setup: Setup, clock: Clock, ground: Ground, orders: Orders, emit: Sink) -> None:
        self.program: ProgramHandle | None = None
        """None: it has not been started, or has ended."""
        self._clock = clock
        self._ground = ground
        self._orders = orders
        self._emit = emit
        self._backlog = setup.backlog
        self._listens = setup.listen
        """Whether it listens from its start on."""
        self._policy: Policy = setup.accept
        self._listener: int | None = None
        """The listening descriptor."""
        self._accepting: asyncio.Future[CallReturned] | None = None
        """The last accept() that was ordered."""
        self._calls: dict[int, CallEntered] = {}
        """Its calls that have not returned."""

    async def start(self) -> None:
        """Start it and have it listen, if it is to.

        Raises:
            UserError: (kind `port-in-use` or `no-port`) it can't have the port.
            RefusedError: it ended meanwhile.
        """
        self.program = await self._ground.spawn("server", "server")
        if self._listens:
            await self._listen(self.program)

    def observe(self, event: Event) -> None:
        """Learn from an event."""
        if self.program is None:
            return
        match event:
            case CallEntered(pid=self.program.pid, host=self.program.host):
                self._calls[event.call] = event
            case CallReturned(pid=self.program.pid, host=self.program.host):
                if entered := self._calls.pop(event.call, None):
                    self._returned(entered, event)
            case ProgramEnded(pid=self.program.pid, host=self.program.host):
                self.program = self._listener = self._accepting = None
                self._calls.clear()
            case _:
                pass

    def open(self, *, reuse: bool = True, backlog: int | None = None) -> None:
        """Have it listen (again), with SO_REUSEADDR or without; a server that has ended is started anew."""
        if self._listener is not None:
            raise RefusedError("The server listens already.")
        if backlog is not None:
            self._backlog = _checked(backlog)
        self._orders.start("open", self._open(reuse=reuse))

    async def _open(self, *, reuse: bool) -> None:
        if self.program is None:
            self.program = await self._ground.spawn("server", "server")
        await self._listen(self.program, reuse=reuse)

    def set_backlog(self, backlog: int) -> None:
        """Change the length of the live listener's queue, and of later ones."""
        backlog = _checked(backlog)
        program, listener = self._listening()
        self._backlog = backlog
        self._orders.start("set_backlog", order(program, name="listen", fd=listener, backlog=backlog))

    def set_policy(self, policy: Policy) -> None:
        """Accept by itself from now on, or not; then an accept() that waits is interrupted."""
        self._policy = policy
        self.tell_policy()
        if policy == "auto":
            self._accept_next()
        elif self._is_accepting and self._listener is not None and self.program:
            self._orders.start("set_accept", order(self.program, name="interrupt", fd=self._listener))

    def tell_policy(self) -> None:
        """Emit it as a setting."""
        self._emit(SettingChanged(t=self._clock.now(), name="accept", value=self._policy))

    def accept_by_hand(self, call: Call) -> None:
        """Make the operator's accept(), if it is theirs to make."""
        program, listener = self._listening()
        if self._policy != "manual":
            raise RefusedError(f"The server's accept is set to {self._policy}: set it to manual first.")
        if self._is_accepting:
            raise RefusedError("The server is in accept() already.")
        fd = listener if call.fd is None else call.fd
        self._orders.start("accept", self._begin_accept(program, fd))

    def _listening(self) -> tuple[ProgramHandle, int]:
        if self.program is None or self._listener is None:
            raise RefusedError("The server has no listening socket: open it first.")
        return self.program, self._listener

    async def _listen(self, program: ProgramHandle, *, reuse: bool = True) -> None:
        """Make socket, bind and listen; a socket that can't listen is closed again.

        Raises:
            UserError: (kind `port-in-use` or `no-port`) it can't have the port.
        """
        fd = (await order(program, name="socket")).result
        returned = await order(program, name="bind", fd=fd, reuse=reuse)
        if returned.error is None:
            returned = await order(program, name="listen", fd=fd, backlog=self._backlog)
        if returned.error is not None:
            await order(program, name="close", fd=fd)
            raise _no_listener(self._ground.address, returned.error)

    def _returned(self, entered: CallEntered, returned: CallReturned) -> None:
        if entered.name == "listen" and returned.error is None:
            self._listener = entered.fd
        elif entered.name == "close" and entered.fd == self._listener:
            self._listener = None
        if entered.name != "accept":
            self._accept_next()

    @property
    def _is_accepting(self) -> bool:
        return self._accepting is not None and not self._accepting.done()

    def _accept_next(self) -> None:
        """With the policy `auto` the server is always in accept().

        Nobody asked for this accept(), so nobody is told if it is refused since the listener has just gone.
        """
        if self._policy == "auto" and not self._is_accepting and self.program and self._listener is not None:
            self._begin_accept(self.program, self._listener)

    def _begin_accept(self, program: ProgramHandle, listener: int) -> asyncio.Future[CallReturned]:
        self._accepting = order(program, name="accept", fd=listener)
        self._accepting.add_done_callback(self._accepted)
        return self._accepting

    def _accepted(self, accepting: asyncio.Future[CallReturned]) -> None:
        """An accept() is over."""
        if not accepting.cancelled() and not accepting.exception() and accepting.result().error in _GO_ON:
            self._accept_next()


def _checked(backlog: int) -> int:
    if not 0 <= backlog <= LARGEST_BACKLOG:
        raise RefusedError(f"The backlog can be 0 to {LARGEST_BACKLOG}.")
    return backlog


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
