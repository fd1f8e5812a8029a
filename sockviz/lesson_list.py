"""`sockviz lesson --list`: the course, for people and for programs. Imports no more than that takes."""

import json
import sys
from typing import Final

from sockviz.lessons.catalogue import headings
from sockviz.lessons.headings import Heading
from sockviz.lessons.text import Language, Text

_MINUTES: Final = Text(en="{minutes} min", zh="{minutes} 分钟")


def print_list(language: Language, *, as_json: bool) -> int:
    """Print the lessons of the course, in order; returns the exit status."""
    lessons = headings()
    if as_json:
        told = [_as_json(lesson, language) for lesson in lessons]
        sys.stdout.write(json.dumps(told, ensure_ascii=False, indent=1) + "\n")
        return 0
    width = max(len(lesson.id) for lesson in lessons)
    for number, lesson in enumerate(lessons, 1):
        title, summary = lesson.title.of(language), lesson.summary.of(language)
        minutes = _MINUTES.of(language).format(minutes=lesson.minutes)
        sys.stdout.write(f"{number:>2}  {lesson.id.ljust(width)}  {title} ({minutes})\n")
        sys.stdout.write(f"{' ' * (width + 6)}{summary}\n")
    return 0


def _as_json(lesson: Heading, language: Language) -> dict[str, object]:
    return {
        "id": lesson.id,
        "title": lesson.title.of(language),
        "summary": lesson.summary.of(language),
        "minutes": lesson.minutes,
        "prerequisites": list(lesson.prerequisites),
        "steps": len(lesson.steps),
        "questions": len(lesson.choices),
    }
