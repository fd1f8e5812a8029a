"""The wire: reads what each host's kernel sends, and delivers it to the other when `Line` says so.

TCP, UDP and ICMP's error messages get through, between the two hosts' addresses. A host may also send from an
address that nobody has (a raw socket can); what is sent *to* one is seen on the wire, and lost there.

Deliveries are serialised: one segment is delivered, the kernel acts, what it sends is read, both hosts are
sampled, and only then comes the next one. So in the lab each state that a host passes through is in its
socket table when that is read.

In a flood that would crawl (a sample takes 1 to 3 ms): while deliveries are more than `LAG` behind their due
times, the hosts are sampled every `PAUSE` only, and not after each of them. Nor does a flood take all memory:
while `ROOM` segments are on the wire, or nobody keeps up with the events, what the hosts send waits in the
kernel; there it is lost when there is no room for it, which is counted.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Hashable, Mapping
from typing import Final

from sockviz import addresses
from sockviz.engine.tasks import Tasks
from sockviz.events import CounterRaised, Event, Segment, SegmentDelivered
from sockviz.lab.line import Line, Sending
from sockviz.lab.tap import Tap
from sockviz.sources.clock import Clock, Realtime
from sockviz.sources.packets import Captured
from sockviz.tcp import datagram
from sockviz.tcp.segment import decode, identity

LAG: Final = 50_000_000
"""How far deliveries may fall behind their due times before it is a flood, ns."""

PAUSE: Final = 20_000_000
"""Between two samples in a flood, ns."""

ROOM: Final = 250
"""Segments on the wire before the next ones have to wait."""

AT_ONCE: Final = 64
"""Segments of each host that are put on the wire together."""

LATE: Final = 10_000_000
"""ns. What has waited in the kernel for longer counts as sent when there was room for it: the events of that
time have been told already."""

BREATH: Final = 0.01
"""Seconds between two looks whether there is room again."""


class Wire:
    """The two taps and the line between them, on the running event loop."""

    def __init__(
        self,
        line: Line,
        hosts: Mapping[str, tuple[Tap, frozenset[str]]],
        clock: Clock,
        emit: Callable[[Event], None],
        settle: Callable[[set[str]], Awaitable[None]],
        *,
        nobody: frozenset[str] = frozenset(),
        rest: int = 0,
    ) -> None:
        """`hosts`: two names, each with its tap and its addresses. `settle` samples the hosts named.

        `nobody`: addresses that no host has, and that may be on the wire all the same. `rest`: ns between
        two samples while segments flow without a delay, when nobody could follow them.
        """
        self.line = line
        self.congested: Callable[[], bool] = lambda: False
        """More events wait to be read than should."""
        self._taps = {host: tap for host, (tap, _) in hosts.items()}
        self._owns = {host: owned for host, (_, owned) in hosts.items()}
        self._peer = dict(zip(hosts, reversed(list(hosts)), strict=True))
        self._clock = clock
        self._realtime = Realtime(clock)
        self._emit = emit
        self._settle = settle
        self._nobody = nobody
        self._rest = rest
        self._reading = False
        self._stirred = asyncio.Event()
        self._idle = asyncio.Event()
        self._unseen: set[str] = set()
        """Hosts on which something happened since they were sampled."""
        self._sampled = 0
        self._lost = dict.fromkeys(hosts, 0)
        self._tasks = Tasks()

    def start(self) -> None:
        """Begin to carry."""
        self._listen(reading=True)
        self._tasks.start(self._carry())

    def stir(self) -> None:
        """The line was changed from outside: look again when the next segment is due."""
        self._stirred.set()

    async def caught_up(self) -> None:
        """Wait until nothing is overdue, and what came of it has been sampled."""
        while self.line.overdue(self._clock.now()) or self._unseen:
            self._idle.clear()
            await self._idle.wait()

    async def close(self) -> None:
        """Stop; what is on the wire is lost."""
        await self._tasks.close()
        self._listen(reading=False)
        for tap in self._taps.values():
            tap.close()

    async def _carry(self) -> None:
        while True:
            self._stirred.clear()
            if arrival := self.line.take_due(self._clock.now()):
                self._unseen |= {arrival.receiver, self._peer[arrival.receiver]}
                self._emit(SegmentDelivered(t=self._clock.now(), id=arrival.id))
                self._taps[arrival.receiver].deliver(arrival.frame)
                self._stirred.set()
                self._read()
            if self._unseen and self._may_sample():
                if self._hurries:
                    self._sampled = self._clock.now()
                    self._tasks.start(self._sample())
                else:
                    await self._sample()
            await self._wait()
            if not self._reading:
                self._read()

    async def _sample(self) -> None:
        seen, self._unseen = self._unseen, set()
        await self._settle(seen)
        self._sampled = self._clock.now()
        self._count_losses()

    @property
    def _hurries(self) -> bool:
        """Segments flow without a delay for programs that nobody steps through: no sample holds them up."""
        return self._rest > 0 and self.line.mode == "flow" and self.line.delay == 0

    def _may_sample(self) -> bool:
        """Always, but in a flood only from time to time."""
        now = self._clock.now()
        if self.line.overdue(now - LAG):
            return now - self._sampled > PAUSE
        return not self._hurries or now - self._sampled >= self._rest

    async def _wait(self) -> None:
        """Until something is read, changed or due."""
        if self._stirred.is_set():
            await asyncio.sleep(0)
            return
        self._idle.set()
        due = self.line.next_due()
        timeout = None if due is None else max(0, due - self._clock.now()) / 1e9
        if not self._reading or (self._unseen and self._rest):
            timeout = BREATH if timeout is None else min(timeout, BREATH)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await self._stirred.wait()

    def _listen(self, *, reading: bool) -> None:
        """Be told of what the hosts send, or leave it to the kernel."""
        if reading is self._reading:
            return
        self._reading = reading
        loop = asyncio.get_running_loop()
        for tap in self._taps.values():
            if reading:
                loop.add_reader(tap.fileno(), self._read)
            else:
                loop.remove_reader(tap.fileno())

    def _read(self) -> None:
        """Put on the line all that the hosts sent, in the order of its times, if there is room for it."""
        room = len(self.line) < ROOM and not self.congested()
        self._listen(reading=room)
        if not room:
            return
        taken = [(one, host) for host, tap in self._taps.items() for one in tap.receive(AT_ONCE)]
        if not taken:
            return
        self._stirred.set()
        offset, earliest = self._realtime.offset(), self._clock.now() - LATE
        for one, sender in sorted(taken):
            self._put(one, sender, max(one.realtime - offset, earliest))

    def _put(self, taken: Captured, sender: str, t: int) -> None:
        receiver = self._peer[sender]
        segment, copy = _read(taken.frame)
        if segment is None:
            return
        source, target = addresses.parse(segment.source).ip, addresses.parse(segment.destination).ip
        nobody = target in self._nobody
        if not (source in self._owns[sender] or (source in self._nobody and not nobody)):
            return
        if not (nobody or target in self._owns[receiver]):
            return
        self._unseen.add(sender)
        sending = Sending(t, sender, receiver, segment, copy, taken.frame, nobody)
        for event in self.line.send(sending):
            self._emit(event)

    def _count_losses(self) -> None:
        """Tell of frames that were lost because nobody read them in time."""
        for host, tap in self._taps.items():
            total = tap.dropped()
            if by := total - self._lost[host]:
                self._lost[host] = total
                self._emit(
                    CounterRaised(t=self._clock.now(), host=host, name="PacketsDropped", by=by, total=total)
                )


def _read(frame: bytes) -> tuple[Segment | None, Hashable]:
    """What is in a frame, and what another copy of it would have in common with it (a datagram: nothing)."""
    segment = decode(frame)
    return (segment, identity(frame)) if segment is not None else (datagram.decode(frame), object())
