"""Carries out intents: makes our programs make calls; the rest its desk does.

What can't be done becomes `request_refused`, with a sentence for the operator. Doesn't know whether it
directs the lab or loopback.
"""

import re
from typing import TYPE_CHECKING, Any, Final

import msgspec

from sockviz import intents
from sockviz.addresses import Address
from sockviz.engine.cast import Cast
from sockviz.engine.desk import Desk
from sockviz.engine.flood import Flood
from sockviz.engine.ground import Ground, RefusedError, Sink, address_on
from sockviz.engine.orders import Orders
from sockviz.engine.server import Server
from sockviz.errors import UserError
from sockviz.events import Event
from sockviz.intents import Call, Setup
from sockviz.programs.host import ProgramHandle
from sockviz.sources.clock import Clock

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_CLIENTS: Final = 256
"""At one Connect; each is a process."""

_BY_NAME: Final = re.compile(r"([a-z]+):([0-9]{1,5})", re.ASCII)
"""`client:5000`"""

_LARGEST_PORT: Final = 0xFFFF


class Director:
    """The programs of a run, and what they are told to do."""

    def __init__(self, setup: Setup, clock: Clock, ground: Ground, emit: Sink) -> None:
        self._ground = ground
        self._desk = Desk(clock, ground, emit)
        self._orders = Orders(clock, emit)
        self._server = Server(setup, clock, ground, self._orders, emit)
        self._cast = Cast(ground)
        self._flood = Flood(ground, self._cast)
        self._actions: dict[type, Callable[[Any], None]] = {
            intents.Connect: self._connect,
            intents.Start: self._start,
            intents.End: lambda end: self._program(end.host, end.pid, end.program).exit(),
            intents.Call: self._call,
            intents.Open: lambda wish: self._server.open(reuse=wish.reuse, backlog=wish.backlog),
            intents.SetAccept: lambda wish: self._server.set_policy(wish.mode),
            intents.SetBacklog: lambda wish: self._server.set_backlog(wish.backlog),
            intents.Flood: lambda wish: self._orders.start("flood", self._flood.send(wish.count)),
        }

    async def begin(self) -> None:
        """Start the server and, unless the setup says otherwise, have it listen.

        Raises:
            UserError: (kind `port-in-use`, `no-port` or `no-server`) it can't.
        """
        self._server.tell_policy()
        try:
            await self._server.start()
        except RefusedError as refusal:
            raise UserError(f"the server could not be started: {refusal}", kind="no-server") from refusal

    def observe(self, event: Event) -> None:
        """Learn from an event."""
        self._server.observe(event)
        self._cast.observe(event)

    async def obey(self, intent: intents.Intent) -> None:
        """Do what an intent asks, or tell why not. Of what takes time only a setting is waited for."""
        try:
            if not await self._desk.obey(intent):
                self._carry_out(intent)
        except (RefusedError, UserError) as refusal:
            self._orders.refuse(_name(intent), str(refusal))

    async def close(self) -> None:
        """Give no more orders."""
        await self._orders.close()

    def _carry_out(self, intent: intents.Intent) -> None:
        do = self._actions.get(type(intent))
        if do is None:
            raise RefusedError("The engine doesn't know this request.")
        do(intent)

    def _connect(self, wish: intents.Connect) -> None:
        if not 1 <= wish.count <= MOST_CLIENTS:
            raise RefusedError(f"Connect 1 to {MOST_CLIENTS} clients at a time.")
        if not 0 <= wish.port <= _LARGEST_PORT + 1 - wish.count:
            raise RefusedError(f"The local ports can be 1 to {_LARGEST_PORT}.")
        address = self._address(wish.address)
        self._orders.start("connect", self._cast.connect(wish.count, address, wish.port))

    def _start(self, wish: intents.Start) -> None:
        address_on(self._ground, wish.host)
        self._orders.start("start", self._cast.start(wish.host, wish.program))

    def _call(self, call: Call) -> None:
        if call.kind != "stream" and "datagrams" not in self._ground.header.capabilities:
            raise RefusedError("Datagrams are seen in the lab only: start with --source lab.")
        program = self._program(call.host, call.pid, call.program)
        call = msgspec.structs.replace(call, address=self._address(call.address))
        if program is self._server.program and call.name == "accept":
            self._server.accept_by_hand(call)
        else:
            self._orders.start(call.name, program.call(call))

    def _program(self, host: str, pid: int, name: str) -> ProgramHandle:
        """The program that an intent means.

        Raises:
            RefusedError: there is none.
        """
        server = self._server.program
        if server and host == server.host and (pid == server.pid or (not pid and name == server.name)):
            return server
        found = self._cast.find(host, pid, name)
        if found is None:
            raise RefusedError(f"There is no program {pid or name or 'without a name'} on {host} (any more).")
        return found

    def _address(self, text: str) -> str:
        """An address as it is, or that of a host that is told by its name, in the run's family."""
        match = _BY_NAME.fullmatch(text)
        if match is None:
            return text
        return str(Address(address_on(self._ground, match[1]), int(match[2])))


def _name(intent: intents.Intent) -> str:
    """What a refusal names it: a call by its name, `SetAccept` as `set_accept`."""
    return intent.name if isinstance(intent, Call) else str(intent.__struct_config__.tag)
