"""The stage in another language: nothing is left in English, nothing in the catalogue is of no use."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import sockviz
from sockviz.lessons.text import LANGUAGES, Language
from sockviz.tui import hints, status
from sockviz.tui.actions import calls, client, guards, moments, server, views, wire
from sockviz.tui.actions.action import Group
from sockviz.tui.actions.registry import PROGRAMS, STAGE
from sockviz.tui.controls import inspector, tabs, welcome
from sockviz.tui.programs import hints as programs_hints
from sockviz.tui.screens import help as help_screen
from sockviz.tui.translation import ORIGINAL, entries, translated
from sockviz.world import beliefs, datagram_texts, guest_texts, settings, texts, timers
from sockviz.world.texts import Text

OTHERS = tuple(language for language in LANGUAGES if language != ORIGINAL)
SAME = {"accept", "backlog", "…"}
"""What is the same in every language, as the name of a call or of its argument."""
PLACE = re.compile(r"\{\w*\}")
SENTENCE = re.compile(r"[A-Za-z`#{][^\n]*[a-z{}`)] [^\n]*[.?…]$")
"""What is to be read by somebody, rather than a key or a name."""


PIECES = {
    "The {}'s {} {}: the {} knows nothing of it.",
    "waits on the wire, which holds it",
    "is on its way",
    "on its way",
    "{} {}",
}
"""Of sentences that are put together; the catalogue has the whole ones."""


def is_translated(text: str, language: Language) -> bool:
    return text in SAME or translated(text, language) != text


def strings(tree: ast.AST) -> Iterator[str]:
    """The texts of a module, with `{}` for what is filled in; without its docstrings."""
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    documents = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
        elif (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in inside | documents
        ):
            yield PLACE.sub("{}", node.value)


def of_module(module: ModuleType) -> list[str]:
    return list(strings(ast.parse(Path(str(module.__file__)).read_text())))


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("action", [*STAGE, *PROGRAMS], ids=lambda action: action.id)
def test_every_action_has_its_words(action, language):
    for text in (action.label, action.short or action.label, action.help):
        assert is_translated(text, language), text


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("module", [texts, datagram_texts, guest_texts], ids=lambda module: module.__name__)
def test_every_sentence_of_the_world_is_told(module, language):
    known = entries(language)
    told = [one for one in vars(module).values() if isinstance(one, Text)]
    assert told
    for text in told:
        assert text.template in known


@pytest.mark.parametrize("language", OTHERS)
def test_every_clause_is_told(language):
    clauses = [
        *texts.ERRORS.values(),
        texts.EPIPE_AFTER_RST,
        datagram_texts.REFUSED,
        *(f" {meaning}" for meaning in settings.MEANINGS.values()),
        *(text for text in of_module(beliefs) if " " in text and text not in PIECES),
        *(text for text in of_module(timers) if " " in text),
        *(group.value for group in Group if group is not Group.TIME),
        *help_screen.ABOUT.values(),
        *tabs.TITLES.values(),
        *status.SEES.values(),
        inspector.KEYS,
        *(
            what
            for lines in (welcome.HELD, welcome.FLOWING, welcome.REPLAYED)
            for _, what in lines
            if " " in what
        ),
    ]
    missing = [text for text in clauses if not is_translated(text.replace("{}", "x"), language)]
    assert not missing


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize(
    "module",
    [guards, hints, programs_hints, calls, client, moments, server, views, wire],
    ids=lambda module: module.__name__,
)
def test_every_reason_and_hint_is_told(module, language):
    sentences = [text for text in of_module(module) if SENTENCE.match(text)]
    missing = [text for text in sentences if not is_translated(text.replace("{}", "x"), language)]
    assert not missing


@pytest.mark.parametrize("language", OTHERS)
def test_what_is_filled_in_is_the_same_in_both(language):
    for text, said in entries(language).items():
        assert set(PLACE.findall(said)) == set(PLACE.findall(text)), text


@pytest.mark.parametrize("language", OTHERS)
def test_each_form_is_known_again(language):
    """No other form takes it for its own."""
    for text, said in entries(language).items():
        filled = PLACE.sub("●7", text)
        assert translated(filled, language) == PLACE.sub("●7", said), text


@pytest.mark.parametrize("language", OTHERS)
def test_no_entry_is_of_something_that_nobody_says(language):
    said = {
        one
        for folder in ("tui", "world", "session", "tcp", "engine", "guests")
        for path in (Path(sockviz.__file__).parent / folder).rglob("*.py")
        for one in strings(ast.parse(path.read_text()))
    }
    unused = [text for text in entries(language) if not known_from(PLACE.sub("{}", text), said)]
    assert not unused


def known_from(shape: str, said: set[str]) -> bool:
    """It is what the code says, or is put together of that."""
    if shape in said or shape.strip() in said:
        return True
    pieces = [piece.strip(" …()·≠") for piece in shape.split("{}")]
    whole = all(any(piece in one for one in said) for piece in pieces)
    return whole or any(re.fullmatch(form, shape) for form in TOGETHER)


TOGETHER = (
    r".* in \{\}",  # a timer, and how long it still takes
    "accept (auto|manual|never)",
    "the (client|server)'s end",
    "the accept queue is full|the SYN queue is full",  # a cause without its numbers
    r"The \{\}'s \{\} (waits on the wire, which holds it|is on its way): the \{\} knows nothing of it\.",
    "Python and C",
    "as (client|server)",
    r"\{\} only one",
    "port unreachable",
)


def test_what_stands_in_a_place_is_translated_too():
    cause = "the accept queue is full: 3 waiting, limit 3"
    text = texts.ACK_DROPPED.template.format(c="#2", cause=cause)
    assert translated(text, "zh") == (
        "#2：最后的 ACK 被忽略，因为全连接队列已满：3 个在等，上限 3。"  # noqa: RUF001 - Chinese
        "客户端以为自己已是 ESTABLISHED；服务器仍是 SYN_RECV。"  # noqa: RUF001
    )


def test_what_is_not_known_is_shown_as_it_is():
    for text in ("", "SYN_RECV", "10.0.0.1:8001", "a sentence of somebody else's"):
        assert translated(text, "zh") == text


def test_english_is_not_looked_up():
    assert translated("next segment", "en") == "next segment"
