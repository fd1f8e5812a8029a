"""The words of lessons: every example is valid, and the reference tells all of them."""

import re
import shlex
import tomllib
from pathlib import Path

import msgspec
import pytest
from command import run
from lesson_texts import lesson, step

from sockviz import arguments
from sockviz.lessons import catalogue, reference
from sockviz.lessons.actions import ACTIONS, Action
from sockviz.lessons.facts import FACTS, Fact
from sockviz.lessons.loading import parse
from sockviz.lessons.points import POINTS, Point
from sockviz.lessons.scene import Phase
from sockviz.lessons.words import Word, value

WORDS = {Action: ACTIONS, Fact: FACTS, Point: POINTS}


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        pytest.param(kind, word, id=f"{vocabulary.kind} {word.KEY}")
        for kind, vocabulary in WORDS.items()
        for word in vocabulary.words.values()
    ],
)
def test_a_word(kind: type[Word], word: type[Word]) -> None:
    """Its key is its first field, it is told in a sentence, each field too, and its examples are of it."""
    fields = msgspec.structs.fields(word)
    assert fields[0].encode_name == word.KEY
    assert word.__doc__
    assert word.__doc__.splitlines()[0].endswith(".")
    assert word.EXAMPLES
    for example in word.EXAMPLES:
        read = value(tomllib.loads(f"x = {example}")["x"], kind, ())
        assert type(read) is word
        assert read == value(tomllib.loads(f"x = {example}")["x"], kind, ())
    for field in fields:
        assert field.type.__metadata__[0].description, field.name


def test_the_reference_is_up_to_date() -> None:
    """`python -m sockviz.lessons.reference sockviz/lessons/REFERENCE.md`."""
    assert reference.COPY.read_text(encoding="utf-8") == reference.reference()


def test_the_reference_tells_every_word_and_field() -> None:
    text = reference.reference()
    for vocabulary in WORDS.values():
        for word in vocabulary.words.values():
            section = text.partition(f"### `{word.KEY}`\n")[2].partition("\n### ")[0]
            assert section, word
    for line in text.splitlines():
        assert line.isprintable()


def test_the_guide_s_lesson_is_complete(lab: None, tmp_path) -> None:
    """What somebody begins with runs as it stands."""
    example = reference.GUIDE.read_text(encoding="utf-8").partition("```toml\n")[2].partition("```")[0]
    assert len(parse(example).step) == 1
    path = tmp_path / "my.toml"
    path.write_text(example, encoding="utf-8")
    done = run("lesson", str(path), "--headless", "--lang", "en")
    assert done.returncode == 0, done.stderr
    assert "ok  refused: An error, at once" in done.stderr


TEACHING = Path(reference.__file__).parent / "TEACHING.md"
"""The page for teachers."""


def test_the_teachers_lesson_is_complete(lab: None, tmp_path: Path) -> None:
    """What the page says can be done with the file, as it stands there."""
    page = TEACHING.read_text(encoding="utf-8")
    example = page.partition("```toml\n")[2].partition("```")[0]
    path = tmp_path / "greeting.toml"
    path.write_text(example, encoding="utf-8")
    assert run("lesson", "--check", str(path)).returncode == 0
    done = run("lesson", str(path), "--headless", "--lang", "en")
    assert done.returncode == 0, done.stderr
    assert "ok  waiting: It blocks" in done.stderr
    assert "ok  greeted" in done.stderr


def test_the_teachers_page_names_what_there_is() -> None:
    """Lessons, none before what it builds upon, steps, commands, files."""
    page = TEACHING.read_text(encoding="utf-8")
    for line in re.findall(r"^sockviz\b[^\n#]*", page, re.MULTILINE):
        arguments.parse(shlex.split(line)[1:])
    for link in re.findall(r"\]\(([^)]+)\)", page):
        assert (TEACHING.parent / link).exists()
    term = [row.split("|")[2] for row in re.findall(r"^\| [0-9] \|.*$", page, re.MULTILINE)]
    planned = re.findall(r"`([a-z0-9-]+)`", "".join(term))
    assert sorted(planned) == sorted(catalogue.names())
    for one in catalogue.course():
        assert all(planned.index(before) < planned.index(one.id) for before in one.prerequisites)
    hour = re.findall(r"^\| [0-9]+ \| `([a-z0-9-]+)`(?:: (.*?))? \|", page, re.MULTILINE)
    assert len(hour) == 5
    for name, steps in hour:
        there = {step.id for step in catalogue.find(name).step}
        assert set(re.findall(r"`([a-z0-9-]+)`", steps)) <= there


def test_the_guide_tells_the_phases_in_order() -> None:
    order = [phase for phase in Phase if phase.value in ("say", "ask", "do", "expect", "explain")]
    guide = reference.GUIDE.read_text(encoding="utf-8")
    places = [guide.index(f"`{phase.value}`") for phase in order]
    assert places == sorted(places)


def test_a_lesson_may_say_everything_at_once() -> None:
    facts = ", ".join(word.EXAMPLES[0] for word in FACTS.words.values())
    points = ", ".join(word.EXAMPLES[0] for word in POINTS.words.values())
    actions = [word.EXAMPLES[0] for word in ACTIONS.words.values() if word.KEY != "again"]
    actions.sort(key=lambda example: "start" not in example)
    found = lesson(
        step(
            "one",
            'say = { en = "a", zh = "b" }',
            f"do = [{', '.join(actions)}]",
            f"expect = [{facts}]",
            f"point = [{points}]",
        )
    )
    assert len(found.step[0].do) == len(ACTIONS.words) - 1
    assert len(found.step[0].expect) == len(FACTS.words)
