"""A capture as events, as if sockviz had recorded it: `header`, then `segment_captured`.

Each segment was seen at one point of its way. Which end is the client is told by who sends the SYN; where
none was seen, the end with the higher port is.
"""

from collections.abc import Callable, Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Final, TypeAlias

from sockviz import __version__
from sockviz.events import FORMAT, AnyEvent, Header, Host, SegmentCaptured
from sockviz.recording.capture.catalogue import MOST, CaptureConnection, beyond_most
from sockviz.recording.capture.segments import Found, Tally, segments
from sockviz.recording.capture.tracking import Tracker
from sockviz.recording.capture.window import Progress
from sockviz.tcp.segment import segment_of

_HIDDEN: Final = (
    "The states are inferred from the segments: a capture holds no socket table.",
    "Queues, descriptors and calls are in no capture: `sockviz` shows them in its lab.",
)


def capture_events(
    path: Path,
    connection: CaptureConnection | None = None,
    *,
    notice: Callable[[str], None] = lambda _: None,
    progress: Progress = lambda _: None,
) -> Iterator[AnyEvent]:
    """The segments of a capture as events, read while they are asked for.

    Args:
        path: a pcap or pcapng file.
        connection: only this one (of `summarise`); None: all of them.
        notice: is told what is wrong with the file, in one sentence.
        progress: is told which part has been read (0.0 to 1.0), every MiB; what it raises ends the reading.

    Yields:
        The header, with t=0 (and `wall_clock`) at the first segment, and no addresses where there are several
        connections; then the segments. Their ids are the packets' numbers in the file, as Wireshark counts.

    Raises:
        UserError: the file can't be read, or is no capture.
    """
    tally = Tally()
    found = segments(path, tally, progress)
    sides = _sides_of_all(found, tally) if connection is None else _sides_of_one(found, connection)
    origin: int | None = None
    for client, (number, t, headers, frame, link) in sides:
        if origin is None:
            origin = t
            yield _header(tally.wall_clock + t, connection)
        yield SegmentCaptured(
            t=t - origin,
            id=number,
            sender="client" if client else "server",
            receiver="server" if client else "client",
            segment=segment_of(headers, frame, link),
        )
    if origin is None:
        yield _header(tally.wall_clock, connection)
    for sentence in tally.notices:
        notice(sentence)


_Sides: TypeAlias = Iterator[tuple[bool, Found]]
"""Segments, each with whether the client sent it."""


def _sides_of_all(found: Iterator[Found], tally: Tally) -> _Sides:
    tracker = Tracker(MOST)
    beyond = 0
    for segment in found:
        number, t, headers, _, _ = segment
        flow = tracker.take(number, t, headers)
        if flow is None:
            beyond += 1
        else:
            yield flow is flow.connection.client, segment
    if beyond:
        tally.notices.append(beyond_most(beyond))


def _sides_of_one(found: Iterator[Found], connection: CaptureConnection) -> _Sides:
    """Its addresses, and the packets between its first and its last, tell it apart from all others."""
    client, server = _packed(connection.client), _packed(connection.server)
    there, back = (*client, *server), (*server, *client)
    for segment in found:
        number, _, (source, destination, ports, *_), _, _ = segment
        if number < connection.first_packet:
            continue
        if number > connection.last_packet:
            return
        ends = (source, ports[0], destination, ports[1])
        if ends in (there, back):
            yield ends == there, segment


def _packed(endpoint: str) -> tuple[bytes, int]:
    """Address and port, as `Headers` has them."""
    ip, _, port = endpoint.rpartition(":")
    return ip_address(ip.strip("[]")).packed, int(port)


def _header(wall_clock: int, connection: CaptureConnection | None) -> Header:
    ends = [("client", connection.client), ("server", connection.server)] if connection else []
    addresses = {name: (end.rpartition(":")[0].strip("[]"),) for name, end in ends}
    return Header(
        t=0,
        format=FORMAT,
        source="pcap",
        hosts=tuple(Host(name=name, addresses=addresses.get(name, ())) for name in ("client", "server")),
        made_by=f"sockviz {__version__}",
        wall_clock=wall_clock,
        capabilities=("capture",),
        hidden=_HIDDEN,
    )
