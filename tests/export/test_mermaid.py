"""`export --to mermaid`: what the diagram says, and that Mermaid itself can read it."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playbook import Playbook, arrives, lost, passes, raised, segment, waits, wire
from playbook_calls import accepts, call, connect, entered, establishes, listen, queue

from sockviz import events
from sockviz.export.mermaid import LARGEST, escape, render
from sockviz.harmless import replaced
from sockviz.recording.reader import read

DATA = Path(__file__).parents[1] / "data"
MS = 1_000_000
NASTY = "#;:<br/>&\"'%%{init: {}}%% end \\ ` $$x$$ ️\u202e\x1b[31m\n-->> 汉字 😀"

READ = """
import mermaid from 'mermaid';
const answers = [];
for (const text of JSON.parse(await new Response(process.stdin).text())) {
  try {
    await mermaid.parse(text);
    const diagram = await mermaid.mermaidAPI.getDiagramFromText(text);
    answers.push(diagram.db.getMessages().map(({from, to, message, type}) => ({from, to, message, type})));
  } catch (error) { answers.push(String(error.message || error)); }
}
console.log(JSON.stringify(answers));
"""
SOLID, NOTE, CROSS, POINT = 0, 2, 3, 24
"""Mermaid's numbers for what a message is (`LINETYPE`)."""


def lines(book: Playbook) -> list[str]:
    return [line.strip().replace("#35;", "#") for line in render(book.events)]


def text(book: Playbook) -> str:
    return "\n".join(lines(book))


@pytest.fixture(scope="session")
def mermaid(tmp_path_factory):
    """What Mermaid's parser makes of each of some texts: its messages, or what is wrong."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        pytest.skip("npm is missing")
    folder = tmp_path_factory.mktemp("mermaid")
    (folder / "package.json").write_text('{"private": true, "type": "module"}')
    quiet = ["--no-audit", "--no-fund", "--ignore-scripts", "--no-save", "--fetch-retries=1"]
    try:
        made = subprocess.run(
            ["npm", "install", *quiet, "mermaid@11"],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
    except subprocess.TimeoutExpired:
        pytest.skip("npm could not install mermaid in time")
    if made.returncode:
        pytest.skip(f"npm could not install mermaid: {made.stderr.strip()[-200:]}")
    (folder / "read.mjs").write_text(READ)

    def parse(texts):
        ran = subprocess.run(
            ["node", "read.mjs"], cwd=folder, input=json.dumps(texts), capture_output=True, text=True,
            timeout=120, env={**os.environ, "NODE_NO_WARNINGS": "1"}, check=True,
        )  # fmt: skip
        return [_decoded(answer) for answer in json.loads(ran.stdout)]

    return parse


def _decoded(answer):
    """The text of messages as a page shows it."""
    if isinstance(answer, str):
        return answer
    for message in answer:
        message["message"] = re.sub("ﬂ°°(\\d+)¶ß", lambda match: chr(int(match[1])), message["message"] or "")
    return answer


def test_the_handshake_and_accept():
    book = Playbook() >> listen() >> establishes(1) >> queue(1, 2) >> accepts(1, 4)
    found = lines(book)
    assert found[0] == "sequenceDiagram"
    assert found[1:3] == [
        "participant client as client<br/>10.0.0.2",
        "participant server as server<br/>10.0.0.1:8001",
    ]
    messages = [line for line in found if ">>" in line]
    assert messages == [
        "client->>server: #1 SYN seq 0",
        "server->>client: #1 SYN-ACK seq 0 ack 1",
        "client->>server: #1 ACK seq 1 ack 1",
    ]
    whole = text(book)
    before, after = whole.split(messages[0])
    assert "#1 connect(3, 10.0.0.1:8001) blocked<br/>#1 SYN_SENT" in before
    assert "#1 SYN_RECV<br/>SYN queue 1: #1" in after
    assert "accept queue 1/3: #1" in whole
    assert "#1 accept(3) = 4<br/>accept queue 0/3" in whole


def test_a_full_queue_is_told_and_so_is_what_it_drops():
    book = Playbook() >> listen(backlog=0) >> establishes(1) >> queue(1, 0)
    book >> connect(2) >> arrives(2, "client", "SYN") >> raised("ListenOverflows")
    assert "accept queue 1/1: #1 FULL" in text(book)
    assert "client-xserver: #2 SYN seq 0 ignored: the accept queue is full: 1 waiting, limit 0" in text(book)


def test_what_is_taken_off_the_wire_is_crossed_out_and_repetitions_say_so():
    book = Playbook() >> listen() >> connect(1) >> lost(1, "client", "SYN")
    book >> segment(1, "client", "SYN", again=True) >> arrives(1, "client", "SYN")
    assert "client-xserver: #1 SYN seq 0 dropped: taken off the wire" in text(book)
    assert "client->>server: #1 SYN seq 0 again" in text(book)


def test_what_the_wire_holds_is_open_ended():
    book = Playbook() >> wire("hold") >> listen() >> connect(1) >> waits(1500 * MS)
    assert "client-)server: #1 SYN seq 0 (held)" in text(book)
    number = book.flow(1).sent[0].id
    book.feed(events.SegmentReleased(t=book.now(), id=number, due=book.t + 5 * MS))
    book >> waits(5 * MS) >> arrives(1, "client", "SYN")
    assert "client->>server: #1 SYN seq 0 (held 1.5 s)" in text(book)
    assert "Note over client,server: 1.51 s later" in text(book)


def test_a_repetition_that_the_wire_did_not_take_is_left_out():
    book = Playbook() >> wire("hold") >> connect(1) >> segment(1, "client", "SYN", again=True)
    book.feed(events.SegmentDropped(t=book.now(), id=book.flow(1).sent[1].id, cause="resent"))
    assert sum("SYN seq" in line for line in lines(book)) == 1


def test_a_call_without_anything_in_between_is_one_line():
    book = Playbook() >> listen() >> establishes(1) >> accepts(1, 4) >> call("recv", 5, fd=4)
    assert "#1 recv(4) = 5" in text(book)
    assert "recv(4) blocked" not in text(book)
    book >> entered("recv", fd=4) >> passes(1, "client", "PSH|ACK", length=5)
    assert "#1 recv(4) blocked" in text(book)


def test_a_long_run_says_how_much_was_left_out_and_stays_below_mermaids_limit():
    book = Playbook() >> listen() >> establishes(1)
    for _ in range(1200):
        passes(1, "client", "PSH|ACK", length=5)(book)
    found = "\n".join(render(book.events))
    assert len(found) < LARGEST + 500
    shown = found.count("->>")
    assert f"… {1203 - shown} more segments, up to {book.t / 1e9:.3g} s, left out" in found


def test_nothing_at_all():
    assert list(render([])) == ["sequenceDiagram"]


def test_mermaid_reads_recordings_of_real_runs(mermaid):
    for name in sorted(DATA.glob("*.jsonl")):
        recorded = list(read(name))
        (found,) = mermaid(["\n".join(render(recorded))])
        assert not isinstance(found, str), f"{name}: {found}"
        drawn = [message for message in found if message["type"] in {SOLID, CROSS, POINT}]
        repeated = sum(isinstance(e, events.SegmentDropped) and e.cause == "resent" for e in recorded)
        sent = [event for event in recorded if isinstance(event, events.SegmentSent)]
        assert len(drawn) == len(sent) - repeated
        lost_or_ignored = sum(message["type"] == CROSS for message in drawn)
        assert (lost_or_ignored > 0) == ("full" in name.name)
        states = {word for message in found if message["type"] == NOTE for word in message["message"].split()}
        assert any("ESTABLISHED" in state for state in states)


def test_mermaid_reads_every_mark_as_it_was_written(mermaid):
    marks = [
        NASTY,
        "wrap: me",
        "nowrap:me",
        "end",
        "Note over client: x",
        "#35;",
        "loop",
        "%% no comment",
        "a;b",
    ]
    books = []
    for mark in marks:
        book = Playbook() >> listen()
        book.feed(events.Marked(t=book.now(), text=mark))
        books.append(book)
    for mark, found in zip(marks, mermaid(["\n".join(render(book.events)) for book in books]), strict=True):
        shown = [message["message"] for message in found]
        kept = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in mark)
        assert kept.strip() in [one.strip() for one in shown], found


@settings(max_examples=40)
@given(st.text(max_size=60))
def test_nothing_that_could_be_syntax_is_left(anything):
    escaped = escape(anything)
    assert escaped.isprintable()
    assert not re.search(r"[\"<>&%{}`$\\;#]", re.sub(r"#\d+;", "", escaped))
    restored = re.sub(r"#(\d+);", lambda match: chr(int(match[1])), escaped)
    assert restored == replaced(anything)


def test_hosts_may_have_any_name(mermaid):
    book = Playbook()
    book.events[0] = events.Header(
        t=0, format=1, source="lab", made_by="test",
        hosts=(events.Host(name=NASTY, addresses=("::1",)), events.Host(name="end", addresses=())),
    )  # fmt: skip
    book.feed(events.CallEntered(t=2, call=1, host=NASTY, pid=1, thread="main", name=NASTY, args=NASTY))
    (found,) = mermaid(["\n".join(render(book.events))])
    assert not isinstance(found, str), found
