"""Where a value stands in a TOML text: every path, on the right line."""

import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sockviz.lessons import catalogue, places
from sockviz.lessons.places import Path

TRICKY = '''\
# a comment with [brackets] and "quotes"
a = "text # with ] and } in it"   # and more
b.c."d e" = 1
long = """
several
lines with \\""" and # in them
"""
raw = \'\'\'
[[not]] a = header
\'\'\'
[table]
list = [
    { x = 1, y = "]" },  # comment ]
    { x = 2,
      y = [1, 2] },
]
[[step]]
id = "one"
[step.ask]
[[step.ask.choices]]
t = 1
[[step.ask.choices]]
t = 2
[[step]]
id = "two"
[[step.ask.choices]]
t = 3
'''


def paths(data: Any, path: Path = ()) -> Iterator[Path]:
    """Every path into `data`."""
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in items:
        yield (*path, key)
        yield from paths(value, (*path, key))


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("a",), 2),
        (("b", "c", "d e"), 3),
        (("long",), 4),
        (("raw",), 8),
        (("table", "list", 0), 13),
        (("table", "list", 0, "y"), 13),
        (("table", "list", 1, "x"), 14),
        (("table", "list", 1, "y", 1), 15),
        (("step", 0, "id"), 18),
        (("step", 0, "ask", "choices", 0, "t"), 21),
        (("step", 0, "ask", "choices", 1, "t"), 23),
        (("step", 1, "id"), 25),
        (("step", 1, "ask", "choices", 0), 26),
    ],
)
def test_tricky_texts(path: Path, line: int) -> None:
    assert places.lines(TRICKY)[path] == line


def test_what_is_missing_is_where_it_should_be() -> None:
    known = places.lines(TRICKY)
    assert places.line(known, ("step", 1, "say")) == 24
    assert places.line(known, ("step", 0, "ask", "choices", 1, "if", 2)) == 22
    assert places.line(known, ("nowhere",)) == 1
    assert places.line(known, ()) == 1


@pytest.mark.parametrize("name", catalogue.names())
def test_every_value_of_the_course_is_found(name: str) -> None:
    text = (catalogue.DATA / f"{name}.toml").read_text(encoding="utf-8")
    lines, known = text.splitlines(), places.lines(text)
    for path in paths(tomllib.loads(text)):
        own = [part for part in path if isinstance(part, str)]
        if path in known:
            assert own[-1] in lines[known[path] - 1] or isinstance(path[-1], int), path
        else:
            assert len(path) == 1 or path[-1] in {"ask", "choices", "step"}, path


@given(st.text(alphabet="ab=[]{}\"'#\n., \\1", max_size=60))
def test_it_ends_on_any_text(text: str) -> None:
    places.lines(text)
