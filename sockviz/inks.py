"""Every colour of the product: the inks of its themes. Draws nothing, imports no screen.

The hues are those of Okabe and Ito's colour-blind safe set, lightened on the dark theme and darkened on the
light one until text reaches a contrast of 4.5:1 (WCAG 2.1, 1.4.3), and of 7:1 (1.4.6) for the projector and
in high contrast. Colour is never the only sign: a connection is a shape and a number, a state is a word and
a pattern.
"""

from dataclasses import dataclass
from typing import Final

from sockviz.tcp.state import State


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


DARK: Final = Inks(
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

LIGHT: Final = Inks(
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

PROJECTOR: Final = Inks(
    background="#ffffff",
    surface="#ffffff",
    text="#000000",
    dim="#333333",
    faint="#6e6e6e",
    border="#333333",
    accent="#00468b",
    good="#00563a",
    warn="#6b3d00",
    bad="#9b0018",
    highlight="#e4eefa",
    changed="#fff3c4",
    on_chip="#ffffff",
    chips=("#00468b", "#8f0a5a", "#3a5400", "#4a34b0", "#00574f", "#7a3b00", "#3d4752"),
    states={
        State.CLOSED: "#454545",
        State.LISTEN: "#1b4a80",
        State.SYN_SENT: "#574900",
        State.SYN_RECV: "#6f3f00",
        State.ESTABLISHED: "#00563a",
        State.FIN_WAIT1: "#7c1c58",
        State.FIN_WAIT2: "#5a2a82",
        State.CLOSE_WAIT: "#8c2600",
        State.CLOSING: "#86103c",
        State.LAST_ACK: "#77301a",
        State.TIME_WAIT: "#3c4a57",
    },
)
"""Black on white: a bright room swallows everything else."""

CONTRAST: Final = Inks(
    background="#000000",
    surface="#000000",
    text="#ffffff",
    dim="#d8d8d8",
    faint="#8f8f8f",
    border="#ffffff",
    accent="#7fd0ff",
    good="#40f0b0",
    warn="#ffc400",
    bad="#ffa493",
    highlight="#0c2a4c",
    changed="#2c2700",
    on_chip="#000000",
    chips=("#7fd0ff", "#ffa8d4", "#c6f060", "#c8b8ff", "#5ff0dc", "#ffcf9a", "#e0e6ec"),
    states={
        State.CLOSED: "#c4c4c4",
        State.LISTEN: "#a6d4ff",
        State.SYN_SENT: "#fff200",
        State.SYN_RECV: "#ffc400",
        State.ESTABLISHED: "#40f0b0",
        State.FIN_WAIT1: "#ffa6e4",
        State.FIN_WAIT2: "#dcb8ff",
        State.CLOSE_WAIT: "#ffa882",
        State.CLOSING: "#ffa9c2",
        State.LAST_ACK: "#ffc2a3",
        State.TIME_WAIT: "#d0dae4",
    },
)
"""White on black, for eyes that need it."""

# The sixteen colours as rich knows them: it turns each of these into the terminal's own.
_BLACK, _RED, _BLUE, _MAGENTA, _SILVER = "#000000", "#aa0000", "#0000aa", "#aa00aa", "#aaaaaa"
_GREY, _ROSE, _GREEN, _YELLOW, _PINK, _CYAN, _WHITE = (
    "#555555", "#ff5555", "#55ff55", "#ffff55", "#ff55ff", "#55ffff", "#ffffff"
)  # fmt: skip

SIXTEEN_DARK: Final = Inks(
    background=_BLACK,
    surface=_BLACK,
    text=_WHITE,
    dim=_SILVER,
    faint=_GREY,
    border=_GREY,
    accent=_CYAN,
    good=_GREEN,
    warn=_YELLOW,
    bad=_ROSE,
    highlight=_BLUE,
    changed=_BLACK,
    on_chip=_BLACK,
    chips=(_CYAN, _PINK, _GREEN, _YELLOW, _SILVER),
    states={
        State.CLOSED: _SILVER,
        State.LISTEN: _CYAN,
        State.SYN_SENT: _YELLOW,
        State.SYN_RECV: _YELLOW,
        State.ESTABLISHED: _GREEN,
        State.FIN_WAIT1: _PINK,
        State.FIN_WAIT2: _PINK,
        State.CLOSE_WAIT: _ROSE,
        State.CLOSING: _PINK,
        State.LAST_ACK: _ROSE,
        State.TIME_WAIT: _SILVER,
    },
)
SIXTEEN_LIGHT: Final = Inks(
    background=_WHITE,
    surface=_WHITE,
    text=_BLACK,
    dim=_GREY,
    faint=_GREY,
    border=_GREY,
    accent=_BLUE,
    good=_BLUE,
    warn=_MAGENTA,
    bad=_RED,
    highlight=_SILVER,
    changed=_SILVER,
    on_chip=_WHITE,
    chips=(_BLUE, _MAGENTA, _RED, _BLACK),
    states={
        State.CLOSED: _GREY,
        State.LISTEN: _BLUE,
        State.SYN_SENT: _MAGENTA,
        State.SYN_RECV: _MAGENTA,
        State.ESTABLISHED: _BLUE,
        State.FIN_WAIT1: _MAGENTA,
        State.FIN_WAIT2: _MAGENTA,
        State.CLOSE_WAIT: _RED,
        State.CLOSING: _RED,
        State.LAST_ACK: _RED,
        State.TIME_WAIT: _GREY,
    },
)
"""For terminals of sixteen colours: what is nearest to a theme's ink there may not be readable."""

INKS: Final = {"dark": DARK, "light": LIGHT, "contrast": CONTRAST, "projector": PROJECTOR}
"""All themes by name; the first is the default."""


def chip(inks: Inks, connection: int | None) -> str:
    """The colour of a connection; of what belongs to none: dim."""
    return inks.dim if connection is None else inks.chips[(connection - 1) % len(inks.chips)]


SIXTEEN: Final = {
    "dark": SIXTEEN_DARK, "light": SIXTEEN_LIGHT, "contrast": SIXTEEN_DARK, "projector": SIXTEEN_LIGHT,
}  # fmt: skip
"""What takes their place in a terminal of sixteen colours."""
