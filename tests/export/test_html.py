"""`export --to html`: what is in the page, and how it plays in a browser that reaches no network."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import chromium
import devtools
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playbook import (
    Playbook,
    accepts,
    connect,
    entered,
    establishes,
    listen,
    lost,
    passes,
    raised,
    segment,
    waits,
    wire,
)

from sockviz import events
from sockviz.export.html.delta import deltas
from sockviz.export.html.film import LINGER, film, snapshots
from sockviz.export.html.page import MOST, render
from sockviz.export.html.snapshot import Snapshot, snapshot
from sockviz.export.story import tell
from sockviz.inks import DARK, LIGHT
from sockviz.recording.reader import read
from sockviz.world.fold import advance
from sockviz.world.model import World

DATA = Path(__file__).parents[1] / "data"
RECORDINGS = sorted(DATA.glob("*.jsonl"), key=lambda path: path.name)
FULL = DATA / "full-queue-lab.jsonl"
BY_HAND = DATA / "by-hand-lab.jsonl"
MS = 1_000_000
EVIL = (
    "</script><script>window.pwned=1</script><img src=x onerror=pwned=1> <!-- {{film}} \x1b[31m \u2028 汉字"
)

STATE = "document.querySelector('main').outerHTML"
INDEX = "document.getElementById('position').textContent.split(' · ')[1]"


def page(run) -> str:
    return "\n".join(render(run.events if isinstance(run, Playbook) else run))


def recorded(name: Path) -> list[events.AnyEvent]:
    return list(read(name))


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


# What is in it


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


# The film


moves = st.sampled_from(
    [
        connect(1), establishes(2), establishes(3), segment(2, "server", "FIN|ACK"), waits(70 * MS),
        wire("hold", 5 * MS), passes(2, "client", "PSH|ACK", length=3), passes(3, "client", "FIN|ACK"),
        passes(3, "server", "RST|ACK"), accepts(2, 4), entered("recv", fd=4), raised("ListenOverflows"),
        waits(3000 * MS), lost(1, "client", "SYN", "cut"), wire("cut"),
    ]
)  # fmt: skip


def played(several) -> Playbook:
    book = Playbook() >> listen()
    for move in several:
        try:
            move(book)
        except (StopIteration, KeyError):
            continue
    return book


@settings(max_examples=80, deadline=None)
@given(st.lists(moves, max_size=14))
def test_the_page_gets_what_it_needs_to_put_every_snapshot_together(several):
    book = played(several)
    story = tell(book.events)
    made = film(story)
    wanted = list(snapshots(book.events, story, made.times))
    assert len(wanted) == len(made.times)
    now = Snapshot({}, {})
    for changes, want in zip(deltas(wanted), wanted, strict=True):
        now = _apply(now, changes)
        assert now.rows == {group: rows for group, rows in want.rows.items() if rows or group in now.rows}
        assert now.values == {group: row for group, row in want.values.items() if row or group in now.values}
    world, _ = advance(World(), book.events)
    assert wanted[-1] == snapshot(world, made.times[-1], "client"), "the last one is the end of the run"


def _apply(before, changes):
    values, rows = dict(before.values), dict(before.rows)
    for group, first, *news in changes:
        if isinstance(first, list):
            values[group] = first
            continue
        rows[group] = (rows.get(group, []) + [None] * first)[:first]
        for at, row in zip(news[::2], news[1::2], strict=True):
            rows[group][at] = row
    return Snapshot(values, rows)


@settings(max_examples=80, deadline=None)
@given(st.lists(moves, max_size=14))
def test_the_film_runs_forward_and_no_two_segments_share_a_lane(several):
    made = film(tell(played(several).events))
    assert all(before < after for before, after in pairwise(made.times))
    assert all(before < after for before, after in pairwise(made.at))
    lanes: dict[int, float] = {}
    for one in sorted(made.segments, key=lambda one: one.way[0]):
        times = [ms for ms, _ in one.way]
        assert times == sorted(times)
        assert one.way[0][1] == 0
        assert [x for _, x in one.way] == sorted(x for _, x in one.way)
        assert lanes.get(one.lane, 0) <= times[0]
        assert 0 < made.height(one.lane) < 1
        lanes[one.lane] = one.gone
    assert len({made.height(lane) for lane in range(made.lanes)}) == made.lanes


def test_a_handshake_of_microseconds_takes_seconds_and_an_idle_hour_does_not():
    made = film(tell(recorded(DATA / "life-loopback.jsonl")))
    flights = [one.way[-1][0] - one.way[0][0] for one in made.segments]
    assert min(flights) > 300
    book = Playbook() >> listen() >> waits(3_600_000 * MS) >> connect(1)
    assert film(tell(book.events)).at[-1] < 10_000


def test_what_is_lost_stays_for_a_while():
    book = Playbook() >> connect(1) >> lost(1, "client", "SYN")
    (one,) = film(tell(book.events)).segments
    assert one.gone == one.way[-1][0] + LINGER
    assert one.fate(reason=True) == "taken off the wire"


# In a browser


@pytest.fixture
def browser(tmp_path):
    chromium.program()
    with devtools.page(tmp_path / "profile") as tab:
        tab.file = tmp_path / "run.html"
        yield tab
        assert tab.asked == []
        assert tab.complaints == []
        assert tab.js("performance.getEntriesByType('resource').length") == 0


def opened(browser, run, size=(1280, 800), **media):
    browser.file.write_text(page(run), encoding="utf-8")
    browser.open(browser.file, size, **media)
    return browser


def texts(browser, selector):
    return browser.js(f"[...document.querySelectorAll({selector!r})].map(one => one.textContent)")


def test_every_step_shows_what_was_true_then_and_back_it_is_the_same(browser):
    run = recorded(BY_HAND)
    story = tell(run)
    made = film(story)
    wanted = list(snapshots(run, story, made.times))
    opened(browser, run)
    seen = []
    for want in wanted:
        assert texts(browser, "#left .what > b") == [row[1] or row[2] for row in want.rows["left"]]
        assert texts(browser, "#right .what > b") == [row[1] or row[2] for row in want.rows["right"]]
        assert texts(browser, "#table td:nth-child(7)") == [row[6] for row in want.rows["table"]]
        said = re.sub(r"#(\d+)\b", r"\1", want.values["caption"][0])
        assert texts(browser, "#caption") == [said]
        seen.append(browser.js(STATE))
        browser.press("ArrowRight")
    assert browser.js(INDEX) == f"{len(wanted)}/{len(wanted)}"
    assert len(set(seen)) > len(seen) / 2
    for before in reversed(seen):
        assert browser.js(STATE) == before
        browser.press("ArrowLeft")


def test_it_plays_to_the_end_and_stops_where_a_jump_there_leads(browser):
    opened(browser, recorded(DATA / "life-loopback.jsonl"))
    browser.press("End")
    at_the_end = browser.js(STATE)
    browser.press("Home")
    start = browser.js(STATE)
    assert start != at_the_end
    browser.js("document.getElementById('speed').value = '8'")
    browser.js("document.getElementById('speed').dispatchEvent(new Event('change'))")
    browser.click("#play")
    assert browser.js("document.body.classList.contains('playing')")
    browser.wait("document.querySelectorAll('.packet').length > 0")
    browser.wait(f"{STATE} !== {json.dumps(start)}")
    browser.press(" ")
    browser.wait("!document.body.classList.contains('playing')")
    where = browser.js("document.getElementById('seek').value")
    assert 0 < int(where) < int(browser.js("document.getElementById('seek').max"))
    browser.click("#play")
    browser.wait("!document.body.classList.contains('playing')")
    assert browser.js(STATE) == at_the_end
    browser.press("Home")
    assert browser.js(STATE) == start


def test_packets_are_where_the_film_has_them(browser):
    run = recorded(BY_HAND)
    made = film(tell(run))
    opened(browser, run)
    one = next(one for one in made.segments if len(one.way) == 4)
    begin, stands, released, end = (ms for ms, _ in one.way)
    for ms, share in (
        (begin, 0),
        ((begin + stands) / 2, 0.25),
        (stands, 0.5),
        (released, 0.5),
        ((released + end) / 2, 0.75),
    ):
        _seek(browser, ms)
        x = browser.js("Number(document.querySelector('.packet').style.getPropertyValue('--x'))")
        assert x == pytest.approx(share, abs=0.01)
    _seek(browser, (stands + released) / 2)
    assert texts(browser, ".packet .note") == ["held"]


def _seek(browser, ms):
    browser.js(f"document.getElementById('seek').value = {round(ms)}")
    browser.js("document.getElementById('seek').dispatchEvent(new Event('input'))")


def test_who_wants_no_motion_gets_none(browser):
    run = recorded(BY_HAND)
    made = film(tell(run))
    opened(browser, run, prefers_reduced_motion="reduce")
    one = next(one for one in made.segments if len(one.way) == 4)
    (begin, _), (stands, _) = one.way[:2]
    _seek(browser, begin)
    before = browser.js("document.getElementById('packets').outerHTML")
    _seek(browser, begin + min(stands - begin, 60) / 2)
    assert browser.js("document.getElementById('packets').outerHTML") == before


def test_marks_are_where_they_were_set_and_lead_there(browser):
    run = recorded(FULL)
    made = film(tell(run))
    opened(browser, run)
    assert len(made.marks) > 2
    assert browser.js("document.querySelectorAll('#marks button').length") == len(made.marks)
    browser.press("m")
    steps = sorted({step for step, *_ in made.marks})
    first = next(step for step in steps if step > 0)
    assert browser.js(INDEX) == f"{first + 1}/{len(made.times)}"
    browser.click("#marks button:last-child")
    assert browser.js(INDEX) == f"{steps[-1] + 1}/{len(made.times)}"


def test_a_full_queue_is_told_in_words(browser):
    opened(browser, recorded(FULL))
    for _ in range(500):
        if texts(browser, ".queue.full strong") == ["FULL"]:
            break
        browser.press("ArrowRight")
    taken = len(texts(browser, ".queue.full .slot.taken"))
    depth, capacity = texts(browser, ".queue.full > b")[0].split("/")
    assert taken == int(depth) == int(capacity)


def test_the_future_of_the_ladder_is_hidden(browser):
    opened(browser, recorded(BY_HAND))
    count = "document.querySelectorAll('svg.wide [data-s]:not([visibility])').length"
    begun = browser.js(count)
    browser.press("End")
    assert begun < browser.js(count) == browser.js("document.querySelectorAll('svg.wide [data-s]').length")
    browser.click("#ladder")
    assert browser.js(count) < browser.js("document.querySelectorAll('svg.wide [data-s]').length")


@pytest.mark.parametrize("size", [(1280, 800), (820, 1180), (390, 844)])
@pytest.mark.parametrize("name", [FULL, BY_HAND], ids=lambda path: path.stem)
def test_it_fits_every_width_and_fingers_meet_its_buttons(browser, size, name):
    opened(browser, recorded(name), size)
    for key in ("ArrowRight", "End"):
        browser.press(key)
        assert browser.js("document.documentElement.scrollWidth") <= size[0]
    small = browser.js(
        "[...document.querySelectorAll('.buttons button, select')].map(one => one.getBoundingClientRect())"
        ".filter(box => box.width && (box.width < 44 || box.height < 44)).length"
    )
    assert small == 0
    assert browser.js("document.querySelector('.scroll').clientHeight") > 15
    shown = browser.js("[...document.querySelectorAll('svg.ladder')].filter(one => one.clientHeight).length")
    assert shown == 1


@pytest.mark.parametrize(("scheme", "inks"), [("light", LIGHT), ("dark", DARK)])
def test_it_is_dark_where_the_reader_likes_it_dark(browser, scheme, inks):
    opened(browser, recorded(BY_HAND), prefers_color_scheme=scheme)
    background = browser.js("getComputedStyle(document.documentElement).backgroundColor")
    red, green, blue = (int(inks.background[at : at + 2], 16) for at in (1, 3, 5))
    assert background == f"rgb({red}, {green}, {blue})"


def test_everything_that_can_be_pressed_has_a_name(browser):
    opened(browser, recorded(BY_HAND))
    nameless = browser.js(
        "[...document.querySelectorAll('button, input, select')].filter(one => "
        "!one.getAttribute('aria-label') && !one.labels?.length && !one.textContent.trim()).length"
    )
    assert nameless == 0
    assert browser.js("document.getElementById('play').getAttribute('aria-label')") == "Play"
    browser.press("ArrowRight")
    assert browser.js("document.getElementById('seek').getAttribute('aria-valuetext')").startswith(
        "step 2 of "
    )


def test_hostile_texts_are_shown_as_they_are(browser):
    book = Playbook() >> listen()
    book.events[0] = events.Header(
        t=0,
        format=1,
        source="lab",
        hosts=(events.Host(name=EVIL, addresses=("::1",)),) * 2,
        made_by=EVIL,
        hidden=(EVIL,),
    )
    book.feed(events.Marked(t=book.now(), text=EVIL))
    opened(browser, book)
    browser.press("End")
    assert browser.js("window.pwned") is None
    assert "<img src=x" in browser.js("document.querySelector('#marks button').title")
    assert any("<img src=x" in one for one in texts(browser, "#hidden li"))


def test_a_page_of_nothing_opens(browser):
    opened(browser, [])
    browser.press("ArrowRight", "ArrowLeft", "End", "Home", " ")
    assert browser.js(INDEX) == "1/1"


def seen_at_one_point() -> Playbook:
    """A capture: one time for each segment, no calls, no table."""
    book = Playbook(source="pcap", capabilities=("capture",))
    for at, sent in enumerate(one for one in recorded(BY_HAND) if isinstance(one, events.SegmentSent)):
        book.feed(
            events.SegmentCaptured(
                t=(at + 1) * 100 * MS,
                id=sent.id,
                sender=sent.sender,
                receiver=sent.receiver,
                segment=sent.segment,
            )
        )
    return book


def test_a_segment_of_a_capture_passes_the_middle_when_it_was_seen():
    book = seen_at_one_point()
    made = film(tell(book.events))
    assert len(made.segments) > 5
    for one in made.segments[1:-1]:
        (begin, _), (at, x), (end, _) = one.way
        assert (made.times[made.at.index(at)], x) == (one.flight.arrow.sent, 0.5)
        assert begin < at < end


def test_what_a_capture_does_not_show_is_not_denied(browser):
    opened(browser, seen_at_one_point())
    browser.press("ArrowRight", "ArrowRight", "ArrowRight")
    text = browser.js("document.querySelector('main').innerText")
    assert "ESTABLISHED" in text
    assert "no owner" not in text
    assert "nobody listens" not in text
    assert "Socket table" not in text
    assert browser.js("document.querySelectorAll('.packet').length") == 1
