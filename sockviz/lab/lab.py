"""The lab: two hosts in namespaces of their own, and the wire between them.

Puts together what `namespaces`, `network`, `wire` and `programs` make; decides nothing about segments or
calls. Runs inside the namespaces that `sockviz.lab.namespaces.enter` made.
"""

import asyncio
from collections.abc import Callable
from functools import partial

from sockviz import privileges
from sockviz.addresses import Address as Endpoint
from sockviz.engine.ground import OnLost, RefusedError, Sink
from sockviz.engine.header import header
from sockviz.engine.sampler import Sampler
from sockviz.errors import UserError
from sockviz.events import (
    CallEntered,
    CallReturned,
    Event,
    Header,
    SegmentDelivered,
    SegmentSent,
)
from sockviz.intents import Mode, Setup
from sockviz.lab.line import Line, NotOnWireError
from sockviz.lab.network import HOSTS, NOBODY, SERVER, Network
from sockviz.lab.tap import Tap
from sockviz.lab.wire import Wire
from sockviz.programs.host import HostHandle, ProgramHandle, start_host
from sockviz.programs.host_process import HostSetup
from sockviz.sources.clock import Clock

_IMPATIENT = (
    "A held segment is given up by the kernel after its usual number of retries, "
    "since /proc/sys can't be written: start the container with `--privileged`."
)
_OF_PROGRAMS = frozenset({privileges.NET_BIND_SERVICE, privileges.NET_RAW})
"""Any port, and packets of their own making. The hosts set sysctls besides."""
_REST = 10_000_000
"""ns between two samples where the user's programs run at full speed."""
_OF_GUESTS = ("capture", "table", "hold", "counters", "sysctls", "programs")
_NOT_FOLLOWED = (
    "The programs' calls are not followed, since {}: what they are blocked in is looked at now and then. {}"
)
_CAPABILITIES = ("capture", "table", "calls", "hold", "counters", "sysctls", "datagrams", "flood")


class Lab:
    """The lab as the director's ground. Made by `open_lab`."""

    def __init__(
        self, setup: Setup, clock: Clock, network: Network, hosts: list[HostHandle], sink: Sink
    ) -> None:
        self.address = _listener(setup)
        self.nobody = NOBODY.ipv6 if setup.ipv6 else NOBODY.ipv4
        self.header = _header(setup, clock, network)
        self._clock = clock
        self._sink = sink
        self._guests = bool(setup.commands)
        self.congested: Callable[[], bool] = lambda: False
        """More events wait to be read than should."""
        self._looking: set[str] = set()
        """Hosts that will be sampled soon."""
        self._closed = False
        self._hosts = {host.names[0]: host for host in hosts}
        self._sampler = Sampler(hosts, self.observe)
        self._line = Line(setup.mode, setup.delay)
        ends = {
            address.host: (Tap(address.end), frozenset({address.ipv4, address.ipv6})) for address in HOSTS
        }
        nobody = frozenset({NOBODY.ipv4, NOBODY.ipv6})
        self._wire = Wire(
            self._line,
            ends,
            clock,
            self.observe,
            self._sampler.sample,
            nobody=nobody,
            rest=_REST if setup.commands else 0,
        )

    def start(self) -> None:
        """Begin to carry and to sample."""
        self.change_wire(None, None)
        self._wire.start()
        self._sampler.start()

    def heed(self, congested: Callable[[], bool]) -> None:
        """Take less from the hosts while events wait to be read."""
        self._wire.congested = self.congested = congested

    def handle(self, host: str) -> HostHandle:
        """The host's process."""
        return self._hosts[host]

    async def spawn(self, host: str, name: str) -> ProgramHandle:
        """Start a program on a host."""
        return await self._hosts[host].spawn(name)

    async def set_sysctl(self, host: str, name: str, value: str) -> tuple[int, str]:
        """Change a setting of a host's kernel."""
        return await self._hosts[host].set_sysctl(name, value)

    def observe(self, event: Event) -> None:
        """Pass an event on, and see to it that the hosts it is about are sampled after it."""
        self._sink(event)
        match event:
            case SegmentSent():
                self._sampler.note(event.sender, event.t)
            case SegmentDelivered():
                for host in self._hosts:
                    self._sampler.note(host, event.t)
            case CallEntered():
                self._sampler.note(event.host, event.t)
            case CallReturned():
                self._sampler.note(event.host, event.t)
                self._look(event.host)
            case _:
                pass

    def _look(self, host: str) -> None:
        """Sample a host after a call: at once, or, of the user's programs, which make many, soon."""
        if not self._guests:
            self._sampler.look(host)
        elif host not in self._looking:
            self._looking.add(host)
            asyncio.get_running_loop().call_later(_REST / 1e9, self._look_now, host)

    def _look_now(self, host: str) -> None:
        self._looking.discard(host)
        if not self._closed:
            self._sampler.look(host)

    def change_wire(self, mode: Mode | None, delay: int | None) -> None:
        """Set the wire's mode and delay."""
        self._tell(self._line.change(self._clock.now(), mode, delay))

    def release(self, segment: int | None, *, every: bool) -> None:
        """Let held segments go."""
        now = self._clock.now()
        try:
            self._tell(self._line.release_all(now) if every else self._line.release(now, segment))
        except NotOnWireError as error:
            raise RefusedError(str(error)) from None

    def drop(self, segment: int | None) -> None:
        """Take a segment off the wire."""
        try:
            self._tell(self._line.drop(self._clock.now(), segment))
        except NotOnWireError as error:
            raise RefusedError(str(error)) from None

    async def caught_up(self) -> None:
        """Wait until all that was due by now has been delivered."""
        await self._wire.caught_up()

    async def close(self) -> None:
        """End the hosts with their programs, then the wire."""
        self._closed = True
        await self._sampler.close()
        await asyncio.gather(*(host.close() for host in self._hosts.values()))
        await self._wire.close()

    def _tell(self, events: list[Event]) -> None:
        for event in events:
            self.observe(event)
        self._wire.stir()


async def open_lab(setup: Setup, clock: Clock, network: Network, sink: Sink, on_lost: OnLost) -> Lab:
    """Start the hosts on the network. Forks: call it while this process has one thread.

    Raises:
        UserError: (kind `no-lab`) the kernel refused a part of it; (`no-ipv6`) it has no IPv6.
    """
    if setup.ipv6 and not network.ipv6:
        raise UserError("this kernel has no IPv6", "leave out --ipv6", "no-ipv6")
    lab: Lab | None = None

    def on_event(event: Event) -> None:
        if lab is not None:
            lab.observe(event)

    hosts = []
    for address in HOSTS:
        prepare = network.entrance(address.host)
        host_setup = HostSetup(
            names=(address.host,),
            address=_listener(setup),
            clock=clock,
            prepare=prepare,
            keep=_OF_PROGRAMS | {privileges.NET_ADMIN},
            pass_on=_OF_PROGRAMS,
            guests=bool(setup.commands),
        )
        host = start_host(host_setup, on_event)
        host.on_lost = partial(_lost, on_lost, address.host)
        hosts.append(host)
    lab = Lab(setup, clock, network, hosts, sink)
    for host in hosts:
        await host.ready()
        await host.configure()
    return lab


def _lost(on_lost: OnLost, host: str, how: str) -> None:
    on_lost(f"the {host} host's process {how}")


def _listener(setup: Setup) -> str:
    return str(Endpoint(SERVER.ipv6 if setup.ipv6 else SERVER.ipv4, setup.port))


def _header(setup: Setup, clock: Clock, network: Network) -> Header:
    capabilities, hidden = _of_guests(setup) if setup.commands else (_CAPABILITIES, ())
    return header(
        "lab",
        clock,
        {
            address.host: (address.ipv4, address.ipv6) if network.ipv6 else (address.ipv4,)
            for address in HOSTS
        },
        sysctls=network.sysctls,
        capabilities=capabilities,
        hidden=((_IMPATIENT,) if network.impatient else ()) + hidden,
    )


def _of_guests(setup: Setup) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What is seen of the user's programs, and what is not."""
    from sockviz.guests import tracing  # noqa: PLC0415 - for those who need it

    if not setup.trace:
        return _OF_GUESTS, (_NOT_FOLLOWED.format("--no-strace was given", "Leave it out to follow them."),)
    if reason := tracing.why_not():
        return _OF_GUESTS, (_NOT_FOLLOWED.format(reason, "See `sockviz doctor`."),)
    return (*_OF_GUESTS, "calls"), ()
