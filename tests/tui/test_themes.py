"""Contrast and distinction: what can be computed of them."""

import math
from itertools import combinations

import pytest
from rich.color import STANDARD_PALETTE, ColorSystem
from rich.console import Console
from textual.color import Color

from sockviz import options
from sockviz.inks import INKS
from sockviz.inks import SIXTEEN as SIXTEEN_INKS
from sockviz.tcp.states import State
from sockviz.tui.palettes import DARK, PLAIN, palette, palette_of
from sockviz.tui.render.marks import GLYPHS
from sockviz.tui.textual_themes import THEMES, following

READABLE = 4.5
"""WCAG 2.1, 1.4.3."""
ENHANCED = 7
"""WCAG 2.1, 1.4.6: for a washed-out picture, and for weak eyes."""
PALETTES = [(palette(theme.name), Color.parse(theme.background)) for theme in THEMES]
EVERY = pytest.mark.parametrize(("inks", "background"), PALETTES, ids=list(INKS))

# Machado, Oliveira, Fernandes 2009, severity 1.0: linear RGB as it is seen without one kind of cones.
BLINDNESS = {
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216),
                   (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413),
                     (-0.011820, 0.042940, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602),
                   (0.004733, 0.691367, 0.303900)),
}  # fmt: skip
APART = 8
"""Distance in CIE L*a*b* at which two patches beside each other are told apart at a glance."""
BESIDE = (
    (State.SYN_SENT, State.ESTABLISHED), (State.SYN_RECV, State.ESTABLISHED),
    (State.LISTEN, State.SYN_RECV), (State.LISTEN, State.ESTABLISHED),
    (State.ESTABLISHED, State.FIN_WAIT1), (State.ESTABLISHED, State.CLOSE_WAIT),
    (State.FIN_WAIT2, State.CLOSE_WAIT), (State.FIN_WAIT2, State.LAST_ACK),
    (State.TIME_WAIT, State.LAST_ACK),
)  # fmt: skip
"""States that meet on the screen: one after the other on one side, or at the two ends."""


def colour(style):
    return Color.from_rich_color(style.color)


def ground(style):
    return Color.from_rich_color(style.bgcolor)


@EVERY
def test_text_can_be_read_on_every_ground(inks, background):
    named = {name: getattr(inks, name) for name in ("text", "strong", "dim", "accent", "warn", "bad")}
    named |= {f"state {state}": style for state, style in inks.states.items()}
    named |= {f"tint {at}": style for at, style in enumerate(inks.tints)}
    grounds = {"background": background, "selected": ground(inks.selected), "changed": ground(inks.changed)}
    poor = {
        (name, at): round(contrast(colour(style), on), 2)
        for name, style in named.items()
        for at, on in grounds.items()
        if contrast(colour(style), on) < needed(inks)
    }
    assert poor == {}


SIXTEEN = pytest.mark.parametrize("theme", INKS)


@SIXTEEN
def test_sixteen_colours_are_those_that_every_terminal_has(theme):
    inks = palette(theme, few=True)
    styles = (
        inks.text,
        inks.dim,
        inks.accent,
        inks.warn,
        inks.bad,
        inks.selected,
        *inks.chips,
        *inks.states.values(),
    )
    used = {colour for style in styles for colour in (style.color, style.bgcolor) if colour is not None}
    for one in used:
        number = one.downgrade(ColorSystem.STANDARD).number
        assert STANDARD_PALETTE[number] == one.triplet


@SIXTEEN
def test_sixteen_colours_can_be_read(theme):
    inks = palette(theme, few=True)
    background = Color.parse(SIXTEEN_INKS[theme].background)
    styles = (
        inks.text,
        inks.strong,
        inks.dim,
        inks.accent,
        inks.warn,
        inks.bad,
        *inks.tints,
        *inks.states.values(),
    )
    assert all(contrast(colour(style), background) >= READABLE for style in styles)
    assert all(contrast(colour(chip), ground(chip)) >= READABLE for chip in (*inks.chips, inks.more))
    for style in (inks.text, inks.accent):
        assert contrast(colour(style), ground(inks.selected)) >= 3  # bold


def test_only_a_real_terminal_of_sixteen_colours_gets_them():
    class Stage:
        theme, no_color = "sockviz-light", False

        def __init__(self, system, *, headless):
            self.console, self.is_headless = Console(color_system=system, force_terminal=True), headless

    assert palette_of(Stage("standard", headless=False)).name == "light, 16 colours"
    assert palette_of(Stage("256", headless=False)) is palette_of(Stage("truecolor", headless=False))
    assert palette_of(Stage("standard", headless=True)).name == "light"


@EVERY
def test_chips_can_be_read(inks, background):
    assert all(contrast(colour(chip), ground(chip)) >= needed(inks) for chip in (*inks.chips, inks.more))


def contrast(one, other):
    """The ratio of WCAG's relative luminances."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def luminance(colour):
    red, green, blue = linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def linear(colour):
    parts = [part / 255 for part in (colour.r, colour.g, colour.b)]
    return [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def needed(inks):
    """The contrast that a theme promises."""
    return ENHANCED if inks.name in {"projector", "contrast"} else READABLE


def lab(colour, blindness):
    """CIE L*a*b* (D65) of a colour as it is seen."""
    rgb = [sum(k * part for k, part in zip(row, linear(colour), strict=True)) for row in blindness]
    to_xyz = (
        (0.4124, 0.3576, 0.1805, 0.95047), (0.2126, 0.7152, 0.0722, 1), (0.0193, 0.1192, 0.9505, 1.08883),
    )  # fmt: skip
    x, y, z = (
        cube_root(sum(k * min(1, max(0, part)) for k, part in zip(row, rgb, strict=False)) / row[3])
        for row in to_xyz
    )
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def cube_root(t):
    """CIE's, straight where it is dark."""
    return t ** (1 / 3) if t > (6 / 29) ** 3 else t / (3 * (6 / 29) ** 2) + 4 / 29


@pytest.mark.parametrize("kind", BLINDNESS)
@EVERY
def test_states_that_meet_are_told_apart_by_the_colour_blind(inks, background, kind):
    near = {
        (str(one), str(other)): round(distance, 1)
        for one, other in BESIDE
        if (distance := apart(colour(inks.states[one]), colour(inks.states[other]), kind)) < APART
    }
    assert near == {}


@pytest.mark.parametrize("kind", BLINDNESS)
@EVERY
def test_the_first_three_connections_are_told_apart_by_the_colour_blind(inks, background, kind):
    distances = [apart(ground(a), ground(b), kind) for a, b in combinations(inks.chips[:3], 2)]
    assert min(distances) >= APART


def apart(one, other, kind):
    return math.dist(lab(one, BLINDNESS[kind]), lab(other, BLINDNESS[kind]))


def test_every_state_has_a_word_and_a_sign_of_its_own_beside_its_colour():
    assert len({GLYPHS[state] for state in State}) == len(State)


def test_the_command_line_knows_the_themes():
    assert tuple(INKS) == options.THEMES


def test_themes_follow_one_another_round_and_round():
    name, seen = THEMES[0].name, []
    for _ in THEMES:
        seen.append(name)
        name = following(name)
    assert seen == [theme.name for theme in THEMES]
    assert name == THEMES[0].name


@EVERY
def test_no_two_states_and_no_two_chips_have_one_colour(inks, background):
    assert set(inks.states) == set(State)
    assert len({style.color for style in inks.states.values()}) == len(State)
    assert len({style.bgcolor for style in inks.chips}) == len(inks.chips)


def test_without_colour_there_is_none():
    styles = [
        getattr(PLAIN, name)
        for name in ("text", "strong", "dim", "faint", "border", "accent", "bad", "selected")
    ]
    styles += [*PLAIN.states.values(), *PLAIN.chips, *PLAIN.tints]
    assert all(style.color is None and style.bgcolor is None for style in styles)
    assert all(style.reverse for style in PLAIN.chips)


def test_a_palette_for_each_terminal():
    assert [palette(theme.name).name for theme in THEMES] == list(INKS)
    assert palette("textual-dark") is DARK
    assert {palette(theme.name, colour=False).name for theme in THEMES} == {"plain"}
    assert [theme.dark for theme in THEMES] == [True, False, True, False]


@EVERY
def test_what_is_no_text_can_be_seen_in_a_lecture_hall(inks, background):
    """WCAG 2.1, 1.4.11: a queue's free slots and the bare wire say something too."""
    assert contrast(colour(inks.faint), background) >= 3
