"""What the panel says when a kernel did something else, and at the end of the lesson. Pure."""

from collections.abc import Iterator
from typing import Final

from sockviz.lessons.scene import Answered
from sockviz.tui.lesson import words
from sockviz.tui.lesson.rows import INDENT, MARGIN, Fit, Ink, Part, Row, Told, gap, inked, marked, paragraph
from sockviz.tui.render.canvas import width_of
from sockviz.tui.render.prose import fold, plain

_PROBLEMS: Final = 3
"""Problems that are told of at once."""
_LINES: Final = 2
"""Lines of what was expected, and of what was."""


def failure(told: Told, width: int, how: Fit) -> Iterator[Row]:
    """What was expected, and what was."""
    problems = told.scene.problems
    yield from paragraph(told.of(words.UNEXPECTED), width, Ink.BAD, Ink.STRONG)
    labels = [told.of(words.EXPECTED), told.of(words.HAD)]
    column = max(map(width_of, labels)) + 2
    shown = 1 if how.few else _PROBLEMS
    for problem in problems[:shown]:
        yield from gap(how)
        for label, text in zip(labels, (problem.expected, problem.had), strict=True):
            pad = " " * (column - width_of(label))
            lines = fold(told.of(text).replace("`", "'"), width - INDENT - MARGIN - column)
            for at, line in enumerate(lines[:_LINES]):
                head: Part = (" " * column if at else label + pad, Ink.DIM)
                more = " …" if at == _LINES - 1 and len(lines) > _LINES else ""
                yield Row((("   ", Ink.DIM), head, (line.text[:-2] + more if more else line.text, Ink.TEXT)))
    if len(problems) > shown:
        more = told.of(words.MORE_PROBLEMS, count=len(problems) - shown)
        yield Row((("   ", Ink.DIM), (more, Ink.DIM)))
    yield from gap(how)
    yield from paragraph(told.of(words.AFTER_FAILURE), width, Ink.BAR)


def ending(told: Told, width: int, how: Fit) -> Iterator[Row]:
    """How it went, and what comes next."""
    summary = told.summary
    yield from paragraph(told.of(words.FINISHED), width, Ink.GOOD, Ink.STRONG)
    if summary.asked:
        text = told.of(words.PREDICTED, right=summary.right, count=summary.asked)
        yield from paragraph(text, width, Ink.GOOD, Ink.STRONG)
    wrong = [one for one in summary.predictions if not one.right]
    if summary.asked and summary.right == summary.asked:
        yield from paragraph(told.of(words.ALL_RIGHT), width, Ink.GOOD)
    if wrong:
        yield from gap(how)
        yield from paragraph(told.of(words.BELIEFS), width, Ink.BAR)
        for one in wrong:
            yield from _belief(told, one, width, how)
    if summary.problems:
        yield from gap(how)
        text = told.of(words.FAILED_STEPS, count=len(summary.problems))
        yield from paragraph(text, width, Ink.BAD)
    yield from gap(how)
    yield from _following(told, width, how)


def _belief(told: Told, one: Answered, width: int, how: Fit) -> Iterator[Row]:
    """What was believed, and what is so."""
    room = width - 2 * INDENT - MARGIN
    false = told.of(one.belief if one.belief is not None else one.chosen)
    true = told.of(one.true)
    question = "" if how.few else f"{told.of(one.question)} → "
    told_of = (("✗", Ink.BAD, false, Ink.TEXT), ("✓", Ink.GOOD, question + true, Ink.STRONG))
    for sign, mark, text, ink in told_of:
        for at, line in enumerate(fold(text, room)):
            head = "   ", " " if at else sign, "  "
            yield Row(((head[0], Ink.DIM), (head[1], mark), (head[2], Ink.DIM), *inked(line, ink)))


def _following(told: Told, width: int, how: Fit) -> Iterator[Row]:
    lesson = told.following
    if lesson is None:
        yield from paragraph(told.of(words.ALONE), width, Ink.BAR)
        return
    text = told.of(words.NEXT, title=told.of(lesson.title), minutes=lesson.minutes)
    yield Row((*marked("▌", Ink.BAR), (" Enter ", Ink.KEY), (f" {plain(text)}", Ink.STRONG)))
    if not how.few:
        yield from paragraph(told.of(lesson.summary), width, Ink.BAR, Ink.DIM)
