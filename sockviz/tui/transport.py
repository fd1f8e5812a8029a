"""Where in time the screen is, as data: for the bar above the ladder. Draws nothing."""

import msgspec

from sockviz.session.playback import Mode
from sockviz.session.shown import Events, Shown
from sockviz.tui.status import clock


class Transport(msgspec.Struct, frozen=True):
    """What the bar shows. Places are fractions of the whole, from the start to the newest moment."""

    word: str = ""
    """`LIVE`, `PAST`, `REPLAY` …"""
    moving: bool = False
    urgent: bool = False
    """What is shown is not what is, and nobody may overlook it."""
    clock: str = ""
    """The playhead, as precise as it can be followed."""
    place: float = 0.0
    """The playhead."""
    density: tuple[int, ...] = ()
    """How much happens in each column."""
    marks: tuple[float, ...] = ()


class Overview:
    """Makes `Transport` of a session; counts what happens when only if there is something new."""

    def __init__(self, session: Shown[Events]) -> None:
        self._session = session
        self._counted: tuple[tuple[object, ...], tuple[int, ...], tuple[float, ...]] | None = None

    def look(self, columns: int) -> Transport:
        """What the bar shows now, if it is so many columns long."""
        session = self._session
        density, marks = self._count(columns)
        return Transport(
            word=_word(session),
            moving=session.mode is not Mode.PAUSED,
            urgent=session.past,
            clock=_clock(session),
            place=round(session.fraction(session.now), 4),
            density=density,
            marks=marks,
        )

    def _count(self, columns: int) -> tuple[tuple[int, ...], tuple[float, ...]]:
        session = self._session
        whole = session.timeline.index.played(session.playback.edge, session.pace)
        key = (columns, whole, session.pace, len(session.timeline), len(session.timeline.marks))
        if self._counted is None or self._counted[0] != key:
            marks = tuple(session.fraction(mark.t) for mark in session.timeline.marks)
            self._counted = key, tuple(session.density(columns)), marks
        return self._counted[1:]


def _word(session: Shown[Events]) -> str:
    """What kind of time this is."""
    if session.recorded:
        return "REPLAY" if session.progress >= 1 else f"{session.progress:.0%}"
    if session.in_slow_motion:
        return "SLOW"
    if session.past:
        return "PAST"
    return "LIVE" if session.mode is Mode.LIVE else "PAUSED"


def _clock(session: Shown[Events]) -> str:
    """To the second where it runs with the clock on the wall, to the microsecond in slow motion."""
    text = clock(session.now)
    if session.in_slow_motion or session.speed < 1:
        return text
    return text[:-7] if session.mode is Mode.LIVE else text[:-3]
