"""Contrast and distinction: what can be computed of them."""

import pytest
from textual.color import Color

from sockviz.tcp.states import State
from sockviz.tui import themes
from sockviz.tui.themes import PLAIN, THEMES, palette

READABLE = 4.5
"""WCAG 2.1, 1.4.3."""
PALETTES = [(palette(dark=theme.dark), Color.parse(theme.background)) for theme in THEMES]


def colour(style):
    return Color.from_rich_color(style.color)


def ground(style):
    return Color.from_rich_color(style.bgcolor)


@pytest.mark.parametrize(("inks", "background"), PALETTES, ids=["dark", "light"])
def test_text_can_be_read_on_every_ground(inks, background):
    named = {name: getattr(inks, name) for name in ("text", "strong", "dim", "accent", "warn", "bad")}
    named |= {f"state {state}": style for state, style in inks.states.items()}
    named |= {f"tint {at}": style for at, style in enumerate(inks.tints)}
    grounds = {"background": background, "selected": ground(inks.selected), "changed": ground(inks.changed)}
    poor = {
        (name, at): round(contrast(colour(style), on), 2)
        for name, style in named.items()
        for at, on in grounds.items()
        if contrast(colour(style), on) < READABLE
    }
    assert poor == {}


@pytest.mark.parametrize(("inks", "background"), PALETTES, ids=["dark", "light"])
def test_chips_can_be_read(inks, background):
    assert all(contrast(colour(chip), ground(chip)) >= READABLE for chip in (*inks.chips, inks.more))


def contrast(one, other):
    """The ratio of WCAG's relative luminances."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def luminance(colour):
    parts = [part / 255 for part in (colour.r, colour.g, colour.b)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(("inks", "background"), PALETTES, ids=["dark", "light"])
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
    assert palette(dark=True) is themes.DARK
    assert palette(dark=False) is themes.LIGHT
    assert palette(dark=True, colour=False) is palette(dark=False, colour=False) is PLAIN


@pytest.mark.parametrize(("inks", "background"), PALETTES, ids=["dark", "light"])
def test_what_is_no_text_can_be_seen_in_a_lecture_hall(inks, background):
    """WCAG 2.1, 1.4.11: a queue's free slots and the bare wire say something too."""
    assert contrast(colour(inks.faint), background) >= 3
