"""Recordings full of what a terminal or a page would obey, in every format."""

import json
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "terminal"))
from hostile import DATA, FORBIDDEN, write

from sockviz.events import encode
from sockviz.export import mermaid, states, text
from sockviz.export.html import page
from sockviz.export.svg import document
from sockviz.recording.files import events_of

TEXTS: dict[str, Callable[..., object]] = {
    "text": text.render, "states": states.lines, "mermaid": mermaid.render, "svg": document.render,
    "html": page.render,
}  # fmt: skip


def exported(to: str, path: Path) -> str:
    return "\n".join(TEXTS[to](events_of(path)))


@pytest.fixture(scope="module", params=[False, True], ids=["texts", "addresses too"])
def hostile(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("hostile") / "r.jsonl", addresses=request.param)


@pytest.mark.parametrize("to", TEXTS)
def test_no_format_has_what_would_be_obeyed(hostile: Path, to: str) -> None:
    made = exported(to, hostile)
    assert not (found := FORBIDDEN.findall(made.replace("\t", " ").replace("\n", " "))), found


def test_pictures_are_well_formed_and_pages_have_our_scripts_only(hostile: Path) -> None:
    ET.fromstring(exported("svg", hostile))  # noqa: S314 - it is our own
    pages = [exported("html", path).lower() for path in (hostile, DATA / "life-lab.jsonl")]
    for tag in ("<script", "</script", "<img", "onerror="):
        counts = [made.count(tag) for made in pages]
        # As text it may be there, within the film's strings.
        assert counts[0] == counts[1] or tag == "onerror=", (tag, counts)


def test_recordings_and_states_are_json_that_can_be_shown(hostile: Path) -> None:
    for line in exported("states", hostile).splitlines():
        assert not FORBIDDEN.search(line)
        json.loads(line)
    for event in events_of(hostile):
        assert not FORBIDDEN.search(encode(event).decode().rstrip("\n"))
