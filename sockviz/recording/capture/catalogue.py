"""The connections in a capture: a list to choose from.

Reads the whole file once, and keeps what a line of the list needs. How a connection ended is told here by
what was seen in all, for a list; the states on the way are the world's to infer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, Literal, TypeAlias

from sockviz.recording.capture.segments import Tally, segments
from sockviz.recording.capture.tracking import Flow, Tracked, Tracker
from sockviz.recording.capture.window import Progress
from sockviz.tcp.segment import endpoint

MOST: Final = 100_000
"""Connections listed; a capture of a flood or a scan has more, and nobody looks for one among them."""
_GIVES_UP: Final = 3
"""Repetitions in a row without any answer, after which one is not expected any more."""

Handshake: TypeAlias = Literal["full", "partial", "none"]
"""`full`: both SYNs were seen, and acknowledged. `none`: it began before the capture."""


class Ending(StrEnum):
    """How a connection ended, or how it stands at the end of the capture."""

    CLOSED = "closed"
    """Both FINs were seen, and acknowledged."""
    RESET = "reset"
    """By an RST."""
    REFUSED = "refused"
    """The SYN was answered with RST."""
    UNANSWERED = "unanswered"
    """The SYN got no answer, or repetitions of something later got none."""
    HALF_OPEN = "half-open"
    """The handshake was not finished."""
    OPEN = "open"
    HALF_CLOSED = "half-closed"
    """One end has sent its FIN."""
    CLOSING = "closing"
    """Both ends have sent their FINs, which are not both acknowledged."""


@dataclass(frozen=True, slots=True)
class CaptureConnection:
    """One connection of a capture. Times are ns since the capture's first packet."""

    number: int
    """From 1, in order of appearance: one more than Wireshark's `tcp.stream`."""
    client: str
    """`10.0.0.2:40000`: who sent the SYN; if none was seen, the end with the higher port."""
    server: str
    first: int
    last: int
    first_packet: int
    """Its first packet's number in the file, as Wireshark counts (from 1)."""
    last_packet: int
    packets_sent: int
    """By the client."""
    packets_received: int
    bytes_sent: int
    """Payload sent by the client, each byte once."""
    bytes_received: int
    handshake: Handshake
    ending: Ending
    retransmissions: int
    missing: int
    """Bytes that must have been sent, as what came later shows, and are not in the capture."""
    seen: int
    """The bits of Wireshark's `tcp.completeness`: 1 SYN, 2 SYN-ACK, 4 ACK, 8 data, 16 FIN, 32 RST."""

    @property
    def duration(self) -> int:
        """From the first to the last packet, ns."""
        return self.last - self.first

    @property
    def packets(self) -> int:
        """Both ways."""
        return self.packets_sent + self.packets_received

    @property
    def bytes(self) -> int:
        """Both ways."""
        return self.bytes_sent + self.bytes_received


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What is in a capture."""

    connections: tuple[CaptureConnection, ...]
    """In order of appearance."""
    packets: int
    segments: int
    wall_clock: int
    """When the first packet was captured, ns since the epoch."""
    duration: int
    """From the first to the last packet, ns."""
    skipped: Mapping[str, int]
    """Why packets have no segment that can be read → how many: `not TCP`, `cut off within its headers` …"""
    notices: tuple[str, ...]
    """What the user must know about the file, a sentence each."""


def summarise(path: Path, progress: Progress = lambda _: None) -> Catalogue:
    """Read a capture and list its connections.

    Args:
        path: a pcap or pcapng file.
        progress: is told which part has been read (0.0 to 1.0), every MiB; what it raises ends the reading.

    Raises:
        UserError: the file can't be read, or is no capture.
    """
    tally, tracker = Tally(), Tracker(MOST)
    beyond = 0
    for number, t, found, _, _ in segments(path, tally, progress):
        if tracker.take(number, t, found) is None:
            beyond += 1
    if beyond:
        tally.notices.append(beyond_most(beyond))
    if not tally.segments:
        tally.notices.append(_no_segments(path, tally))
    return Catalogue(
        connections=tuple(map(_connection, tracker.connections)),
        packets=tally.packets,
        segments=tally.segments,
        wall_clock=tally.wall_clock,
        duration=tally.last,
        skipped=dict(tally.skipped.most_common()),
        notices=tuple(tally.notices),
    )


def beyond_most(packets: int) -> str:
    """What is said of the packets of connections that are too many."""
    return f"there are more than {MOST:,} connections: {packets:,} packets of later ones are left out"


def _no_segments(path: Path, tally: Tally) -> str:
    what = ", ".join(f"{count:,} {reason}" for reason, count in tally.skipped.most_common())
    return f"{path} has no TCP that can be read: " + (f"its packets are {what}" if what else "it is empty")


def _connection(tracked: Tracked) -> CaptureConnection:
    client, server = tracked.client, tracked.server
    return CaptureConnection(
        number=tracked.number,
        client=endpoint(*client.key[:2]),
        server=endpoint(*server.key[:2]),
        first=tracked.first,
        last=tracked.last,
        first_packet=tracked.first_packet,
        last_packet=tracked.last_packet,
        packets_sent=client.packets,
        packets_received=server.packets,
        bytes_sent=client.bytes,
        bytes_received=server.bytes,
        handshake=_handshake(client, server),
        ending=_ending(tracked, client, server),
        retransmissions=client.repeated + server.repeated,
        missing=client.missing + server.missing,
        seen=tracked.seen,
    )


def _handshake(client: Flow, server: Flow) -> Handshake:
    if client.opened and server.opened:
        return "full"
    return "partial" if client.syn or server.syn else "none"


def _ending(tracked: Tracked, client: Flow, server: Flow) -> Ending:
    if tracked.reset is not None:
        ending = Ending.REFUSED if _refused(tracked.reset) else Ending.RESET
    elif client.passed and server.passed:
        ending = Ending.CLOSED
    elif max(client.unanswered, server.unanswered) >= _GIVES_UP or _ignored(client, server):
        ending = Ending.UNANSWERED
    elif client.fin is not None and server.fin is not None:
        ending = Ending.CLOSING
    elif client.fin is not None or server.fin is not None:
        ending = Ending.HALF_CLOSED
    elif (client.syn or server.syn) and not client.joined:
        ending = Ending.HALF_OPEN
    else:
        ending = Ending.OPEN
    return ending


def _ignored(client: Flow, server: Flow) -> bool:
    """A SYN got nothing at all, and not because the capture has one direction only."""
    return client.syn and not server.packets and client.acked is None


def _refused(by: Flow) -> bool:
    """A SYN got nothing but this RST."""
    return by.peer.syn and not by.syn and by.expected is None and by.peer.acked is None
