"""The themes as Textual knows them, made of `sockviz.inks`: their names, and what a screen is coloured with.

The first frame needs these, and not what is painted on it (`sockviz.tui.palettes`).
"""

from typing import Final

from textual.color import Color
from textual.theme import Theme

from sockviz.inks import INKS, Inks
from sockviz.tcp.state import State

_PREFIX: Final = "sockviz-"

DEFAULT: Final = next(iter(INKS))


def textual_name(theme: str) -> str:
    """What Textual knows a theme as; it has themes of its own, also called after what they are."""
    return _PREFIX + theme


def theme_name(textual: str) -> str:
    """How users call a theme, by Textual's name for it."""
    return textual.removeprefix(_PREFIX)


def following(theme: str) -> str:
    """The theme that comes after one, both by Textual's names."""
    names = [one.name for one in THEMES]
    return names[(names.index(theme) + 1) % len(names)]


def _theme(name: str, inks: Inks) -> Theme:
    return Theme(
        name=textual_name(name),
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
        dark=_light(inks.text) > _light(inks.background),
        variables={"border": inks.border, "text-muted": inks.dim, "footer-key-foreground": inks.accent},
    )


def _light(colour: str) -> float:
    """How light a colour is, 0 … 1, roughly."""
    return Color.parse(colour).brightness


THEMES: Final = tuple(_theme(name, inks) for name, inks in INKS.items())
"""To register; the first is the default."""
