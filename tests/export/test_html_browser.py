"""`export --to html` in a browser that reaches no network: how it plays, looks, and is used."""

import json
import re

import chromium
import devtools
import pytest
from html_pages import BY_HAND, DATA, EVIL, FULL, page, recorded, seen_at_one_point
from playbook import Playbook
from playbook_calls import listen

from sockviz import events
from sockviz.export.html.film import film, snapshots
from sockviz.export.story import tell
from sockviz.inks import DARK, LIGHT

STATE = "document.querySelector('main').outerHTML"
INDEX = "document.getElementById('position').textContent.split(' · ')[1]"


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


def test_what_a_capture_does_not_show_is_not_denied(browser):
    opened(browser, seen_at_one_point())
    browser.press("ArrowRight", "ArrowRight", "ArrowRight")
    text = browser.js("document.querySelector('main').innerText")
    assert "ESTABLISHED" in text
    assert "no owner" not in text
    assert "nobody listens" not in text
    assert "Socket table" not in text
    assert browser.js("document.querySelectorAll('.packet').length") == 1
