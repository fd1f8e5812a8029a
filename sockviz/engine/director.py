"""Carries out intents: makes programs make calls, and changes the wire.

What can't be done becomes `request_refused`, with a sentence for the operator. Doesn't know whether it
directs the lab or loopback.
"""

import asyncio
import itertools
from typing import TYPE_CHECKING, Final

from sockviz import intents
from sockviz.engine.ground import Ground, RefusedError, Sink
from sockviz.engine.orders import Orders, order
from sockviz.engine.server import Server
from sockviz.errors import UserError
from sockviz.events import CallEntered, CallReturned, Event, Marked, ProgramEnded
from sockviz.intents import Call, Setup
from sockviz.sources.clock import Clock

if TYPE_CHECKING:
    from sockviz.programs.host import ProgramHandle

HEAD_START: Final = 0.03
"""Seconds that a client has before the next one of the same request, unless it is connected earlier."""

MOST_CLIENTS: Final = 256
"""At one Connect; each is a process."""

LONGEST_DELAY: Final = 60_000_000_000
"""Of the wire, ns."""


class Director:
    """The programs of a run, and what they are told to do."""

    def __init__(self, setup: Setup, clock: Clock, ground: Ground, emit: Sink) -> None:
        self._clock = clock
        self._ground = ground
        self._emit = emit
        self._orders = Orders(clock, emit)
        self._server = Server(setup, clock, ground, self._orders, emit)
        self._clients: dict[int, ProgramHandle] = {}
        """Those that run, by pid."""
        self._closing: set[int] = set()
        """Calls of clients that are a close()."""
        self._numbers = itertools.count(1)

    async def begin(self) -> None:
        """Start the server and have it listen.

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
        match event:
            case CallEntered(name="close", pid=pid) if pid in self._clients:
                self._closing.add(event.call)
            case CallReturned() if event.call in self._closing:
                # A client has one socket; without it, it has nothing left to do.
                self._closing.discard(event.call)
                self._clients[event.pid].exit()
            case ProgramEnded():
                self._clients.pop(event.pid, None)
            case _:
                pass

    def carry_out(self, intent: intents.Intent) -> None:
        """Do what an intent asks, or tell why not. Does not wait for what takes time."""
        try:
            self._carry_out(intent)
        except RefusedError as refusal:
            self._orders.refuse(_name(intent), str(refusal))

    async def close(self) -> None:
        """Give no more orders."""
        await self._orders.close()

    def _carry_out(self, intent: intents.Intent) -> None:
        match intent:
            case intents.Connect():
                self._connect(intent.count)
            case intents.Call():
                self._call(intent)
            case intents.Open():
                self._server.open()
            case intents.SetAccept():
                self._server.set_policy(intent.mode)
            case intents.SetBacklog():
                self._server.set_backlog(intent.backlog)
            case intents.Wire():
                self._change_wire(intent)
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
        self._orders.start("connect", self._connect_each(count))

    async def _connect_each(self, count: int) -> None:
        """Start the clients one after the other.

        Their handshakes shall interleave because the wire is slow or holds, not because sampling makes
        an instantaneous one slow: each has a head start, and longer while the wire lags behind.
        """
        for _ in range(count):
            client = await self._ground.spawn("client", f"client {next(self._numbers)}")
            self._clients[client.pid] = client
            order(client, name="socket")
            connected = order(client, name="connect")
            await asyncio.wait([connected], timeout=HEAD_START)
            await self._ground.caught_up()

    def _call(self, call: Call) -> None:
        server = self._server.program
        if server and (call.host, call.pid) == (server.host, server.pid):
            if call.name == "accept":
                self._server.accept_by_hand(call)
            else:
                self._orders.start(call.name, server.call(call))
            return
        client = self._clients.get(call.pid)
        if client is None or client.host != call.host:
            raise RefusedError(f"There is no program {call.pid} on {call.host} (any more).")
        self._orders.start(call.name, client.call(call))

    def _change_wire(self, wire: intents.Wire) -> None:
        if wire.delay is not None and not 0 <= wire.delay <= LONGEST_DELAY:
            raise RefusedError(f"The wire's delay can be 0 to {LONGEST_DELAY // 1_000_000_000} seconds.")
        self._ground.change_wire(wire.mode, wire.delay)


def _name(intent: intents.Intent) -> str:
    """What a refusal names it: a call by its name, `SetAccept` as `set_accept`."""
    return intent.name if isinstance(intent, Call) else str(intent.__struct_config__.tag)
