"""The numbers that one end sends, seen from outside: what is new, what was sent before, what is missing.

Pure. For an observer who may have missed something: a gap in the numbers is remembered, so that what fills
it later is not taken for a repetition of something seen.
"""

from enum import Enum
from typing import Final, NamedTuple, TypeAlias

from sockviz.tcp.sequence import add, difference

REORDERING: Final = 3_000_000
"""ns. What fills a gap within this time was overtaken on its way; after it, it was sent again: it takes a
round trip to learn of a loss. (Wireshark's threshold, too, where it does not know the round trip.)"""

_GAPS: Final = 64
"""Gaps that are remembered; a stream with more of them is hardly captured at all."""

Gap: TypeAlias = tuple[int, int, int]
"""First missing number, how many, and when it was noticed (ns)."""


class Verdict(Enum):
    """What a segment is, by its numbers."""

    NEW = "new"
    """It goes on, at least in part."""
    LATE = "out of order"
    """It fills a gap, soon after it was noticed: others overtook it."""
    AGAIN = "sent again"
    """All of it was sent before, seen or not."""
    PROBE = "keepalive"
    """It says nothing, and only asks whether the peer is still there (`probes`)."""


class Placed(NamedTuple):
    """A stream, and what the last segment was in it."""

    expected: int
    """SND.NXT as far as it was seen."""
    gaps: tuple[Gap, ...]
    fresh: int
    """How many of the segment's numbers had not been seen before."""
    verdict: Verdict


def place(expected: int, gaps: tuple[Gap, ...], seq: int, size: int, t: int) -> Placed:
    """Put a segment of `size` numbers from `seq` on, seen at `t`, into a stream that goes on at `expected`.

    `size` may be 0: whoever says with a bare ACK how far it has sent shows what was missed. The verdict is
    never `PROBE`.
    """
    ahead = difference(seq, expected)
    if ahead >= 0:
        if ahead:
            gaps = (*gaps[1 - _GAPS :], (expected, ahead, t))
        return Placed(add(seq, size), gaps, size, Verdict.NEW)
    if not size:
        return Placed(expected, gaps, 0, Verdict.NEW)
    beyond = max(size + ahead, 0)
    rest, filled, since = _fill(gaps, seq, size) if gaps else (gaps, 0, 0)
    if beyond:
        return Placed(add(expected, beyond), rest, beyond + filled, Verdict.NEW)
    late = filled and t - since < REORDERING
    return Placed(expected, rest, filled, Verdict.LATE if late else Verdict.AGAIN)


def probes(expected: int, acked: int | None, seq: int, length: int) -> bool:
    """Whether a segment without SYN, FIN and RST is a keepalive (RFC 9293 §3.8.4).

    It has the number before the next one, and no payload, or one byte, which was acknowledged long ago.
    `acked` is what the peer acknowledged.
    """
    if length > 1 or difference(expected, seq) != 1:
        return False
    return not length or (acked is not None and difference(acked, expected) >= 0)


def missing(gaps: tuple[Gap, ...], seq: int, size: int) -> int:
    """How many of `size` numbers from `seq` on were never seen."""
    return _fill(gaps, seq, size)[1]


def _fill(gaps: tuple[Gap, ...], seq: int, size: int) -> tuple[tuple[Gap, ...], int, int]:
    """What is left of the gaps, how many of the numbers lay in them, and when those were noticed last."""
    rest: list[Gap] = []
    filled = noticed = 0
    for gap in gaps:
        first, count, since = gap
        start = max(difference(seq, first), 0)
        stop = min(difference(add(seq, size), first), count)
        if start >= stop:
            rest.append(gap)
            continue
        filled, noticed = filled + stop - start, max(noticed, since)
        if start:
            rest.append((first, start, since))
        if stop < count:
            rest.append((add(first, stop), count - stop, since))
    return tuple(rest[-_GAPS:]), filled, noticed
