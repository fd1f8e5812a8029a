"""Carries out intents where the user's own programs run: starts them, types, sends signals, changes the wire.

Finds out by itself when a server listens: only then the clients are started. Tells what can't be done as
`request_refused`.
"""

import asyncio
import itertools
from collections.abc import Callable
from typing import Any, Final, Protocol

from sockviz import commands, intents
from sockviz.engine.desk import Desk
from sockviz.engine.ground import Ground, RefusedError, Sink, address_on
from sockviz.engine.orders import Orders
from sockviz.errors import UserError, printable
from sockviz.events import Event, ListenerMissing, ListenerSampled, SocketsSampled
from sockviz.guests import body
from sockviz.guests.family import Family
from sockviz.guests.guest import Guest
from sockviz.intents import Setup
from sockviz.programs.host import GuestCommand, HostHandle
from sockviz.sources.clock import Clock

PATIENCE: Final = 10.0
"""Seconds after which a server that does not listen is news; it may still come to it."""
SETTLING: Final = 0.05
"""Seconds between the first listener's appearance and the clients' start: there may be a second one."""
MOST: Final = 128
"""Programs that run at a time."""
LEAVING: Final = 4.0
"""Seconds until all of them must have ended."""
SIZE: Final = (80, 24)
"""Columns and rows of a terminal, if nobody says anything else."""
_LARGEST: Final = 1000
"""Columns or rows of a terminal."""
_TYPED: Final = 4096
"""Bytes that can be typed at once."""


class GuestGround(Ground, Protocol):
    """A ground whose hosts run the user's programs."""

    @property
    def congested(self) -> Callable[[], bool]:
        """Whether more events wait to be read than should."""

    def handle(self, host: str) -> HostHandle:
        """The host's process."""

    def observe(self, event: Event) -> None:
        """Pass an event of a program on, and see to it that its host is sampled after it."""


class GuestDirector:
    """The user's programs, and what is asked of them."""

    def __init__(self, setup: Setup, clock: Clock, ground: GuestGround, emit: Sink) -> None:
        self._setup = setup
        self._clock = clock
        self._ground = ground
        self._emit = emit
        self._orders = Orders(clock, emit)
        self._desk = Desk(clock, ground, emit)
        self._guests: list[Guest] = []
        self._counts = {"server": itertools.count(1), "client": itertools.count(1)}
        self._numbers = itertools.count(1)
        self._listens = asyncio.Event()
        self._sizes = dict(setup.terminals)
        """Host → what a terminal has at first."""
        self._families: dict[str, Family] = {}
        for host in ("client", "server"):
            # Through the ground, which samples a host after what happened on it.
            self._families[host] = Family(host, ground.observe)
            ground.handle(host).on_processes = self._families[host].looked
        self._actions: dict[type, Callable[[Any], None]] = {
            intents.Launch: self._launch,
            intents.Type: self._type,
            intents.Signal: self._signal,
            intents.Resize: self._resize,
        }

    async def begin(self) -> None:
        """Start the servers.

        Raises:
            UserError: (kind `no-program`) one of them can't be executed.
        """
        for command in self._setup.commands:
            if command.host == "server":
                await self._start("server", command.text)
        self._orders.start("clients", self._start_clients())

    def observe(self, event: Event) -> None:
        """Learn from an event: somebody listens."""
        match event:
            case ListenerSampled(host="server"):
                self._listens.set()
            case SocketsSampled(host="server"):
                if any(row.protocol == "udp" and row.pid for row in event.changed):
                    self._listens.set()
            case _:
                pass

    async def obey(self, intent: intents.Intent) -> None:
        """Do what an intent asks, or tell why not."""
        try:
            if not await self._desk.obey(intent):
                self._carry_out(intent)
        except (RefusedError, UserError) as refusal:
            self._orders.refuse(str(intent.__struct_config__.tag), str(refusal))

    async def close(self) -> None:
        """End the programs, and all that they left behind."""
        await self._orders.close()
        for guest in self._guests:
            guest.leave()
        waiting = [asyncio.ensure_future(guest.over.wait()) for guest in self._guests]
        if waiting:
            await asyncio.wait(waiting, timeout=LEAVING)
        for one in waiting:
            one.cancel()
        for guest in self._guests:
            guest.close()

    def _carry_out(self, intent: intents.Intent) -> None:
        do = self._actions.get(type(intent))
        if do is None:
            raise RefusedError("Your own programs run here: they decide what they do, not this.")
        do(intent)

    def _launch(self, wish: intents.Launch) -> None:
        address_on(self._ground, wish.host)
        if sum(not guest.over.is_set() for guest in self._guests) >= MOST:
            raise RefusedError(f"At most {MOST} programs run at a time.")
        commands.check(wish.command, self._setup.directory, self._setup.environment)
        self._orders.start("launch", self._start(wish.host, wish.command))

    def _type(self, wish: intents.Type) -> None:
        if len(wish.data) > _TYPED:
            raise RefusedError(f"At most {_TYPED} bytes can be typed at once.")
        self._guest(wish.host, wish.pid, wish.program)[0].type(wish.data)

    def _resize(self, wish: intents.Resize) -> None:
        if not (0 < wish.columns <= _LARGEST and 0 < wish.rows <= _LARGEST):
            raise RefusedError(f"A terminal has 1 to {_LARGEST} columns and rows.")
        # Who has just ended is not missed: whoever asks is about to hear of it.
        known = (one for one in self._guests if wish.pid and (one.host, one.pid) == (wish.host, wish.pid))
        guest = next(known, None) or self._guest(wish.host, wish.pid, wish.program)[0]
        self._sizes[guest.host] = wish.columns, wish.rows
        guest.resize(wish.columns, wish.rows, gently=wish.gently)

    def _signal(self, wish: intents.Signal) -> None:
        guest, pid = self._guest(wish.host, wish.pid, wish.program)
        self._orders.start("signal", guest.kill(pid, wish.signal))

    def _guest(self, host: str, pid: int, name: str) -> tuple[Guest, int]:
        """The program that a process belongs to, and its pid.

        Raises:
            RefusedError: there is no such process.
        """
        members = self._families[host].members.values() if host in self._families else ()
        for member in members:
            if member.pid == pid or (not pid and member.name == name):
                for guest in self._guests:
                    if guest.host == host and guest.pid == member.root:
                        return guest, member.pid
        shown = printable(str(pid or name or "without a name"))
        raise RefusedError(f"There is no program {shown} on {printable(host)} (any more).")

    async def _start(self, host: str, text: str) -> None:
        """Start a program.

        Raises:
            UserError: it can't be executed.
        """
        number = next(self._counts[host])
        name = "server" if host == "server" and number == 1 else f"{host} {number}"
        guest = Guest(
            name,
            text,
            self._families[host],
            clock=self._clock,
            emit=self._ground.observe,
            congested=self._ground.congested,
            numbers=self._numbers,
            on_lost=lambda name, reason: self._lost(host, name, reason),
        )
        self._guests.append(guest)
        command = GuestCommand(
            commands.argv(text),
            body.environment(self._setup.environment),
            self._setup.directory,
            self._sizes.get(host, SIZE),
        )
        trace = self._setup.trace and "calls" in self._ground.header.capabilities
        try:
            reason = await guest.start(self._ground.handle(host), command, trace=trace)
        except BaseException:
            self._guests.remove(guest)
            raise
        if reason:
            self._guests.remove(guest)
            guest.close()
            raise UserError(
                f"{name} could not be started: {text}: {reason}", "see whether it runs outside", "no-program"
            )
        if guest.untraced:
            self._ground.handle(host).looks_at_threads = True
            self._orders.refuse("trace", f"the calls of {name} are not followed: {guest.untraced}")

    def _lost(self, host: str, name: str, reason: str) -> None:
        """The calls of a program are not seen any more; what blocks it is looked at now and then."""
        self._ground.handle(host).looks_at_threads = True
        self._orders.refuse("trace", f"the calls of {name} are no longer seen: {reason}")

    async def _start_clients(self) -> None:
        """Start the clients once somebody listens; tell if nobody does."""
        began = self._clock.now()
        servers = [asyncio.ensure_future(guest.over.wait()) for guest in self._guests]
        all_ended: asyncio.Future[Any] = asyncio.gather(*servers)
        listens: asyncio.Future[Any] = asyncio.ensure_future(self._listens.wait())
        try:
            await asyncio.wait([listens, all_ended], timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
            if not listens.done():
                now = self._clock.now()
                self._emit(ListenerMissing(t=now, host="server", waited=now - began))
            await listens
        finally:
            listens.cancel()
            all_ended.cancel()
        await asyncio.sleep(SETTLING)
        for command in self._setup.commands:
            if command.host == "client":
                try:
                    await self._start("client", command.text)
                except UserError as error:
                    self._orders.refuse("client", str(error))
