"""What is said of facts and of waiting: each phrase that the code says is there, with the same parts."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from sockviz import lessons
from sockviz.lessons.phrases import CHINESE, joined, plain, said, word
from sockviz.lessons.text import Text

SOURCES = sorted(Path(lessons.__file__).parent.rglob("*.py"))
SAYING = {"said", "same", "quoted", "flag", "amount", "each"}
"""Functions whose first argument is a phrase."""


def phrases(source: str) -> Iterator[str]:
    """The phrases that are written down in a module."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and node.args:
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if name in SAYING:
                first = node.args[0]
                options = (first.body, first.orelse) if isinstance(first, ast.IfExp) else (first,)
                yield from (one.value for one in options if isinstance(one, ast.Constant) and one.value)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_each_phrase_has_its_chinese(path: Path) -> None:
    assert [phrase for phrase in phrases(path.read_text(encoding="utf-8")) if phrase not in CHINESE] == []


def test_the_phrases_are_found() -> None:
    """The test above looks at something."""
    assert sum(len(list(phrases(path.read_text(encoding="utf-8")))) for path in SOURCES) > 80


@pytest.mark.parametrize("english", CHINESE)
def test_both_languages_have_the_same_parts(english: str) -> None:
    assert sorted(re.findall(r"\{\w+\}", english)) == sorted(re.findall(r"\{\w+\}", CHINESE[english]))


def test_phrases_in_phrases() -> None:
    told = said("{subject}: {checks}", subject=said("connection {number}", number=2), checks=word("none"))
    assert told == Text(en="connection 2: none", zh="连接 2\uff1a无")
    assert joined((plain("a"), word("yes")), ", ") == Text(en="a, yes", zh="a\uff0c是")
    assert word("SYN_RECV") == plain("SYN_RECV")
