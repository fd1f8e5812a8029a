"""What is known of something as lines of text: a name at the left, what it is beside it. Pure."""

from typing import Final

from rich.style import Style
from rich.text import Text

from sockviz.tui.palettes import Palette
from sockviz.tui.render.canvas import clean, width_of
from sockviz.tui.render.sheet import Part

_NAME: Final = 9
"""Cells for the names."""


def line(name: str, value: str, colours: Palette, style: Style | None = None) -> Text:
    """`  owner    pid 12, fd 4`; `value` may hold anything."""
    return parts((named(name), colours.dim), (clean(value), style or colours.text))


def named(name: str) -> str:
    """The left part of a line."""
    return f"  {name}" + " " * (_NAME - width_of(name))


def parts(*found: Part) -> Text:
    """A line of several inks, without the empty ones."""
    return Text.assemble(*(part for part in found if part[0]))
