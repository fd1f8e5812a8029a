"""Makes one segment of the two copies that a packet socket on `lo` sees of each packet.

The copy that leaves is the moment of sending, the copy that arrives the moment of delivery. Pure: packets
and times in, events out. Times are ns on the recording's clock.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from sockviz.events import SegmentDelivered, SegmentDropped, SegmentSent
from sockviz.sources.capture import Captured
from sockviz.tcp.segment import decode

Told = SegmentSent | SegmentDelivered | SegmentDropped

SOON: Final = 20_000_000
"""ns; when the capture is known to have lost packets, an arrival that is later than this was among them."""

PATIENCE: Final = 1_000_000_000
"""ns; without that, a packet that has not arrived after this is lost."""


class _Sent(NamedTuple):
    id: int
    t: int


class Pairing:
    """The packets of one run on `lo`."""

    def __init__(self, server: str) -> None:
        """`server` is the listener's address with its port: what has it at one end is ours."""
        self._server = server
        self._count = 0
        self._waiting: dict[bytes, deque[_Sent]] = {}
        """Frame → those sent and not yet seen to arrive, oldest first (a resent one may be equal)."""

    @property
    def pending(self) -> bool:
        """Some that were sent have not been seen to arrive."""
        return bool(self._waiting)

    def feed(self, packets: Iterable[Captured], offset: int) -> Iterator[Told]:
        """What these packets tell, in their order. `offset` turns their times into the recording's."""
        for packet in packets:
            t = packet.realtime - offset
            if packet.outgoing:
                yield from self._sent(packet.frame, t)
            else:
                yield from self._arrived(packet.frame, t)

    def give_up(self, now: int, *, lossy: bool) -> list[Told]:
        """Decide about those that should have arrived by `now`.

        Args:
            now: the time.
            lossy: the capture has lost packets since this was last asked: what is missing did arrive, unseen.
                Else the kernel itself threw it away (its queue, `net.core.netdev_max_backlog`, was full).
        """
        late = now - (SOON if lossy else PATIENCE)
        found: list[Told] = []
        for frame, queue in list(self._waiting.items()):
            while queue and queue[0].t < late:
                segment = queue.popleft().id
                found.append(
                    SegmentDelivered(t=now, id=segment)
                    if lossy
                    else SegmentDropped(t=now, id=segment, cause="lost")
                )
            if not queue:
                del self._waiting[frame]
        return found

    def _sent(self, frame: bytes, t: int) -> Iterator[Told]:
        if event := self._begin(frame, t):
            self._waiting.setdefault(frame, deque()).append(_Sent(event.id, t))
            yield event

    def _arrived(self, frame: bytes, t: int) -> Iterator[Told]:
        queue = self._waiting.get(frame)
        if queue:
            sent = queue.popleft()
            if not queue:
                del self._waiting[frame]
            yield SegmentDelivered(t=max(t, sent.t), id=sent.id)
        elif event := self._begin(frame, t):  # it left before we looked, or the capture lost that copy
            yield event
            yield SegmentDelivered(t=t, id=event.id)

    def _begin(self, frame: bytes, t: int) -> SegmentSent | None:
        """A new segment; None: it is none of ours."""
        segment = decode(frame)
        if segment is None or self._server not in (segment.source, segment.destination):
            return None
        sender, receiver = ("server", "client") if segment.source == self._server else ("client", "server")
        self._count += 1
        return SegmentSent(t=t, id=self._count, sender=sender, receiver=receiver, segment=segment)
