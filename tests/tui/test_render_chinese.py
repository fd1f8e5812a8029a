"""The stage in Chinese: wide characters stay in their cells, and no sentence is left in English."""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path

import pytest
from drawn import Artist
from scenes import SCENES
from test_render_sizes import RECORDINGS, SIZES, check

from sockviz.recording.reader import read
from sockviz.session.timeline import Timeline
from sockviz.tui.density import Density
from sockviz.tui.palettes import DARK
from sockviz.tui.render.details import connection_details, segment_details
from sockviz.tui.view import StageView

STAGE = {"client": (23, 36), "server": (28, 44), "wire": (25, 38)}
"""Cells of the parts at 80 and at 120 columns."""
ENGLISH = re.compile(r"\b[a-z]{2,} [a-z]{2,}\b")
NAMES = re.compile(r"(seq|ack) \d+|window scale|timestamps|\b[0-9a-f]{2} [0-9a-f]{2}\b")
"""What packets are read by in every language."""


@pytest.mark.parametrize("density", Density)
@pytest.mark.parametrize("scene", SCENES)
def test_scenes_in_all_sizes(scene, density):
    view = replace(SCENES[scene](), density=density, language="zh")
    for size in SIZES:
        check(Artist(*size), view)


def moments(path: Path) -> Iterator[StageView]:
    """Of a recording, in Chinese."""
    timeline = Timeline()
    timeline.extend(read(path))
    times = sorted({event.t for event in read(path)})
    for t in times[:: max(1, len(times) // 60)]:
        arrows, transitions = timeline.last_arrows(60, t), timeline.last_transitions(200, t)
        yield StageView(timeline.world_at(t), t, arrows, transitions, language="zh")


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_every_moment_of_real_recordings(path):
    for view in moments(path):
        for density in Density:
            check_hosts(replace(view, density=density))
        pictures = [Artist(width, 15).ladder(view) for width in (60, 80)]
        for picture in (*pictures, Artist(76, 2).caption(view)):
            assert not english(picture.text)
        closer = [connection_details(view, one, DARK) for one in view.world.connections.values()]
        closer += [segment_details(view, arrow, None, DARK) for arrow in view.arrows]
        for line in chain(*closer):
            assert not english(line.plain)


def check_hosts(view: StageView) -> None:
    """Both hosts and the wire: all is in Chinese, and the right edge of the boxes is whole."""
    for name, widths in STAGE.items():
        for width in widths:
            picture = getattr(Artist(width, 13), name)(view)
            assert not english(picture.text), picture.text
            for line in picture.lines[1:-1] if name != "wire" else ():
                assert line.cell_length == width
                assert line.text[-1] in "│┤", picture.text


def english(text: str) -> list[str]:
    """Words that are English, and follow each other."""
    return ENGLISH.findall(NAMES.sub("", text))


def test_english_would_be_found():
    assert english("│ ●1 no socket here │")
    assert not english("●1 SYN-ACK  seq 0  ack 1   connect(3) = 0   backlog 2   fd 3")
