"""Every part of the stage in every size, theme and situation fills its cells exactly."""

import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest
from drawn import PALETTES, Artist
from hypothesis import given, settings
from hypothesis import strategies as st
from scenes import SCENES

from sockviz.recording.reader import read
from sockviz.session.timeline import Timeline
from sockviz.tui.density import Density
from sockviz.tui.palettes import DARK
from sockviz.tui.render.details import connection_details, segment_details
from sockviz.tui.view import Selection, StageView

RECORDINGS = sorted((Path(__file__).parents[1] / "data").glob("*.jsonl"))
SIZES = (
    (0, 0),
    (1, 1),
    (2, 2),
    (3, 40),
    (200, 1),
    (12, 5),
    (25, 10),
    (30, 10),
    (36, 13),
    (46, 13),
    (60, 15),
    (80, 5),
    (132, 50),
)


def check(artist: Artist, view: StageView) -> None:
    for name, picture in artist.all(view).items():
        assert len(picture.lines) == len(picture.targets) == artist.height, name
        for line, targets in zip(picture.lines, picture.targets, strict=True):
            assert line.cell_length == len(targets) == artist.width, name
            assert all(unicodedata.category(c)[0] != "C" for c in line.text), name


@pytest.mark.parametrize("palette", PALETTES, ids=lambda palette: palette.name)
@pytest.mark.parametrize("scene", SCENES)
def test_scenes_in_all_sizes(scene, palette):
    view = SCENES[scene]()
    for size in SIZES:
        check(Artist(*size, palette), view)


@pytest.mark.parametrize("scene", SCENES)
def test_large_scenes_in_all_sizes(scene):
    view = replace(SCENES[scene](), density=Density.LARGE)
    for size in SIZES:
        check(Artist(*size), view)


@given(
    st.sampled_from(sorted(SCENES)),
    st.integers(0, 100),
    st.integers(0, 30),
    st.integers(0, 70),
    st.sampled_from(Density),
)
@settings(max_examples=60)
def test_scenes_in_any_size_with_anything_selected(scene, width, height, chosen, density):
    view = SCENES[scene]()
    check(
        Artist(width, height),
        replace(view, selection=Selection(chosen, "server", chosen), density=density),
    )


def test_nothing_at_all_is_drawn_too():
    for size in SIZES:
        check(Artist(*size), StageView())


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_every_moment_of_real_recordings(path):
    timeline = Timeline()
    timeline.extend(read(path))
    moments = sorted({event.t for event in read(path)})
    for t in moments[:: max(1, len(moments) // 60)]:
        world = timeline.world_at(t)
        view = StageView(world, t, timeline.last_arrows(60, t), timeline.last_transitions(200, t))
        for size in ((46, 13), (25, 10), (60, 15)):
            check(Artist(*size), view)
        for connection in world.connections.values():
            assert connection_details(view, connection, DARK)
        for arrow in view.arrows:
            assert segment_details(view, arrow, None, DARK)


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_the_panels_say_the_states_that_the_world_says(path):
    timeline = Timeline()
    timeline.extend(read(path))
    t = timeline.end
    world = timeline.world_at(t)
    view = StageView(world, t)
    artist = Artist(60, 60)
    for name, picture in (("client", artist.client(view)), ("server", artist.server(view))):
        for connection in world.connections.values():
            end = connection.end(name)
            lines = [line for line in picture.text.splitlines() if f" {end.state}" in line]
            assert not end.history or lines, (name, connection.id, end.state)
