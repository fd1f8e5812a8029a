"""`export --to html`: what is in the page."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import pytest
from html_pages import BY_HAND, DATA, EVIL, FULL, page, recorded
from playbook import Playbook, segment
from playbook_calls import establishes, listen

from sockviz import events
from sockviz.export.html.page import MOST

RECORDINGS = sorted(DATA.glob("*.jsonl"), key=lambda path: path.name)


class Parts(HTMLParser):
    """The elements, the text of scripts and styles, and all references."""

    def __init__(self, made: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.raw: dict[str, list[str]] = {"script": [], "style": []}
        self._inside = ""
        self.feed(made)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        self._inside = tag
        if tag in self.raw:
            self.raw[tag].append("")

    def handle_endtag(self, tag):  # noqa: ARG002
        self._inside = ""

    def handle_data(self, data):
        if self._inside in self.raw:
            self.raw[self._inside][-1] += data

    @property
    def film(self):
        return json.loads(self.raw["script"][0])


@pytest.mark.parametrize("name", RECORDINGS, ids=lambda path: path.stem)
def test_it_is_complete_and_refers_to_nothing(name):
    made = page(recorded(name))
    parts = Parts(made)
    assert "{{" not in made
    assert len(made) < 1_000_000
    names = {attribute for attribute, _ in parts.attributes}
    assert not names & {"src", "href", "xlink:href", "srcset", "action", "style"}
    assert not any(attribute.startswith("on") for attribute in names)
    assert not re.search(r"@import|@font-face|https?://(?!www\.w3\.org/2000/svg)", made)
    assert all(target.startswith("#") for target in re.findall(r"url\(([^)]*)\)", made) if "${" not in target)


def test_its_policy_allows_just_its_own_script_and_style():
    parts = Parts(page(recorded(BY_HAND)))
    policy = next(value for _, value in parts.attributes if value and value.startswith("default-src"))
    for kind, content in (("script", parts.raw["script"][1]), ("style", parts.raw["style"][0])):
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy


def test_the_script_makes_no_markup_and_asks_for_nothing():
    script = Parts(page([])).raw["script"][1]
    forbidden = (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "Function(",
        "fetch(",
    )
    assert not [word for word in forbidden if word in script]
    assert not re.search(r"XMLHttpRequest|WebSocket|import\(|navigator\.|localStorage|cookie", script)


def test_the_same_recording_makes_the_same_page():
    assert page(recorded(FULL)) == page(recorded(FULL))


def test_whatever_a_recording_says_is_data():
    book = Playbook() >> listen()
    book.events[0] = events.Header(
        t=0,
        format=1,
        source="lab",
        hosts=(events.Host(name=EVIL, addresses=(EVIL,)),) * 2,
        made_by=EVIL,
        hidden=(EVIL,),
    )
    book.feed(
        events.Marked(t=1, text=EVIL),
        events.ProgramStarted(t=1, host="server", pid=1, program=EVIL),
        events.CallEntered(t=2, call=1, host="server", pid=1, thread="main", name=EVIL, args=EVIL),
    )
    parts = Parts(page(book))
    assert len(parts.raw["script"]) == 2
    assert "img" not in parts.tags
    assert any("<script>window.pwned=1" in text for _, text, _ in parts.film["marks"])


def test_a_long_run_says_how_much_was_left_out_and_the_page_stays_small():
    book = Playbook() >> listen() >> establishes(1)
    for _ in range(MOST):
        segment(1, "client", "PSH|ACK", length=5)(book)
        number = book.events[-1].id
        book.feed(events.SegmentDelivered(t=book.now(), id=number))
    made = page(book)
    assert len(made) < 2_000_000
    assert any("3 more segments, up to" in line for line in Parts(made).film["hidden"])


def test_nothing_at_all():
    assert Parts(page([])).film["segments"] == []
