"""How full something is: slots where they can be counted, else a bar. Pure.

`▉▉▉▉▉▉▉▉▉`: nine of nine places; `█████▋░░░░░░`: the depth of a queue that has more places than cells.
"""

import math
from collections.abc import Sequence
from typing import Final

from rich.style import Style

from sockviz.tui.palettes import Palette

_EIGHTHS: Final = " ▏▎▍▌▋▊▉"
_TAKEN, _FREE, _REST = "▉", "░", "░"


def meter(depth: int, places: int, width: int, colours: Palette, *, full: bool) -> list[tuple[str, Style]]:
    """`depth` of `places` in at most `width` cells; `places` 0: nobody knows how many there are."""
    style = colours.bad if full else colours.warn if places and 2 * depth > places else colours.good
    if not places:
        return [(" " * width, colours.faint)]
    if places <= width:
        taken = min(depth, places)
        return [(_TAKEN * taken, style), (_FREE * (places - taken), colours.faint)]
    filled = min(depth / places, 1.0) * width
    whole = math.floor(filled)
    part = math.floor((filled - whole) * len(_EIGHTHS))
    if depth and not whole:
        part = max(part, 1)
    rest = width - whole
    if not part or not rest:
        return [("█" * whole, style), (_REST * rest, colours.faint)]
    return [("█" * whole + _EIGHTHS[part], style), (_REST * (rest - 1), colours.faint)]


LEVELS: Final = " ▁▂▃▄▅▆▇█"


def spark(values: Sequence[float], most: float | None = None) -> str:
    """One row of blocks; the highest (or `most`) is a whole one, and what is not 0 can be seen."""
    top = max([most or 0.0, *values]) or 1.0
    return "".join(LEVELS[math.ceil((len(LEVELS) - 1) * min(value / top, 1.0))] for value in values)
