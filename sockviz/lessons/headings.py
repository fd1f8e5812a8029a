"""What is said of the course's lessons before one is chosen, without reading what is in their steps.

A list of two dozen lessons is there in a tenth of the time that it takes to check each word of them. Reads
files of the course, and nothing else; anybody's own are `sockviz.lessons.loading`'s.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from sockviz.lessons.text import LANGUAGES, Text, folded


class Heading(msgspec.Struct, frozen=True, kw_only=True):
    """A lesson, as a list of lessons has it. Its fields are those of `sockviz.lessons.schema.Lesson`."""

    id: str
    title: Text
    summary: Text
    minutes: int
    prerequisites: tuple[str, ...] = ()
    steps: tuple[str, ...]
    """Their ids, in order."""
    choices: Mapping[str, int]
    """Step with a question → how many answers there are to choose from."""


def heading(path: Path) -> Heading:
    """What is said of the lesson in a file of the course."""
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    steps: list[dict[str, Any]] = data["step"]
    return Heading(
        id=data["id"],
        title=_text(data["title"]),
        summary=_text(data["summary"]),
        minutes=data["minutes"],
        prerequisites=tuple(data.get("prerequisites", ())),
        steps=tuple(step["id"] for step in steps),
        choices={step["id"]: len(step["ask"]["choices"]) for step in steps if "ask" in step},
    )


def _text(given: Mapping[str, str]) -> Text:
    return Text(**{language: folded(given[language]) for language in LANGUAGES})
