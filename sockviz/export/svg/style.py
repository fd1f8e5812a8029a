"""How it looks: style sheet, and each state's pattern. Colours come from `sockviz.inks`."""

from collections.abc import Iterable, Iterator
from typing import Final

from sockviz.export.svg.xml import tag
from sockviz.inks import LIGHT, Inks
from sockviz.tcp.states import State

MONO: Final = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace"
SANS: Final = "system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,'DejaVu Sans',sans-serif"
"""Fonts of the reader's own system: nothing is fetched."""


_NAMES: Final = (
    "background", "surface", "text", "dim", "faint", "border", "accent", "warn", "bad", "changed"
)  # fmt: skip
_STATES: Final = frozenset(state.lower().replace("_", "-") for state in State)


def variables(inks: Inks) -> Iterator[tuple[str, str]]:
    """(name, colour): each colour by the name that the style sheet calls it."""
    for name in _NAMES:
        yield name, getattr(inks, name)
    yield "on-chip", inks.on_chip
    for number, chip in enumerate(inks.chips):
        yield f"chip-{number}", chip
    for state, ink in inks.states.items():
        yield state.lower().replace("_", "-"), ink


def chip(connection: int | None) -> str:
    """The class of what is in a connection's colour."""
    return "chip" if connection is None else f"chip-{(connection - 1) % len(LIGHT.chips)}"


def state_class(state: State) -> str:
    """The class of what is in a state's colour."""
    return state.lower().replace("_", "-")


def sheet(inks: Inks | None, size: float, scope: str = "") -> str:
    """The rules of a ladder.

    Args:
        inks: Colours; None: variables that the page sets (`--text` …, see `variables`).
        size: Of the letters.
        scope: A selector that all of it is within.
    """
    colours = {} if inks is None else dict(variables(inks))

    def ink(name: str) -> str:
        return colours.get(name, f"var(--{name})")

    rules = {
        "m": f"font:{size:g}px {MONO}",
        "p": f"font:13px {SANS}",
        "h": f"font:600 15px {SANS}",
        "k": f"font:11px {SANS};letter-spacing:.02em",
        "s": f"font:600 {size:g}px {MONO}",
        "b": f"font:600 {size - 1:g}px {MONO};fill:{ink('on-chip')}",
        "n": f"font:{size - 1.5:g}px {MONO}",
        "q": f"font:600 9px {SANS}",
        "on": f"fill:{ink('on-chip')}",
        "paper": f"fill:{ink('background')}",
        "surface": f"fill:{ink('surface')};stroke:{ink('border')}",
        "axis": f"stroke:{ink('border')};stroke-width:1.5",
        "rail": f"fill:none;stroke:{ink('faint')};stroke-opacity:.55",
        "quiet": f"stroke:{ink('faint')};stroke-dasharray:1 5;stroke-linecap:round",
        "cross": f"stroke:{ink('bad')};stroke-width:2.6;stroke-linecap:round;fill:none",
        "full": f"fill:none;stroke:{ink('bad')};stroke-width:2",
        "chip": f"fill:{ink('dim')}",
        "l-chip": f"stroke:{ink('dim')}",
    }
    for name, _ in variables(LIGHT):
        rules.setdefault(name, f"fill:{ink(name)}")
        if name.startswith("chip-") or name in _STATES:
            rules[f"l-{name}"] = f"stroke:{ink(name)}"
    rules |= {
        "way": "fill:none;stroke-width:1.7;stroke-linejoin:round",
        "again": "stroke-dasharray:7 4",
        "held": "fill:none;stroke-width:2;stroke-dasharray:.1 5;stroke-linecap:round",
    }
    return "".join(f"{scope}.{name}{{{rule}}}" for name, rule in rules.items())


_PERIOD: Final = 6
_WASH: Final = ".16"
"""How much of its colour is behind a pattern."""

_MARKS: Final[dict[State, str]] = {
    State.SYN_SENT: "M1.5 .5a1 1 0 1 0 .01 0M4.5 3.5a1 1 0 1 0 .01 0",
    State.SYN_RECV: "M-1 1L1 -1M0 6L6 0M5 7L7 5",
    State.FIN_WAIT1: "M-1 5L1 7M0 0L6 6M5 -1L7 1",
    State.FIN_WAIT2: "M-1 5L1 7M0 0L6 6M5 -1L7 1",
    State.CLOSE_WAIT: "M0 1.5H6",
    State.CLOSING: "M0 0H3V3H0ZM3 3H6V6H3Z",
    State.LAST_ACK: "M0 1.5H6M0 4.5H6",
    State.TIME_WAIT: "M1 1.5H3M4 4.5H6",
    State.LISTEN: "M3 0V3",
}
_FILLED: Final = frozenset({State.SYN_SENT, State.CLOSING})
_STROKE: Final = {State.FIN_WAIT1: 2.6, State.SYN_RECV: 1.8, State.CLOSE_WAIT: 2.6}


def patterns(states: Iterable[State]) -> Iterator[str]:
    """A pattern for each state, in its colour: dots and stripes while it opens, none while it is open."""
    side: dict[str, str | float | None] = {"width": _PERIOD, "height": _PERIOD}
    for state in states:
        name = state_class(state)
        wash = "1" if state is State.ESTABLISHED else _WASH
        inside = [tag("rect", **side, class_=name, fill_opacity=wash)]
        if state in _MARKS and state in _FILLED:
            inside.append(tag("path", d=_MARKS[state], class_=name))
        elif state in _MARKS:
            width = _STROKE.get(state, 1.2)
            inside.append(tag("path", d=_MARKS[state], class_=f"l-{name}", fill="none", stroke_width=width))
        yield tag("pattern", *inside, **side, id=pattern_id(state), patternUnits="userSpaceOnUse")


def pattern_id(state: State) -> str:
    """Unlikely to be another element's in a page that the picture is put into."""
    return f"sockviz-{state_class(state)}"
