"""The TCP segments in a capture, and a count of what is none.

Times are brought into order here: ns since the first packet, never going back.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias

from sockviz.recording.capture.linktypes import name, readable
from sockviz.recording.capture.packets import packets
from sockviz.recording.capture.window import Progress
from sockviz.tcp.segment import Headers, Skipped, headers

LATEST: Final = (1 << 62) - 1
"""ns; a damaged time may say more."""

Found: TypeAlias = tuple[int, int, Headers, bytes, int]
"""The packet's number in the file (from 1, as Wireshark's), its time, headers, frame, and link type."""


@dataclass(slots=True)
class Tally:
    """What was read."""

    packets: int = 0
    segments: int = 0
    wall_clock: int = 0
    """Time of the first packet, ns since the epoch: t=0."""
    last: int = 0
    """Time of the last packet, ns since the first one."""
    skipped: Counter[str] = field(default_factory=Counter)
    """Packets without a segment that can be read → how many: `not TCP`, `Wi-Fi (802.11)` …"""
    notices: list[str] = field(default_factory=list)
    """What is wrong with the file, a sentence each."""


def segments(path: Path, tally: Tally, progress: Progress) -> Iterator[Found]:
    """The segments of a capture in the file's order; `tally` is complete when they end (its time at once).

    Raises:
        UserError: the file can't be read (`packets`).
    """
    t = origin = number = found_none = 0
    read = packets(path, notice=tally.notices.append, progress=progress)
    try:
        for number, (time, link, frame, original) in enumerate(read, 1):
            if number == 1:
                tally.wall_clock = origin = time
            elif time - origin > t:
                t = min(time - origin, LATEST)
            found = headers(frame, link, original)
            if isinstance(found, Skipped):
                found_none += 1
                tally.skipped[found.value if readable(link) else name(link)] += 1
            else:
                yield number, t, found, frame, link
    finally:
        tally.packets, tally.segments, tally.last = number, number - found_none, t
