"""The texts of the course: Chinese as it is set, and nothing that only one language has."""

import re
from collections.abc import Iterator

import msgspec
import pytest

from sockviz.lessons import catalogue
from sockviz.lessons.text import Text

HAN = "\u4e00-\u9fff"
FLAWS = {
    "ASCII punctuation beside a Chinese character": rf"[{HAN}][,;:!?()]|[,;:!?()][{HAN}]",
    "no space between Chinese and Latin": rf"[{HAN}][A-Za-z0-9]|[A-Za-z0-9][{HAN}]",
    "a space beside Chinese punctuation": "[，。；：！？、（）] | [，。；：！？、（）]",  # noqa: RUF001
    "a straight quote": "[\"']",
}


def texts(part: object) -> Iterator[Text]:
    """Every text in a lesson."""
    if isinstance(part, Text):
        yield part
    elif isinstance(part, tuple):
        for one in part:
            yield from texts(one)
    elif isinstance(part, msgspec.Struct):
        for name in part.__struct_fields__:
            yield from texts(getattr(part, name))


def code(text: str) -> list[str]:
    """What stands in backquotes."""
    return sorted(set(re.findall("`([^`]*)`", text)))


@pytest.mark.parametrize("name", catalogue.names())
@pytest.mark.parametrize("flaw", FLAWS)
def test_chinese_is_set_as_chinese(name: str, flaw: str) -> None:
    for text in texts(catalogue.find(name)):
        told = re.sub("`[^`]*`", "X", text.zh)
        found = re.search(FLAWS[flaw], told)
        assert not found, f"{told!r}: {found and found[0]!r}"


@pytest.mark.parametrize("name", catalogue.names())
def test_backquotes_are_closed(name: str) -> None:
    for text in texts(catalogue.find(name)):
        for told in (text.en, text.zh):
            assert told.count("`") % 2 == 0, told
            assert told.count("*") % 2 == 0, told
            assert all(one.strip() == one and one for one in code(told)), told


@pytest.mark.parametrize("name", catalogue.names())
def test_every_step_has_something_to_say_to_who_presents_it_or_is_short(name: str) -> None:
    """There are notes for the lesson, and for one of its steps at least."""
    lesson = catalogue.find(name)
    assert lesson.notes is not None
    assert any(step.notes for step in lesson.step)
