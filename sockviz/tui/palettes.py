"""The palettes that everything on the stage is painted with, one for each theme, made of `sockviz.inks`.

Colour is never the only sign: a connection is a shape and a number, a state is a word and a glyph. `PLAIN`
uses bold, dim and reverse only (https://no-color.org). Draws nothing.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from rich.style import Style

from sockviz.inks import INKS, SIXTEEN, Inks
from sockviz.tcp.states import State
from sockviz.tui.textual_themes import theme_name

if TYPE_CHECKING:
    from textual.app import App


@dataclass(frozen=True, slots=True)
class Palette:
    """Rich styles by what they mean. Most have no background: the widget's own shows through."""

    text: Style
    strong: Style
    dim: Style
    faint: Style
    border: Style
    accent: Style
    good: Style
    warn: Style
    bad: Style
    timer: Style
    """What a kernel will do by itself, and when."""
    selected: Style
    """Laid under a selected line."""
    more: Style
    """Says that there is more to see than fits."""
    pointer: Style
    """The sign before and after what is pointed at."""
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
        good=Style(color=inks.good, bold=True),
        warn=Style(color=inks.warn, bold=True),
        bad=Style(color=inks.bad, bold=True),
        timer=Style(color=inks.warn),
        selected=Style(bgcolor=inks.highlight),
        more=Style(color=inks.accent, bgcolor=inks.highlight, bold=True),
        pointer=Style(color=inks.warn, bold=True, reverse=True),
        changed=Style(bgcolor=inks.changed),
        chips=tuple(Style(color=inks.on_chip, bgcolor=chip, bold=True) for chip in inks.chips),
        tints=tuple(Style(color=chip, bold=True) for chip in inks.chips),
        states={
            state: Style(color=ink, bold=state is not State.CLOSED) for state, ink in inks.states.items()
        },
    )


PALETTES: Final = {name: _palette(name, inks) for name, inks in INKS.items()}
"""By theme, as users name it."""
_FEW: Final = {name: _palette(f"{name}, 16 colours", inks) for name, inks in SIXTEEN.items()}
DARK: Final = PALETTES["dark"]
LIGHT: Final = PALETTES["light"]
PLAIN: Final = Palette(
    text=Style(),
    strong=Style(bold=True),
    dim=Style(),
    faint=Style(dim=True),
    border=Style(dim=True),
    accent=Style(bold=True),
    good=Style(bold=True),
    warn=Style(bold=True),
    bad=Style(bold=True, underline=True),
    timer=Style(),
    selected=Style(underline=True),
    more=Style(reverse=True),
    pointer=Style(reverse=True, bold=True),
    changed=Style(bold=True),
    chips=(Style(reverse=True, bold=True),),
    tints=(Style(bold=True),),
    states={state: Style(bold=state is not State.CLOSED) for state in State},
    name="plain",
)


def palette(theme: str, *, colour: bool = True, few: bool = False) -> Palette:
    """The palette of a theme by Textual's name for it; without `colour`, `PLAIN`; `few`: sixteen of them."""
    if not colour:
        return PLAIN
    return (_FEW if few else PALETTES).get(theme_name(theme), DARK)


def palette_of(app: "App[Any]") -> Palette:
    """The palette to draw with now, in the terminal that the app is in."""
    few = not app.is_headless and app.console.color_system == "standard"
    return palette(app.theme, colour=not app.no_color, few=few)
