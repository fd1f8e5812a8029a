"""Hints for who wrote a lesson that is refused: what is often mistyped, or in the wrong table. Pure."""

import re
from typing import Final

from msgspec.structs import fields

from sockviz.lessons.schema import Step
from sockviz.lessons.words import Flaw

_QUOTED: Final = r'"(?:\\.|[^"\\])*"'
_STEP: Final = 2
"""A step's path: `("step", 3)`."""


def slip(text: str, number: int) -> str:
    """What was probably meant by a line that is not TOML."""
    lines = text.splitlines()
    line = lines[number - 1] if number <= len(lines) else ""
    if re.search("[“”‘’＂＝｛｝［］，]", re.sub(_QUOTED, "", line)):  # noqa: RUF001 - that is the point
        return "quotes, brackets, commas and = have to be the plain ones of the keyboard"
    if re.search(r"^\s*\[(step|steps|step\.ask\.choices)\]|^\s*\[\[steps", text, re.MULTILINE):
        return "each step begins with [[step]], each of its answers with [[step.ask.choices]]"
    if re.match(r"\s*[\w.-]+\s*:", line):
        return "a field is written name = value"
    if "{" in line or "[" in line:
        return 'a { … } stands on one line, with no comma at its end; a " within a text is written \\"'
    return ""


def misplaced(flaw: Flaw) -> str:
    """Where a field that stands in the wrong table belongs."""
    if flaw.key is None or flaw.path[:1] != ("step",):
        return ""
    if flaw.key in ("choices", "question") and len(flaw.path) == _STEP:
        return "the question stands in [step.ask], each answer in [[step.ask.choices]]"
    if flaw.path[_STEP : _STEP + 1] == ("ask",) and flaw.key in {one.name for one in fields(Step)}:
        return f"{flaw.key!r} belongs to the step: write it above [step.ask]"
    return ""
