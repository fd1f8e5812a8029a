"""`sockviz lesson ID --notes` without a screen: the presenter's notes as plain text."""
# ruff: noqa: RUF001 - Chinese has punctuation of its own

import asyncio
import sys
from collections.abc import Iterator, Sequence
from typing import Final

from sockviz import loop
from sockviz.lessons.catalogue import find
from sockviz.lessons.notes import Kind, Note, of_lesson, of_step
from sockviz.lessons.schema import Lesson
from sockviz.lessons.text import Language, Text, columns
from sockviz.rehearsal import Rehearsal
from sockviz.tui.render.prose import fold

WIDTH: Final = 80
_LABEL: Final = 9
"""Columns for what stands before a paragraph."""
_PLAYING: Final = Text(
    en="{title}: playing it once, to see what this kernel answers …",
    zh="{title}：先自动运行一遍，看这个内核如何回答……",
)
_UNKNOWN: Final = Text(en="the answers are not known: {reason}", zh="答案未知：{reason}")


def print_notes(name: str, language: Language) -> int:
    """Print the notes of a lesson, after it was played once; returns the exit status.

    Raises:
        UserError: there is no such lesson, or it is wrong.
    """
    lesson = find(name)
    loop.say([_PLAYING.of(language).format(title=lesson.title.of(language))])
    rehearsal = Rehearsal(lesson)
    try:
        asyncio.run(rehearsal.play())
    finally:
        rehearsal.kill()
    if rehearsal.complaint:
        loop.say([_UNKNOWN.of(language).format(reason=rehearsal.complaint)])
    sys.stdout.write("".join(f"{line}\n" for line in printed(lesson, language, rehearsal.answers)))
    return 0


def printed(lesson: Lesson, language: Language, answers: dict[str, int]) -> Iterator[str]:
    """The lines."""
    yield f"{lesson.id}: {lesson.title.of(language)}"
    yield ""
    yield from paragraphs(of_lesson(lesson, language))
    for number, step in enumerate(lesson.step, 1):
        head = f"── {number}/{len(lesson.step)} {step.id} "
        yield ""
        yield head + "─" * (WIDTH - columns(head))
        yield from paragraphs(of_step(step, language, answers.get(step.id)))


def paragraphs(notes: Sequence[Note], width: int = WIDTH) -> Iterator[str]:
    """Notes as lines."""
    for note in notes:
        indent = _LABEL + (3 if note.kind is Kind.WHY_NOT else 0)
        for at, line in enumerate(fold(note.text, width - indent)):
            label = note.label if at == 0 else ""
            yield (label + " " * (indent - columns(label)) + line.text).rstrip()
