"""The two themes, and the palette that everything on the stage is painted with, made of `sockviz.inks`.

Colour is never the only sign: a connection is a shape and a number, a state is a word and a glyph. `PLAIN`
uses bold, dim and reverse only (https://no-color.org). Draws nothing.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final

from rich.style import Style
from textual.theme import Theme

from sockviz.inks import DARK as DARK_INKS
from sockviz.inks import LIGHT as LIGHT_INKS
from sockviz.inks import Inks
from sockviz.tcp.states import State


@dataclass(frozen=True, slots=True)
class Palette:
    """Rich styles by what they mean. Most have no background: the widget's own shows through."""

    text: Style
    strong: Style
    dim: Style
    faint: Style
    border: Style
    accent: Style
    warn: Style
    bad: Style
    selected: Style
    """Laid under a selected line."""
    more: Style
    """Says that there is more to see than fits."""
    changed: Style
    """Laid under a line that has just changed."""
    chips: tuple[Style, ...]
    tints: tuple[Style, ...]
    states: dict[State, Style]
    name: str

    def chip(self, connection: int | None) -> Style:
        """The filled badge of a connection; None: a segment that belongs to none."""
        return self.dim if connection is None else self.chips[(connection - 1) % len(self.chips)]

    def tint(self, connection: int | None) -> Style:
        """Text and lines in a connection's colour."""
        return self.dim if connection is None else self.tints[(connection - 1) % len(self.tints)]


def _palette(name: str, inks: Inks) -> Palette:
    return Palette(
        name=name,
        text=Style(color=inks.text),
        strong=Style(color=inks.text, bold=True),
        dim=Style(color=inks.dim),
        faint=Style(color=inks.faint),
        border=Style(color=inks.border),
        accent=Style(color=inks.accent, bold=True),
        warn=Style(color=inks.warn, bold=True),
        bad=Style(color=inks.bad, bold=True),
        selected=Style(bgcolor=inks.highlight),
        more=Style(color=inks.accent, bgcolor=inks.highlight, bold=True),
        changed=Style(bgcolor=inks.changed),
        chips=tuple(Style(color=inks.on_chip, bgcolor=chip, bold=True) for chip in inks.chips),
        tints=tuple(Style(color=chip, bold=True) for chip in inks.chips),
        states={
            state: Style(color=ink, bold=state is not State.CLOSED) for state, ink in inks.states.items()
        },
    )


DARK: Final = _palette("dark", DARK_INKS)
LIGHT: Final = _palette("light", LIGHT_INKS)
PLAIN: Final = Palette(
    text=Style(),
    strong=Style(bold=True),
    dim=Style(),
    faint=Style(dim=True),
    border=Style(dim=True),
    accent=Style(bold=True),
    warn=Style(bold=True),
    bad=Style(bold=True, underline=True),
    selected=Style(underline=True),
    more=Style(reverse=True),
    changed=Style(bold=True),
    chips=(Style(reverse=True, bold=True),),
    tints=(Style(bold=True),),
    states={state: Style(bold=state is not State.CLOSED) for state in State},
    name="plain",
)


@cache
def palette(*, dark: bool = True, colour: bool = True) -> Palette:
    """The palette for a theme's darkness; without `colour`, `PLAIN`."""
    if not colour:
        return PLAIN
    return DARK if dark else LIGHT


def _theme(name: str, inks: Inks, *, dark: bool) -> Theme:
    return Theme(
        name=name,
        primary=inks.accent,
        secondary=inks.states[State.LISTEN],
        accent=inks.accent,
        success=inks.good,
        warning=inks.warn,
        error=inks.bad,
        foreground=inks.text,
        background=inks.background,
        surface=inks.surface,
        panel=inks.highlight,
        dark=dark,
        variables={"border": inks.border, "text-muted": inks.dim, "footer-key-foreground": inks.accent},
    )


SOCKVIZ_DARK: Final = _theme("sockviz-dark", DARK_INKS, dark=True)
SOCKVIZ_LIGHT: Final = _theme("sockviz-light", LIGHT_INKS, dark=False)
THEMES: Final = (SOCKVIZ_DARK, SOCKVIZ_LIGHT)
"""To register; the first is the default."""
