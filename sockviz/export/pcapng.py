"""A recording as pcapng, for Wireshark and its kin: every segment as its sender's kernel sent it.

Each host is an interface; a packet is one of its sender's, at the time of sending. What the wire then did
(held it, dropped it) is the packet's comment. Of segments that were captured at one point of their way there
is one interface.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from sockviz.events import (
    AnyEvent,
    Header,
    Segment,
    SegmentCaptured,
    SegmentDelivered,
    SegmentDropped,
    SegmentReleased,
    SegmentSent,
)
from sockviz.recording.capture.blocks import interface, packet, section
from sockviz.tcp.link import RAW, wire_length
from sockviz.tcp.rebuild import rebuild
from sockviz.tcp.segment import FRAME_KEPT, Skipped, headers, payload_at
from sockviz.world.labels import duration

_CAUSES: Final = {
    "operator": "taken off the wire",
    "cut": "lost, since the wire was cut",
    "lost": "lost",
    "nobody": "no host has its address; dropped",
}
_AT_MOST: Final = 10_000
"""Packets that wait for what becomes of them; past that the oldest is written without."""
_LARGEST: Final = 0xFFFFFFFF

_COMMENT: Final = (
    "Recorded by sockviz ({source}). Each packet stands where its sender's kernel sent it; its comment says "
    "what the wire did with it, if that was more than to deliver it. Frames are cut off after {kept} bytes."
)


@dataclass(slots=True)
class _Packet:
    """A segment, and what became of it so far."""

    t: int
    sender: str
    """Empty: captured on its way."""
    segment: Segment
    held: bool = False
    settled: bool = False
    """Nothing more will become of it."""
    comments: list[str] = field(default_factory=list)


def blocks(events: Iterable[AnyEvent]) -> Iterator[bytes]:
    """The blocks of a pcapng file with the segments of a recording, in order of sending."""
    writer = _Writer()
    for event in events:
        yield from writer.take(event)
    yield from writer.rest()


class _Writer:
    def __init__(self) -> None:
        self._header: Header | None = None
        self._interfaces: dict[tuple[str, int], int] = {}
        self._waiting: dict[int, _Packet] = {}
        """Segment → its packet, in order of sending; the first one's fate is not known yet."""

    def take(self, event: AnyEvent) -> Iterator[bytes]:
        match event:
            case Header() if self._header is None:
                self._header = event
                comment = _COMMENT.format(source=event.source, kept=FRAME_KEPT)
                yield section(program=event.made_by, system=event.kernel, comment=comment)
            case SegmentSent():
                held = self._lab and event.due is None
                self._waiting[event.id] = _Packet(event.t, event.sender, event.segment, held)
            case SegmentCaptured():
                self._waiting[event.id] = _Packet(event.t, "", event.segment, settled=True)
            case SegmentReleased() | SegmentDelivered() | SegmentDropped():
                self._note(event)
            case _:
                return
        yield from self._written()

    def _note(self, event: SegmentReleased | SegmentDelivered | SegmentDropped) -> None:
        found = self._waiting.get(event.id)
        if found is None:
            return
        after = duration(event.t - found.t)
        match event:
            case SegmentReleased():
                found.comments.append(f"held on the wire, released after {after}")
                found.held = False
            case SegmentDelivered():
                found.settled = True
            case SegmentDropped(cause="resent"):
                what = "its acknowledgement was" if event.original is None else "what it repeats was still"
                found.comments.append(f"not taken by the wire: {what} on it")
                found.held, found.settled = False, True
            case SegmentDropped():
                found.comments.append(f"never arrived: {_CAUSES[event.cause]} after {after}")
                found.held, found.settled = False, True

    def _written(self) -> Iterator[bytes]:
        """Those whose fate is known, up to the first one of which it is not."""
        while self._waiting:
            number, first = next(iter(self._waiting.items()))
            if not first.settled and len(self._waiting) <= _AT_MOST:
                return
            del self._waiting[number]
            yield from self._blocks(first)

    def rest(self) -> Iterator[bytes]:
        """What is left at the end of the recording."""
        if self._header is None:
            yield section()
        for one in self._waiting.values():
            yield from self._blocks(one)

    def _blocks(self, one: _Packet) -> Iterator[bytes]:
        segment, frame, link = one.segment, one.segment.frame, one.segment.link
        if one.held:
            one.comments.append("held on the wire, and still there when the recording ended")
        if not frame:
            made = rebuild(segment)
            if made is None:
                return
            frame, link = made, RAW
            one.comments.append("headers made again from what was recorded: no bytes of it were")
        length = wire_length(frame, link)
        found = headers(frame, link)
        if not isinstance(found, Skipped):
            length = max(length, payload_at(found) + segment.length)  # more than an IP header can say
        key = (one.sender, link)
        if key not in self._interfaces:
            self._interfaces[key] = len(self._interfaces)
            yield self._interface(*key)
        yield packet(
            self._interfaces[key],
            one.t + (self._header.wall_clock if self._header is not None else 0),
            frame,
            min(length, _LARGEST),
            comments=one.comments,
            direction="outbound" if one.sender else "",
        )

    def _interface(self, host: str, link: int) -> bytes:
        if not host:
            return interface(link, name="capture", snap_length=FRAME_KEPT)
        hosts = self._header.hosts if self._header is not None else ()
        addresses = ", ".join(address for one in hosts if one.name == host for address in one.addresses)
        return interface(link, name=host, description=f"{host} {addresses}".strip(), snap_length=FRAME_KEPT)

    @property
    def _lab(self) -> bool:
        return self._header is not None and self._header.source == "lab"
