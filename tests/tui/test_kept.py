"""Lines that are kept: they are what would be drawn anew, whatever was done, and they are not drawn anew."""

import pytest
from msgspec import structs
from staging import recorded, staged
from textual.geometry import Region
from textual.widget import Widget

from sockviz.tui.controls.transport import TransportBar
from sockviz.tui.widgets.kept import Kept
from sockviz.tui.widgets.painting import Painting

LIFE = recorded("life-lab")
DONE = (
    "theme", "back", "next-connection", "tab", "tab", "source", "inspect", "projector", "theme", "projector",
    "play",
)  # fmt: skip
"""One after the other."""


def looks(app):
    """Every cell of the screen with its style."""
    return [strip.simplify() for strip in app.screen._compositor.render_strips(app.size)]


async def settled(pilot):
    """How it looks when nothing changes any more."""
    before, now = None, looks(pilot.app)
    while now != before:
        await pilot.pause()
        before, now = now, looks(pilot.app)
    return now


def drawn_anew(app):
    """How it looks when nothing is kept."""
    for widget in (app.screen, *app.screen.query("*")):
        widget.notify_style_update()
        widget.refresh()
    return looks(app)


@pytest.mark.parametrize("size", [(120, 36), (80, 24)])
async def test_what_is_kept_is_what_would_be_drawn_anew(size):
    async with staged(LIFE, size=size) as pilot:
        for action in DONE:
            pilot.app.screen.action_do(action)
            found = await settled(pilot)
            assert drawn_anew(pilot.app) == found, action
        await pilot.resize_terminal(130, 40)
        found = await settled(pilot)
        assert drawn_anew(pilot.app) == found


async def test_of_all_that_is_shown_the_most_is_kept():
    async with staged(LIFE) as pilot:
        await pilot.pause()
        screen = pilot.app.screen
        shown = [screen, *(one for one in screen.query("*") if one.display and one.size)]
        kept = [one for one in shown if isinstance(one, Kept)]
        assert {type(one) for one in shown if not isinstance(one, Kept | Painting)} <= {Widget}
        for one in kept:
            assert one.render_lines(one.size.region) is one.render_lines(one.size.region)
            assert one.render_lines(Region(0, 0, 3, 1)) is not one.render_lines(one.size.region)


async def test_the_playhead_is_drawn_when_it_comes_to_another_column(monkeypatch):
    async with staged(LIFE) as pilot:
        bar = pilot.app.screen.query_one(TransportBar)
        drawn = []
        monkeypatch.setattr(bar, "refresh", lambda **_: drawn.append(bar.pieces()))
        one = 1 / (bar.columns - 1)
        before = bar._transport
        for place in (10 * one, 10.1 * one, 10.2 * one, 11 * one):
            bar.show(structs.replace(before, place=place), bar._faces, bar._speed)
        assert len(drawn) == 2
