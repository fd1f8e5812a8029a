"""Nothing that a terminal or a page would obey is left, and everything else is."""

import json

from hypothesis import given
from hypothesis import strategies as st

from sockviz import events, harmless

HARMFUL = "\x00\x07\x1b\x7f\x80\x9b\u200b\u200e\u202e\u2028\u2066\ufeff\ufff9\ue000\U000e0041"
texts = st.text() | st.lists(st.sampled_from([*HARMFUL, "a", "é", "汉", "😀", "\u3000", '"', "\\"])).map(
    "".join
)


@given(texts)
def test_each_way_leaves_nothing_harmful(text):
    for clean in (harmless.escaped, harmless.replaced, harmless.stripped):
        assert not set(clean(text)) & set(HARMFUL)
        assert clean(clean(text)) == clean(text)


@given(texts.filter(lambda text: text.isprintable()))
def test_what_is_harmless_stays_as_it_is(text):
    assert harmless.escaped(text) == harmless.replaced(text) == harmless.stripped(text) == text


def test_what_is_seen_instead():
    assert harmless.escaped("a\x1b[1m\u202eb\n") == r"a\x1b[1m\u202eb\n"
    assert harmless.replaced("a\x9bb") == "a\ufffdb"
    assert harmless.stripped("a\u200bb") == "ab"
    assert harmless.stripped("1\u3000km\u00a02") == "1\u3000km\u00a02", "spaces are seen"


@given(texts)
def test_json_says_the_same_without_anything_harmful(text):
    made = json.dumps({"text": text}, ensure_ascii=False).encode(errors="replace")
    clean = harmless.in_json(made)
    assert not set(clean.decode()) & set(HARMFUL)
    assert json.loads(clean) == json.loads(made)


@given(texts)
def test_events_can_be_looked_at_and_read_again(text):
    event = events.Marked(t=1, text=text.encode(errors="replace").decode())
    line = events.encode(event)
    assert not set(line.decode()) & set(HARMFUL)
    assert line.count(b"\n") == 1
    assert events.decode(line) == event


@given(st.text(st.characters(codec="utf-8") | st.characters(categories=["Cs"])))
def test_what_was_no_utf8_where_it_was_read_can_be_written_all_the_same(text):
    event = events.ProgramStarted(t=1, host="client", pid=1, program=text, command=text)
    read = events.decode(events.encode(event))
    assert read.pid == 1
    assert read.program == read.command
    if text.isascii():
        assert read == event


def test_a_lone_surrogate_is_seen_as_a_replacement():
    assert events.decode(events.encode(events.Marked(t=0, text="a\udcffb"))).text == "a\ufffdb"
    assert events.decode(events.encode(events.Marked(t=0, text="\ud83d\ude00"))).text == "😀"
