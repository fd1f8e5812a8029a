"""How large things are drawn. A module of its own: the first frame needs it, and nothing of the world."""

from enum import Enum


class Density(Enum):
    """How much is drawn on how many cells: a terminal's font can't be enlarged from here, but things can."""

    NORMAL = "normal"
    LARGE = "large"
    """For the last row of a lecture hall: fewer things, each on more cells."""
