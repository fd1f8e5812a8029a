"""Colours: the two themes, and the palette that everything on the stage is painted with.

The hues are those of Okabe and Ito's colour-blind safe set, lightened on the dark theme and darkened on the
light one until text reaches a contrast of 4.5:1 (WCAG 2.1, 1.4.3). Colour is never the only sign: a
connection is a shape and a number, a state is a word and a glyph. `PLAIN` uses bold, dim and reverse only
(https://no-color.org).

Owns every colour of the product; draws nothing.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final

from rich.style import Style
from textual.theme import Theme

from sockviz.tcp.states import State


@dataclass(frozen=True, slots=True)
class Inks:
    """The colours of one theme, `#rrggbb`."""

    background: str
    surface: str
    text: str
    dim: str
    faint: str
    border: str
    accent: str
    good: str
    warn: str
    bad: str
    highlight: str
    """Behind what is selected."""
    changed: str
    """Behind what has just changed."""
    on_chip: str
    """Text on a connection's chip."""
    chips: tuple[str, ...]
    states: dict[State, str]


_DARK: Final = Inks(
    background="#0f1419",
    surface="#161c24",
    text="#e6edf3",
    dim="#9aa8b6",
    faint="#5f6e7e",
    border="#566679",
    accent="#56b4e9",
    good="#35d39a",
    warn="#ffb000",
    bad="#ff7f50",
    highlight="#22303f",
    changed="#2d2a12",
    on_chip="#0f1419",
    chips=("#56b4e9", "#f29cc3", "#b8d957", "#b9a5ff", "#5ad1c1", "#ffc08a", "#c7d0da"),
    states={
        State.CLOSED: "#929fad",
        State.LISTEN: "#8fb8dd",
        State.SYN_SENT: "#f0e442",
        State.SYN_RECV: "#ffb000",
        State.ESTABLISHED: "#35d39a",
        State.FIN_WAIT1: "#e79bd0",
        State.FIN_WAIT2: "#cfa0e8",
        State.CLOSE_WAIT: "#ff8a5c",
        State.CLOSING: "#f58fb0",
        State.LAST_ACK: "#ffab85",
        State.TIME_WAIT: "#a9b6c4",
    },
)

_LIGHT: Final = Inks(
    background="#fbfcfd",
    surface="#f0f3f6",
    text="#17202b",
    dim="#556270",
    faint="#87939f",
    border="#8e9aa7",
    accent="#0063a6",
    good="#006b4b",
    warn="#8a5a00",
    bad="#b83c00",
    highlight="#dbe9f6",
    changed="#fff1c2",
    on_chip="#ffffff",
    chips=("#0068b0", "#a82a72", "#4c6b00", "#5a45c4", "#007068", "#9c4d00", "#4a5563"),
    states={
        State.CLOSED: "#56626e",
        State.LISTEN: "#2a5f91",
        State.SYN_SENT: "#736200",
        State.SYN_RECV: "#9a5700",
        State.ESTABLISHED: "#006b4b",
        State.FIN_WAIT1: "#94306f",
        State.FIN_WAIT2: "#73399c",
        State.CLOSE_WAIT: "#b83c00",
        State.CLOSING: "#a62a55",
        State.LAST_ACK: "#a04a22",
        State.TIME_WAIT: "#55636f",
    },
)


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
        good=Style(color=inks.good, bold=True),
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


DARK: Final = _palette("dark", _DARK)
LIGHT: Final = _palette("light", _LIGHT)
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


SOCKVIZ_DARK: Final = _theme("sockviz-dark", _DARK, dark=True)
SOCKVIZ_LIGHT: Final = _theme("sockviz-light", _LIGHT, dark=False)
THEMES: Final = (SOCKVIZ_DARK, SOCKVIZ_LIGHT)
"""To register; the first is the default."""
