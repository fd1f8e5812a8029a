"""How long a stretch of recorded time takes on the screen. Pure."""

import math
from enum import StrEnum
from typing import Final

SECOND: Final = 1_000_000_000
SHORTEST: Final = 350_000_000
"""Screen time of the shortest gap in slow motion, ns at speed 1."""
LONGEST: Final = 1_200_000_000
"""Screen time of the longest gap in slow motion (at speed 1), and of idle time that is shortened, ns."""
FLIGHT: Final = SECOND
"""Screen time of one segment's flight in slow motion, ns at speed 1."""


class Pace(StrEnum):
    """What is done with the time between two visible events."""

    REAL = "as it was"
    SHORT = "idle time shortened"
    """As it was, but when nothing moves it soon goes on."""
    SLOW = "slow motion"
    """Each gap takes about as long as a person needs to see what happens, be it 10 µs or an hour."""


def screen_time(gap: int, flight: int | None, pace: Pace, speed: float = 1.0) -> int:
    """How long (ns) to take on the screen over a `gap` (ns) between two visible events.

    `flight` (ns) is that of a segment that is on the wire meanwhile. In slow motion a flight takes about a
    second and the gap its share of it; without a flight a gap takes the longer, the more orders of
    magnitude it spans (10 µs: the shortest; a second: the longest).
    """
    if pace is Pace.SLOW:
        if flight:
            wanted = FLIGHT * gap // flight
        else:
            decades = math.log10(max(gap, 1) / 10_000) / 5
            wanted = SHORTEST + int((LONGEST - SHORTEST) * decades)
        return int(min(max(wanted, SHORTEST), LONGEST) / speed)
    played = int(gap / speed)
    return played if pace is Pace.REAL or flight else min(played, LONGEST)
