"""Where the parts of the transport bar go, and what its columns show. Pure geometry: no textual."""

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

import msgspec
from rich.cells import cell_len

from sockviz.tui.controls.layout import Face
from sockviz.tui.transport import Transport

LEVELS: Final = " ▁▂▃▄▅▆▇█"
MARK: Final = "◆"
HEAD: Final = "┃"
WORD: Final = len("REPLAY")
CLOCK: Final = len("00:00.000000")
SHORT_CLOCK: Final = len("00:00.000")
SPEED: Final = len("x1/10000")
FULL: Final = {"start": 6, "now": 9, "slower": 3, "speed": SPEED, "faster": 3, "pace": 18, "mark": 8}
COMPACT: Final = {"slower": 3, "speed": SPEED, "faster": 3}
"""What there is besides the bar → the columns that are left for it, so that nothing ever moves."""
ROOMY: Final = 110
"""From here on there is room for all buttons."""
LEAST: Final = 8
"""Columns of the shortest bar."""


class Piece(msgspec.Struct, frozen=True):
    """A part of the line on columns [begin, end): a button, a text, or the bar itself."""

    name: str
    """An action, `speed`, `bar`, or `where`."""
    begin: int
    end: int
    text: str = ""
    face: Face | None = None


def parts(width: int, without: Collection[str] = ()) -> Mapping[str, int]:
    """What there is room for besides the bar, and how much; `without`: what there is no use for."""
    room = FULL if width >= ROOMY else COMPACT
    return {name: wide for name, wide in room.items() if name not in without}


def left(width: int) -> int:
    """Columns before the bar: ` ▶ LIVE   00:12        `."""
    return len(" ▶ ") + WORD + 1 + (CLOCK if width >= ROOMY else SHORT_CLOCK) + 1


def columns(width: int, without: Collection[str] = ()) -> int:
    """How long the bar is."""
    around = sum(room + 1 for room in parts(width, without).values())
    return max(width - left(width) - 1 - around, LEAST)


def lay(
    transport: Transport, faces: Mapping[str, Face], speed: str, width: int, without: Collection[str] = ()
) -> Iterator[Piece]:
    """All pieces from left to right, of those that fit."""
    room = dict(parts(width, without))
    symbol = "▶" if transport.moving else "‖"
    clock = transport.clock if width >= ROOMY else transport.clock[:SHORT_CLOCK]
    x = left(width)
    word = transport.word + " " * (WORD - cell_len(transport.word))
    yield Piece("where", 1, x, f"{symbol} {word} {clock}")
    if (start := room.pop("start", 0)) > 0:
        yield Piece("start", x, x + start, face=faces["start"])
        x += start + 1
    yield Piece("bar", x, x + columns(width, without))
    x += columns(width, without) + 1
    for name, wide in room.items():
        if x + wide <= width:
            yield Piece(name, x, x + wide, speed.center(wide) if name == "speed" else "", faces.get(name))
        x += wide + 1


def column(place: float, length: int) -> int:
    """The column of a fraction of the whole."""
    return min(max(round(place * (length - 1)), 0), length - 1)


def fraction(at: int, length: int) -> float:
    """The fraction of the whole that a column stands for; the inverse of `column`."""
    return min(max(at / max(length - 1, 1), 0.0), 1.0)


def signs(transport: Transport, length: int) -> str:
    """The bar's columns: how much happens when, the marks over it, and the playhead over both."""
    known = len(transport.density) == length
    drawn = list(heights(transport.density if known else (0,) * length))
    for place in transport.marks:
        drawn[column(place, length)] = MARK
    drawn[column(transport.place, length)] = HEAD
    return "".join(drawn)


def heights(density: Sequence[int]) -> str:
    """The density as blocks: the fullest column is full, and what is not empty can be seen.

    The height is the square root of what there is, so that one burst does not flatten all else.
    """
    most = max(density, default=0) or 1
    return "".join(LEVELS[math.ceil((len(LEVELS) - 1) * math.sqrt(count / most))] for count in density)
