"""`export --to svg`: what is in the picture, that it needs nothing else, and that no text is on another."""

import json
import os
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import chromium
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playbook import Playbook, arrives, lost, passes, raised, segment, waits, wire
from playbook_calls import accepts, call, connect, entered, establishes, listen, played, queue, returned

from sockviz import events
from sockviz.export.svg.document import MOST, render
from sockviz.inks import DARK, LIGHT
from sockviz.recording.reader import read
from sockviz.tcp.states import State

DATA = Path(__file__).parents[1] / "data"
RECORDINGS = sorted(DATA.glob("*.jsonl"), key=lambda path: path.name)
MS = 1_000_000
SVG = "{http://www.w3.org/2000/svg}"
EVIL = "\x1b]0;\x07 <script>alert(1)</script> &amp; ]]> \"'\ud800 \u202e 汉字 \x00"

OVERLAPS = """
const svg = document.querySelector('svg'), frame = svg.getBoundingClientRect();
const texts = [...svg.querySelectorAll('text')].map(one => [one.textContent, one.getBoundingClientRect()]);
const meet = [];
for (let i = 0; i < texts.length; i++) {
  const [a, p] = texts[i];
  if (p.left < frame.left || p.right > frame.right || p.bottom > frame.bottom) meet.push([a, 'outside']);
  for (let j = 0; j < i; j++) {
    const [b, q] = texts[j];
    const across = Math.min(p.right, q.right) - Math.max(p.left, q.left);
    const down = Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top);
    if (across > 1 && down > 3) meet.push([a, b, across, down]);
  }
}
const answer = document.createElement('pre');
answer.id = 'answer';
answer.textContent = JSON.stringify({
  meet, count: texts.length, asked: performance.getEntriesByType('resource').map(one => one.name)
});
document.body.append(answer);
"""


def parse(drawn: str) -> ET.Element:
    return ET.fromstring(drawn)  # noqa: S314 - our own


def svg(book: Playbook | list, theme: str = "light", **more: bool) -> str:
    return "\n".join(render(book.events if isinstance(book, Playbook) else book, theme, **more))


def texts(book: Playbook | list, **more: bool) -> list[str]:
    return [one.text or "" for one in parse(svg(book, **more)).iter(f"{SVG}text")]


def recorded(name: Path) -> list[events.AnyEvent]:
    return list(read(name))


def several() -> Playbook:
    """Many at once, on a wire that takes its time: arrows cross, a queue fills, calls block."""
    book = Playbook(source="loopback") >> listen(backlog=0)
    for number in range(1, 7):
        book >> connect(number)
    for number in range(1, 7):
        book >> waits(9 * MS) >> arrives(number, "client", "SYN") >> segment(number, "server", "SYN|ACK")
    for number in range(1, 7):
        book >> waits(9 * MS) >> arrives(number, "server", "SYN|ACK") >> segment(number, "client", "ACK")
        book >> entered("recv", host="client", pid=100 + number, fd=3)
    for number in range(1, 7):
        book >> waits(11 * MS) >> arrives(number, "client", "ACK") >> queue(1, 0) >> raised("ListenOverflows")
    return book >> accepts(1, 4) >> passes(1, "client", "FIN|ACK") >> passes(1, "server", "RST|ACK")


@pytest.mark.parametrize("name", RECORDINGS, ids=lambda path: path.stem)
def test_a_real_run_is_drawn_whole(name):
    run = recorded(name)
    drawn = texts(run)
    repeated = sum(isinstance(one, events.SegmentDropped) and one.cause == "resent" for one in run)
    sent = [one for one in run if isinstance(one, events.SegmentSent)]
    pills = [one for one in drawn if re.fullmatch(r"\d+ (SYN|SYN-ACK|ACK|FIN|RST|PSH \d+ B)", one)]
    assert len(pills) == len(sent) - repeated
    for word in ("SYN_SENT", "SYN_RECV", "ESTABLISHED"):
        assert any(one.rstrip("*") == word for one in drawn)


def test_a_handshake_from_top_to_bottom():
    book = Playbook(source="loopback") >> listen() >> connect(1) >> waits(10 * MS)
    book >> arrives(1, "client", "SYN") >> segment(1, "server", "SYN|ACK") >> waits(10 * MS)
    book >> arrives(1, "server", "SYN|ACK") >> segment(1, "client", "ACK") >> waits(10 * MS)
    book >> arrives(1, "client", "ACK") >> queue(1, 2) >> accepts(1, 4)
    root = parse(svg(book))
    heights = {one.text: float(one.get("y", 0)) for one in root.iter(f"{SVG}text")}
    order = ["SYN_SENT*", "SYN_RECV*", "ESTABLISHED*"]
    assert [heights[word] for word in order] == sorted(heights[word] for word in order)
    assert {"1/3", "0/3", "seq 0 ack 1", "accept(3) = 4"} <= heights.keys()
    ways = [path.get("d", "") for path in root.iter(f"{SVG}path") if "way" in path.get("class", "").split()]
    ends = [tuple(map(float, re.findall(r"[\d.]+", way))) for way in ways[:3]]
    assert all(y1 > y0 + 10 for _, y0, _, y1 in ends), "they slope down"
    assert [x1 > x0 for x0, _, x1, _ in ends] == [True, False, True]
    assert all(before[3] <= after[1] + 1 for before, after in pairwise(ends)), (
        "each begins where the last ended"
    )


def test_what_is_lost_and_what_is_ignored_is_crossed_out_with_the_reason():
    book = Playbook() >> listen(backlog=0) >> establishes(1) >> queue(1, 0)
    book >> connect(2) >> arrives(2, "client", "SYN") >> raised("ListenOverflows") >> connect(3)
    book >> lost(3, "client", "SYN")
    drawn = texts(book)
    assert "ignored: the accept queue is" in drawn
    assert "taken off the wire" in drawn
    assert "1/1 FULL" in drawn
    # One in the legend.
    assert svg(book).count('class="cross"') == 3


def test_held_segments_stand_in_the_middle_for_as_long_as_they_did():
    book = Playbook() >> wire("hold", 10 * MS) >> listen() >> connect(1) >> waits(2500 * MS)
    book >> arrives(1, "client", "SYN")
    assert any(one.startswith("held 2.5") for one in texts(book))
    assert svg(book).count('class="held ') == 2, "the segment and the legend"


def test_a_retransmission_is_dashed():
    book = Playbook() >> listen() >> connect(1) >> lost(1, "client", "SYN", "cut")
    assert not re.search('class="way [^"]*again', svg(book))
    book >> segment(1, "client", "SYN", again=True)
    dashed = re.findall('class="way [^"]*again', svg(book))
    assert len(dashed) == 2, "the segment and the legend"


def test_a_long_silence_is_said():
    book = Playbook() >> listen() >> waits(3000 * MS) >> connect(1)
    assert "3 s later" in texts(book)


def test_captions_stand_beside_it_if_they_are_wanted():
    book = Playbook() >> listen() >> connect(1)
    said = " ".join(texts(book, captions=True))
    assert "#1: connect() made the client's kernel send a SYN." in said
    assert "made the client's kernel" not in " ".join(texts(book))


@pytest.mark.parametrize(("theme", "inks"), [("light", LIGHT), ("dark", DARK)])
def test_the_colours_are_the_themes(theme, inks):
    drawn = svg(Playbook() >> listen() >> establishes(1), theme)
    assert inks.background in drawn
    assert inks.states[State.ESTABLISHED] in drawn
    other = DARK if inks is LIGHT else LIGHT
    assert other.background not in drawn
    assert "var(" not in drawn


@pytest.mark.parametrize("name", RECORDINGS, ids=lambda path: path.stem)
def test_it_needs_nothing_from_outside(name):
    drawn = svg(recorded(name), captions=True)
    assert drawn.count("http") == 1, "the namespace"
    assert not re.search(r"<script|<image|<a |<foreignObject|<use|href|@import|@font-face|\son\w+=", drawn)
    known = set(re.findall(r'<pattern [^>]*id="([^"]+)"', drawn))
    used = set(re.findall(r"url\(([^)]*)\)", drawn))
    assert {one.removeprefix("#") for one in used} <= known


def test_it_is_the_same_every_time():
    made = [
        subprocess.run(
            [sys.executable, "-c", PRINT, str(RECORDINGS[0])],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert made[0] == made[1]
    assert made[0].startswith(b"<svg ")


PRINT = """
import sys
from pathlib import Path
from sockviz.export.svg.document import render
from sockviz.recording.reader import read
sys.stdout.write("\\n".join(render(read(Path(sys.argv[1])))))
"""


def test_a_long_run_says_how_much_was_left_out():
    book = Playbook() >> listen() >> establishes(1)
    for _ in range(MOST):
        segment(1, "client", "PSH|ACK", length=5)(book)
    assert any("3 more segments, up to" in one for one in texts(book))


def test_nothing_at_all():
    assert texts([]) == [""]


def test_whatever_a_recording_says_it_is_xml_and_no_markup():
    book = Playbook() >> listen()
    book.events[0] = events.Header(
        t=0, format=1, source="lab", hosts=(events.Host(name=EVIL, addresses=(EVIL,)),) * 2, made_by=EVIL
    )
    book.feed(
        events.Marked(t=1, text=EVIL),
        events.CallEntered(t=2, call=1, host="client", pid=1, thread="main", name=EVIL, args=EVIL),
        events.SegmentSent(
            t=3, id=1, sender="client", receiver="server",
            segment=events.Segment(
                source=EVIL, destination=EVIL, flags=EVIL, seq=1, ack=0, window=1, length=0
            ),
        ),
    )  # fmt: skip
    root = parse(svg(book, captions=True))
    assert {one.tag.removeprefix(SVG) for one in root.iter()} <= {
        "svg", "title", "style", "defs", "pattern", "rect", "path", "text", "circle", "g"
    }  # fmt: skip
    assert "汉字" in "".join(root.itertext())


moves = st.sampled_from(
    [
        connect(1), establishes(2), establishes(3), segment(2, "server", "FIN|ACK"), waits(70 * MS),
        wire("hold", 5 * MS), passes(2, "client", "PSH|ACK", length=3), passes(3, "client", "FIN|ACK"),
        passes(3, "server", "RST|ACK"), accepts(2, 4), entered("recv", fd=4), call("close", fd=3),
        raised("ListenOverflows"), waits(3000 * MS), lost(1, "client", "SYN", "cut"), returned("recv", 3),
        wire("cut"),
    ]
)  # fmt: skip


@settings(max_examples=120)
@given(st.lists(moves, max_size=14))
def test_whatever_happens_rows_go_down_and_nothing_is_outside(several):
    root = parse(svg(played(several), captions=True))
    width, height = float(root.get("width", 0)), float(root.get("height", 0))
    for one in root.iter(f"{SVG}text"):
        assert 0 <= float(one.get("x", 0)) <= width
        assert 0 <= float(one.get("y", 0)) <= height
    for one in root.iter(f"{SVG}rect"):
        assert float(one.get("height", 0)) >= 0
        assert float(one.get("width", 0)) >= 0


def _page(drawn: str, path: Path, script: str) -> Path:
    path.write_text(
        f"<!doctype html><meta charset=utf-8><body>{drawn}<script>{script}</script>", encoding="utf-8"
    )
    return path


@pytest.mark.parametrize("captions", [False, True], ids=["bare", "captions"])
@pytest.mark.parametrize("name", [*RECORDINGS, None], ids=lambda path: path.stem if path else "several")
def test_in_a_browser_no_text_stands_on_another_and_nothing_is_asked_for(name, captions, tmp_path):
    run = recorded(name) if name else several().events
    page = _page(svg(run, captions=captions), tmp_path / "page.html", OVERLAPS)
    answer = json.loads(chromium.result(page, "answer", tmp_path))
    assert answer["count"] > 20
    assert answer["meet"] == []
    assert answer["asked"] == []


@pytest.mark.parametrize(("theme", "inks"), [("light", LIGHT), ("dark", DARK)])
def test_a_browser_draws_the_file_as_it_is_meant(theme, inks, tmp_path):
    file = tmp_path / "ladder.svg"
    file.write_text(svg(Playbook() >> listen() >> establishes(1), theme), encoding="utf-8")
    root = parse(file.read_text(encoding="utf-8"))
    size = (round(float(root.get("width", 0))), round(float(root.get("height", 0))))
    image = chromium.screenshot(file, tmp_path, size)
    assert (image.width, image.height) == size
    assert image.at(2, 2) == inks.background
    bars = [one for one in root.iter(f"{SVG}rect") if one.get("fill") == "url(#sockviz-established)"]
    assert len(bars) == 3, "both ends, and the legend"
    for bar in bars[:2]:
        x, y = float(bar.get("x", 0)), float(bar.get("y", 0))
        assert image.at(x + 5, y + float(bar.get("height", 0)) / 2) == inks.states[State.ESTABLISHED]
