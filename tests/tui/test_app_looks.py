"""How whole screens look, at fixed sizes, on recorded runs, at a time that stands still.

After a change that is meant: look at the report that a failure writes, then `pytest --snapshot-update`.
"""

import asyncio

import pytest
from staging import Replayed, begun, recorded, sent, up_to

from sockviz.inks import INKS
from sockviz.session.plan import Plan
from sockviz.session.run import Run
from sockviz.tui.app import SockvizApp

BY_HAND = recorded("by-hand-lab")
SIZES = {"wide": (120, 36), "small": (80, 24)}


@pytest.fixture(autouse=True)
def loop_of_others():
    """pytest-asyncio leaves a loop behind, which the screenshots' `asyncio.run` would forget unclosed."""
    try:
        left = asyncio.get_event_loop_policy().get_event_loop()
    except RuntimeError:
        left = None
    yield
    if left is not None:
        left.close()


def app_after(events, **look):
    """The app, showing the moment after `events`."""
    return SockvizApp(lambda: Run(Plan(), Replayed(events)), clock=lambda: 0, **look)


def after(*keys):
    """What to do before the picture is taken."""

    async def press(pilot):
        await begun(pilot)
        await pilot.press(*keys)

    return press


def accepted():
    """accept() has returned; the table and the listener's queue say so."""
    queued = False

    def seen(event):
        nonlocal queued
        depth = getattr(event, "depth", None)
        queued = queued or depth == 1
        return queued and depth == 0

    return seen


ACCEPTED = up_to(BY_HAND, accepted())
MOMENTS = {
    "empty": up_to(BY_HAND, lambda event: type(event).__name__ == "ListenerSampled"),
    "syn-held": up_to(BY_HAND, sent(1)),
    "accepted": ACCEPTED,
}


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("moment", MOMENTS.values(), ids=MOMENTS)
def test_moments(snap_compare, moment, size):
    assert snap_compare(app_after(moment), run_before=after(), terminal_size=size)


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_the_end_of_a_life_light(snap_compare, size):
    assert snap_compare(app_after(BY_HAND), run_before=after("T"), terminal_size=size)


@pytest.mark.parametrize("theme", INKS)
def test_themes(snap_compare, theme):
    app = app_after(ACCEPTED, theme=theme)
    assert snap_compare(app, run_before=after(), terminal_size=SIZES["wide"])


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("moment", MOMENTS.values(), ids=MOMENTS)
def test_projector(snap_compare, moment, size):
    app = app_after(moment, projector=True)
    assert snap_compare(app, run_before=after(), terminal_size=size)


TRUTHS = {
    "ghost": up_to(recorded("truths/syn-cookies"), lambda event: event.t > 3 * 10**9),
    "ack-ignored": up_to(recorded("truths/ack-dropped"), lambda event: event.t > 16 * 10**8),
}


@pytest.mark.parametrize("look", [{}, {"projector": True}], ids=["normal", "projector"])
@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("moment", TRUTHS.values(), ids=TRUTHS)
def test_what_nobody_shows(snap_compare, moment, size, look):
    assert snap_compare(app_after(moment, **look), run_before=after(), terminal_size=size)


@pytest.mark.parametrize(
    "look", [{}, {"theme": "light"}, {"projector": True}], ids=["dark", "light", "projector"]
)
@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_the_source(snap_compare, size, look):
    app = app_after(TRUTHS["ghost"], **look)
    assert snap_compare(app, run_before=after("v"), terminal_size=size)


def test_the_source_in_two_languages(snap_compare):
    app = app_after(TRUTHS["ghost"])
    assert snap_compare(app, run_before=after("v", "tab", "y", "y"), terminal_size=SIZES["wide"])


@pytest.mark.parametrize("keys", ["t", "tt", "1i"])
@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_projector_with_what_is_asked_for(snap_compare, keys, size):
    app = app_after(ACCEPTED, projector=True)
    assert snap_compare(app, run_before=after(*keys), terminal_size=size)


def test_projector_without_colour(snap_compare, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    app = app_after(ACCEPTED, projector=True)
    assert snap_compare(app, run_before=after(), terminal_size=SIZES["wide"])


def test_without_colour(snap_compare, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    assert snap_compare(app_after(ACCEPTED), run_before=after(), terminal_size=SIZES["wide"])


def test_a_connection_looked_into(snap_compare):
    assert snap_compare(app_after(ACCEPTED), run_before=after("1", "i"), terminal_size=SIZES["wide"])


def test_the_other_tab(snap_compare):
    assert snap_compare(app_after(ACCEPTED), run_before=after("t"), terminal_size=SIZES["small"])


def test_help(snap_compare):
    assert snap_compare(app_after(BY_HAND), run_before=after("question_mark"), terminal_size=SIZES["wide"])


def test_a_question(snap_compare):
    assert snap_compare(app_after(ACCEPTED), run_before=after("d"), terminal_size=SIZES["small"])
