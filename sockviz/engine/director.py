"""Carries out intents: makes programs make calls, and changes the wire.

What can't be done becomes `request_refused`, with a sentence for the operator. Doesn't know whether it
directs the lab or loopback.
"""

import re
from typing import TYPE_CHECKING, Any, Final

import msgspec

from sockviz import intents
from sockviz.addresses import Address
from sockviz.engine.cast import Cast
from sockviz.engine.flood import Flood
from sockviz.engine.ground import Ground, RefusedError, Sink, address_on
from sockviz.engine.orders import Orders
from sockviz.engine.server import Server
from sockviz.errors import UserError
from sockviz.events import Event, Marked, SettingChanged
from sockviz.intents import Call, Setup
from sockviz.programs.host import ProgramHandle
from sockviz.sources.clock import Clock

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_CLIENTS: Final = 256
"""At one Connect; each is a process."""

LONGEST_DELAY: Final = 60_000_000_000
"""Of the wire, ns."""

SYSCTLS: Final = re.compile(r"net\.ipv4\.tcp_[a-z0-9_]+|net\.core\.somaxconn")
"""What can be set: what decides about handshakes, queues, retries and closing."""

_VALUE: Final = re.compile(r"[a-z0-9_-]{1,16}([ \t][a-z0-9_-]{1,16}){0,9}")

_BY_NAME: Final = re.compile(r"([a-z]+):([0-9]{1,5})", re.ASCII)
"""`client:5000`"""

_LARGEST_PORT: Final = 0xFFFF


class Director:
    """The programs of a run, and what they are told to do."""

    def __init__(self, setup: Setup, clock: Clock, ground: Ground, emit: Sink) -> None:
        self._clock = clock
        self._ground = ground
        self._emit = emit
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
            intents.Wire: self._change_wire,
            intents.Release: lambda wish: ground.release(wish.id, every=wish.all),
            intents.Drop: lambda wish: ground.drop(wish.id),
            intents.Mark: lambda mark: emit(Marked(t=clock.now(), text=mark.text)),
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
            if isinstance(intent, intents.SetSysctl):
                await self._set_sysctl(intent)
            else:
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

    async def _set_sysctl(self, wish: intents.SetSysctl) -> None:
        address_on(self._ground, wish.host)
        if not SYSCTLS.fullmatch(wish.name):
            raise RefusedError(f"{wish.name} can't be set, but net.ipv4.tcp_… and net.core.somaxconn can.")
        if not _VALUE.fullmatch(wish.value):
            raise RefusedError(f"{wish.value!r} is no value for {wish.name}.")
        t, value = await self._ground.set_sysctl(wish.host, wish.name, wish.value)
        self._emit(SettingChanged(t=t, name=wish.name, value=value, host=wish.host))

    def _change_wire(self, wire: intents.Wire) -> None:
        if wire.delay is not None and not 0 <= wire.delay <= LONGEST_DELAY:
            raise RefusedError(f"The wire's delay can be 0 to {LONGEST_DELAY // 1_000_000_000} seconds.")
        self._ground.change_wire(wire.mode, wire.delay)


def _name(intent: intents.Intent) -> str:
    """What a refusal names it: a call by its name, `SetAccept` as `set_accept`."""
    return intent.name if isinstance(intent, Call) else str(intent.__struct_config__.tag)
