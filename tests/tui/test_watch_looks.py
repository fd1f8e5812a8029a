"""How the screens of watched listeners look, at fixed sizes, at a time that stands still.

After a change that is meant: look at the report that a failure writes, then `pytest --snapshot-update`.
"""

import asyncio

import pytest
from staging import Replayed
from watched import overloaded, recorded, several

from sockviz.session.plan import Plan
from sockviz.session.run import Run
from sockviz.tui.watch.app import WatchApp
from sockviz.tui.watch.closely import CloselyScreen
from sockviz.tui.watch.screen import WatchScreen

SIZES = {"wide": (120, 36), "small": (80, 24)}
SCENES = {
    "list": (list(several()), WatchScreen),
    "real-list": (recorded(2_000_000_000), WatchScreen),
    "real": (recorded(), CloselyScreen),
    "overloaded": (list(overloaded()), CloselyScreen),
}


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


@pytest.fixture
def look(snap_compare):
    def compare(scene, size, *keys, **options):
        happened, screen = SCENES[scene]
        app = WatchApp(lambda: Run(Plan(), Replayed(happened)), clock=lambda: 0, **options)

        async def prepare(pilot):
            for _ in range(1000):
                if isinstance(app.screen, screen):
                    break
                await pilot.pause(0.01)
            await pilot.pause()
            await pilot.press(*keys)
            app.screen.wake()
            await pilot.pause()

        return snap_compare(app, run_before=prepare, terminal_size=SIZES[size])

    return compare


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scene", SCENES)
def test_scenes(look, scene, size):
    assert look(scene, size)


@pytest.mark.parametrize("theme", ["light", "contrast"])
def test_themes(look, theme):
    assert look("real", "wide", theme=theme)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scene", ["real-list", "real"])
def test_projector(look, scene, size):
    assert look(scene, size, projector=True)


@pytest.mark.parametrize("keys", ["t", "tt"])
def test_tabs_of_a_small_terminal(look, keys):
    assert look("real", "small", *keys)


def test_without_colour(look, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    assert look("real", "wide")


@pytest.mark.parametrize("keys", [("w", "enter"), ("f",)], ids=["connection", "findings"])
def test_something_to_read(look, keys):
    assert look("real", "wide", *keys)
