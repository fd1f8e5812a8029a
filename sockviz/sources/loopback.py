"""The loopback ground: client and server on this machine's own 127.0.0.1 or ::1, at full speed.

Puts together the programs, the capture on `lo` (where the process may capture) and the readings of the
socket table; decides nothing about calls. Nothing on the machine is changed, and nothing can be held: packets
are shown in slow motion afterwards, by their times.
"""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final

from sockviz.addresses import Address
from sockviz.engine.ground import OnLost, RefusedError, Sink
from sockviz.engine.header import header
from sockviz.engine.sampler import Sampler
from sockviz.engine.tasks import Tasks
from sockviz.errors import UserError
from sockviz.events import (
    CallEntered,
    CallReturned,
    CounterRaised,
    Event,
    Header,
    SegmentDelivered,
    SegmentSent,
)
from sockviz.intents import Mode, Setup
from sockviz.programs.host import HostHandle, ProgramHandle, start_host
from sockviz.programs.host_process import HostSetup
from sockviz.sources import sysctls
from sockviz.sources.budget import Budget
from sockviz.sources.capture import Capture, allowed_command
from sockviz.sources.clock import Clock, Realtime
from sockviz.sources.pairing import Pairing

HOSTS: Final = ("client", "server")

SHARE: Final = 0.05
"""Of a core's time, for reading the socket table, which may be long on a real machine."""
CREDIT: Final = 250_000_000
"""ns of reading before `SHARE` is enforced: what a hand on the keyboard causes is read at once."""
PERIOD: Final = 0.5
"""s between readings when nothing happens."""
PERIOD_BLIND: Final = 0.2
"""The same without packets, when the table is all there is."""
QUIET: Final = 0.002
"""s without packets, after which a burst is over."""
BREATH: Final = 0.01
"""s between two looks whether events still wait."""

_ONLY_THE_LAB: Final = (
    "On loopback the kernel hands every packet over at once. Only the lab's wire can {}: "
    "start with --source lab."
)


class Loopback:
    """The loopback as the director's ground. Made by `open_loopback`."""

    def __init__(
        self, setup: Setup, clock: Clock, host: HostHandle, capture: Capture | None, sink: Sink
    ) -> None:
        """`host` stands for both hosts. `capture` is closed with this; None: there are no packets."""
        self.address = _listener(setup)
        self.nobody = ""
        self.header = _header(setup, clock, capturing=capture is not None)
        self._clock = clock
        self._sink = sink
        self._host = host
        self._capture = capture
        self._realtime = Realtime(clock)
        self._pairing = Pairing(self.address)
        self._dropped = 0
        self._sampler = Sampler([host], sink)
        self._budget = Budget(SHARE, CREDIT)
        self._congested: Callable[[], bool] = lambda: False
        self._breath: asyncio.TimerHandle | None = None
        """Until it is looked again whether packets can be read."""
        self._stirred = asyncio.Event()
        self._tasks = Tasks()

    def start(self) -> None:
        """Begin to capture and to sample."""
        self._listen()
        self._tasks.start(self._watch())

    def heed(self, congested: Callable[[], bool]) -> None:
        """Read fewer packets while events wait to be read."""
        self._congested = congested

    async def spawn(self, host: str, name: str) -> ProgramHandle:
        """Start a program."""
        return await self._host.spawn(name, host)

    def observe(self, event: Event) -> None:
        """Pass an event on, and see to it that the table is read after what it may show."""
        self._sink(event)
        match event:
            case SegmentSent():
                self._note(event.sender, event.t)
            case SegmentDelivered():
                for host in HOSTS:
                    self._note(host, event.t)
            case CallEntered() | CallReturned():
                self._note(event.host, event.t)
            case _:
                pass

    async def set_sysctl(self, host: str, name: str, value: str) -> tuple[int, str]:  # noqa: ARG002 - the ground's signature
        """Refused: it would be this machine's own setting."""
        raise RefusedError(
            f"On loopback {name} is this machine's own setting, and stays as it is. The lab's hosts have "
            "their own: start with --source lab."
        )

    def change_wire(self, mode: Mode | None, delay: int | None) -> None:  # noqa: ARG002 - the ground's signature
        """Refused: there is no wire of ours."""
        raise RefusedError(_ONLY_THE_LAB.format("hold, delay or cut"))

    def release(self, segment: int | None, *, every: bool) -> None:  # noqa: ARG002 - the ground's signature
        """Refused: nothing is held."""
        raise RefusedError(_ONLY_THE_LAB.format("hold and release"))

    def drop(self, segment: int | None) -> None:  # noqa: ARG002 - the ground's signature
        """Refused: nothing waits."""
        raise RefusedError(_ONLY_THE_LAB.format("drop"))

    async def caught_up(self) -> None:
        """Return at once: nothing lags behind here."""

    async def close(self) -> None:
        """End the programs, and tell the packets of their end."""
        await self._tasks.close()
        await self._sampler.close()
        await self._host.close()
        if self._capture:
            asyncio.get_running_loop().remove_reader(self._capture.fileno())
            if self._breath:
                self._breath.cancel()
            while self._read():
                pass
            self._count_losses()
            self._capture.close()

    def _note(self, host: str, t: int) -> None:
        self._sampler.note(host, t)
        self._stirred.set()

    def _listen(self) -> None:
        """Be told when packets wait."""
        if self._capture:
            asyncio.get_running_loop().add_reader(self._capture.fileno(), self._heard)

    def _heard(self) -> None:
        """Packets wait; if too many events do already, the kernel keeps them, as far as it has room."""
        if self._congested() and self._capture:
            loop = asyncio.get_running_loop()
            loop.remove_reader(self._capture.fileno())
            self._breath = loop.call_later(BREATH, self._listen)
        else:
            self._read()

    def _read(self) -> bool:
        """Tell of the packets that wait, a bounded number; whether there were any."""
        packets = self._capture.receive() if self._capture else []
        if not packets:
            return False
        for event in self._pairing.feed(packets, self._realtime.offset()):
            self.observe(event)
        return True

    def _count_losses(self) -> None:
        """Tell what the capture lost, and decide about packets that left and did not arrive."""
        if self._capture is None:
            return
        total = self._capture.dropped()
        now, by, self._dropped = self._clock.now(), total - self._dropped, total
        if by:
            self._sink(CounterRaised(t=now, host="server", name="PacketsDropped", by=by, total=total))
        for event in self._pairing.give_up(now, lossy=bool(by)):
            self.observe(event)

    async def _watch(self) -> None:
        """Read the table after what happened, and from time to time, within the budget."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(PERIOD if self._capture else PERIOD_BLIND):
                    await self._stirred.wait()
                    await self._quiet()
            self._count_losses()
            self._stirred.clear()
            before = self._sampler.cost
            await self._sampler.sample(HOSTS)
            now = self._clock.now()
            self._budget.spend(now, self._sampler.cost - before)
            await asyncio.sleep(self._budget.wait(now) / 1e9)

    async def _quiet(self) -> None:
        """Wait until nothing has happened for a moment."""
        while self._stirred.is_set():
            self._stirred.clear()
            await asyncio.sleep(QUIET)


async def open_loopback(setup: Setup, clock: Clock, sink: Sink, on_lost: OnLost) -> Loopback:
    """Start the host, and capture if that is allowed. Forks: call it while this process has one thread.

    Raises:
        UserError: the host could not be started.
    """
    ground: Loopback | None = None

    def on_event(event: Event) -> None:
        if ground is not None:
            ground.observe(event)

    host = start_host(
        HostSetup(names=HOSTS, address=_listener(setup), clock=clock, port=setup.port), on_event
    )
    host.on_lost = lambda how: on_lost(f"the process that the programs run in {how}")
    await host.ready()
    await host.configure()
    ground = Loopback(setup, clock, host, _capture(setup.port), sink)
    return ground


def _capture(port: int) -> Capture | None:
    try:
        return Capture("lo", port)
    except UserError:
        return None


def _listener(setup: Setup) -> str:
    return str(Address("::1" if setup.ipv6 else "127.0.0.1", setup.port))


def _header(setup: Setup, clock: Clock, *, capturing: bool) -> Header:
    address = "::1" if setup.ipv6 else "127.0.0.1"
    return header(
        "loopback",
        clock,
        dict.fromkeys(HOSTS, (address,)),
        sysctls=sysctls.read(),
        capabilities=(*(["capture"] if capturing else []), "table", "calls", "counters"),
        hidden=() if capturing else (_without_packets(),),
    )


def _without_packets() -> str:
    return (
        "Packets are hidden, and states between two readings of the socket table are not seen, because this"
        f" process may not capture; to see them: {allowed_command('--source', 'loopback')}"
    )
