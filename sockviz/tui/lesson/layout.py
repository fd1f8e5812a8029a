"""What a lesson's panel says, row by row, in the room that there is: nothing is cut. Pure.

The three-way handshake ━━━━━━━━━━━━━━━──────────────────────────── 2/6 predict
▌ What leaves the client first?

   1  A segment without any data: SYN
   2  The first bytes of its request
   3  Nothing, before the server calls accept()
"""

from collections.abc import Iterator
from enum import StrEnum
from itertools import product
from typing import Final, NamedTuple, TypeAlias

import msgspec
from msgspec.structs import replace

from sockviz.lessons.scene import Answered, Option, Phase, Prediction, Scene, Summary, options
from sockviz.lessons.schema import Lesson
from sockviz.lessons.text import Language, Text
from sockviz.tui.lesson import words
from sockviz.tui.render.canvas import fit, width_of
from sockviz.tui.render.prose import Line, fold, plain

_INDENT: Final = 3
"""Cells before what is told: a mark, and a blank at both sides of it."""
_MARGIN: Final = 2
"""Cells after it."""
_NUMBER: Final = 4
"""Cells of an answer's number, and the blank after it."""
_PROBLEMS: Final = 3
"""Problems that are told of at once."""
_LINES: Final = 2
"""Lines of what was expected, and of what was."""


LADDER: Final = 4
"""Rows that the transport bar and what is below it need, to be of any use."""
HOSTS: Final = {False: 13, True: 9}
"""Rows of the hosts; True: on a small terminal."""
_CAPTION: Final = {False: 2, True: 3}
"""Rows of the caption, in free play; True: on a projector."""
_BUTTONS: Final = 4
"""Rows of the stage's buttons, in free play."""


class Ink(StrEnum):
    """What a piece of text is; its style is the widget's own."""

    TEXT = "text"
    CODE = "code"
    DIM = "dim"
    STRONG = "strong"
    STRESSED = "stressed"
    KEY = "key"
    GOOD = "good"
    BAD = "bad"
    WARN = "warn"
    BAR = "bar"
    RULE = "rule"
    POINTER = "pointer"


Part: TypeAlias = tuple[str, Ink]


class Row(NamedTuple):
    """A line of the panel."""

    parts: tuple[Part, ...] = ()
    answer: int | None = None
    """It stands for this answer, to be clicked."""

    @property
    def text(self) -> str:
        """The characters alone."""
        return "".join(text for text, _ in self.parts)


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What there is to tell."""

    lesson: Lesson
    scene: Scene
    summary: Summary
    language: Language
    following: Lesson | None = None
    """The lesson after this one."""
    counters: tuple[tuple[str, str, int], ...] = ()
    """Those that are spoken of: host, name, value."""
    rebuilding: bool = False
    """Another lab is being built, in place of one that was."""

    def of(self, text: Text, **known: object) -> str:
        """In the language that was chosen."""
        told = text.of(self.language)
        return told.format(**known) if known else told


class Space(NamedTuple):
    """Rows for the panel."""

    wanted: int
    """So many leave something else its place."""
    most: int


def room_for(scene: Scene, height: int, *, large: bool, tabs: bool) -> Space:
    """The panel's rows on a screen of `height`; `large`: on a projector, `tabs`: on a small terminal."""
    # Status line (but where everything is large and small), notice, the lesson's buttons.
    room = height - (not (large and tabs)) - 2
    if scene.free:
        room -= _BUTTONS + _CAPTION[large]
    elif scene.phase is Phase.DONE:
        return Space(room, room)
    most = room - HOSTS[tabs]
    asked = scene.question is not None and tabs and not scene.free
    return Space(most if large or asked else most - LADDER, most)


class Fit(NamedTuple):
    """A way to save room."""

    rows: int
    """At most."""
    few: bool
    """Of the answers of a verdict only the one that was given and the true one."""
    airy: int
    """1: blank rows between the parts; 2: and between the answers."""


def panel(told: Told, width: int, *, rows: int, most: int) -> list[Row]:
    """The panel in `width` cells: in `rows` rows, if nothing has to be left out for that, else up to `most`.

    The last way is the tightest; what is longer even so (no lesson of the course is) ends with `…`.
    """
    head = title(told, width)
    made: list[Row] = []
    for few, limit, airy in product((False, True), (rows, most), (2, 1, 0)):
        made = [head, *_body(told, width, Fit(limit - 1, few, airy)), *([Row()] if airy else [])]
        if len(made) <= limit:
            return made
    return [*made[: most - 1], Row((("   …", Ink.DIM),))]


def tallest(told: Told, width: int, *, rows: int, most: int) -> int:
    """Rows of the tallest panel of the step that is shown: whatever it says, and whatever is predicted."""
    step, scene = told.scene.step, told.scene
    known = [scene]
    for phase, text in ((Phase.SAY, step.say), (Phase.EXPLAIN, step.explain)):
        if text is not None:
            known.append(replace(scene, phase=phase, text=text, question=None, options=()))
    for index, choice in enumerate(step.ask.choices if step.ask is not None else ()):
        made = Prediction(index, int(not index))
        asked = replace(scene, phase=Phase.VERDICT, question=step.ask.question if step.ask else None)
        known.append(replace(asked, text=choice.wrong, options=options(step.ask, made)))
    return max(len(panel(replace(told, scene=one), width, rows=rows, most=most)) for one in known)


def title(told: Told, width: int) -> Row:
    """The lesson's title, how far it has come, and what is to be done now."""
    scene = told.scene
    name = f" {plain(told.of(told.lesson.title))} "
    word = told.of(words.FREE if scene.free else words.PHASES[scene.phase])
    step = f" {min(scene.number, scene.count)}/{scene.count} "
    room = width - width_of(name) - width_of(step) - width_of(word) - 3
    if room < 0:
        word, room = "", room + width_of(word) + 3
    done = scene.count if scene.phase is Phase.DONE else scene.number - 1
    full = max(room, 0) * done // scene.count
    tail: tuple[Part, ...] = ((f" {word} ", Ink.KEY), (" ", Ink.DIM)) if word else ()
    return Row((
        (name, Ink.STRONG),
        ("━" * full, Ink.BAR),
        ("─" * (max(room, 0) - full), Ink.RULE),
        (step, Ink.STRONG),
        *tail,
    ))  # fmt: skip


def _body(told: Told, width: int, how: Fit) -> Iterator[Row]:
    scene = told.scene
    if scene.free:
        yield from _paragraph(told.of(words.FREELY), width, Ink.WARN)
        return
    match scene.phase:
        case Phase.STARTING:
            text = words.REBUILDING if told.rebuilding or scene.number > 1 else words.BUILDING
            yield from _paragraph(told.of(text, number=scene.number), width, Ink.DIM)
        case Phase.DONE:
            yield from _end(told, width, how)
        case Phase.FAILED:
            yield from _failure(told, width, how)
        case Phase.VERDICT:
            yield from _question(told, width, how)
            yield from _gap(how)
            yield from _verdict(told, width)
            yield from _counters(told, width)
        case _ if scene.question is not None:
            yield from _question(told, width, how)
            yield from _waiting(told, width, how)
        case Phase.EXPLAIN:
            yield from _paragraph(_said(told, scene.text), width, Ink.GOOD)
            yield from _counters(told, width)
        case _:
            yield from _paragraph(_said(told, scene.text), width, Ink.BAR)
            yield from _counters(told, width)
            yield from _waiting(told, width, how)


def _gap(how: Fit) -> Iterator[Row]:
    if how.airy:
        yield Row()


def _said(told: Told, text: Text | None) -> str:
    return told.of(text) if text is not None else ""


def _paragraph(text: str, width: int, mark: Ink, ink: Ink = Ink.TEXT) -> Iterator[Row]:
    """A text with a bar beside it."""
    for line in fold(text, width - _INDENT - _MARGIN) if text else []:
        yield Row(((" ▌ ", mark), *_inked(line, ink)))


def _inked(line: Line, ink: Ink) -> Iterator[Part]:
    for piece in line:
        yield piece.text, Ink.CODE if piece.code else Ink.STRESSED if piece.stressed else ink


# questions, answers, verdicts


def _question(told: Told, width: int, how: Fit) -> Iterator[Row]:
    scene = told.scene
    yield from _paragraph(_said(told, scene.question), width, Ink.WARN, Ink.STRONG)
    yield from _gap(how)
    for index, option in enumerate(scene.options):
        if how.few and not (option.chosen or option.true):
            continue
        if index and how.airy > 1:
            yield Row()
        yield from _option(told, index, option, width)


def _option(told: Told, index: int, option: Option, width: int) -> Iterator[Row]:
    """An answer: its number, and a sign before it if something is known of it."""
    asked = told.scene.phase is Phase.ASK
    if option.true:
        sign, mark, ink = "✓", Ink.GOOD, Ink.STRONG
    elif option.chosen:
        sign, mark, ink = ("▸", Ink.STRONG, Ink.STRONG) if option.true is None else ("✗", Ink.BAD, Ink.TEXT)
    else:
        sign, mark, ink = " ", Ink.DIM, Ink.TEXT if asked else Ink.DIM
    answer = index if asked else None
    for at, line in enumerate(fold(told.of(option.text), width - _INDENT - _NUMBER)):
        number = (f" {index + 1} ", Ink.KEY if asked else mark)
        head: tuple[Part, ...] = ((f" {sign} ", mark), number, (" ", ink))
        if at:
            head = ((" " * (_INDENT + _NUMBER), ink),)
        yield Row((*head, *_inked(line, ink), *_yours(told, option, width, line)), answer)


def _yours(told: Told, option: Option, width: int, line: Line) -> Iterator[Part]:
    """Whose answer it is, in words, if there is room for them."""
    text = f"  ← {told.of(words.YOURS)}"
    if option.chosen and width_of(line.text) + width_of(text) <= width - _INDENT - _NUMBER:
        yield text, Ink.DIM


def _verdict(told: Told, width: int) -> Iterator[Row]:
    if told.scene.text is None:
        yield from _paragraph(told.of(words.RIGHT), width, Ink.GOOD, Ink.STRONG)
        return
    blank = "" if told.language == "zh" else " "
    yield from _paragraph(f"{told.of(words.WRONG)}{blank}{told.of(told.scene.text)}", width, Ink.BAD)


def _counters(told: Told, width: int) -> Iterator[Row]:
    """The stage has no place for them: they are pointed at here."""
    if told.counters:
        text = "  ".join(f"{name} = {value} ({host})" for host, name, value in told.counters)
        yield Row(((" ▶ ", Ink.POINTER), (" ", Ink.DIM), (fit(text, width - _INDENT - _MARGIN), Ink.CODE)))


def _waiting(told: Told, width: int, how: Fit) -> Iterator[Row]:
    """While it happens."""
    if told.scene.phase not in (Phase.DO, Phase.EXPECT):
        return
    yield from _gap(how)
    what = plain(told.of(told.scene.waiting)) if told.scene.waiting else ""
    text = told.of(words.WAITING) + (f" ({what})" if what else "")
    yield Row(((" ◷ ", Ink.WARN), (fit(text, width - _INDENT - _MARGIN), Ink.DIM)))


def _failure(told: Told, width: int, how: Fit) -> Iterator[Row]:
    """What was expected, and what was."""
    problems = told.scene.problems
    yield from _paragraph(told.of(words.UNEXPECTED), width, Ink.BAD, Ink.STRONG)
    labels = [told.of(words.EXPECTED), told.of(words.HAD)]
    column = max(map(width_of, labels)) + 2
    shown = 1 if how.few else _PROBLEMS
    for problem in problems[:shown]:
        yield from _gap(how)
        for label, text in zip(labels, (problem.expected, problem.had), strict=True):
            pad = " " * (column - width_of(label))
            lines = fold(told.of(text).replace("`", "'"), width - _INDENT - _MARGIN - column)
            for at, line in enumerate(lines[:_LINES]):
                head: Part = (" " * column if at else label + pad, Ink.DIM)
                more = " …" if at == _LINES - 1 and len(lines) > _LINES else ""
                yield Row((("   ", Ink.DIM), head, (line.text[:-2] + more if more else line.text, Ink.TEXT)))
    if len(problems) > shown:
        more = told.of(words.MORE_PROBLEMS, count=len(problems) - shown)
        yield Row((("   ", Ink.DIM), (more, Ink.DIM)))
    yield from _gap(how)
    yield from _paragraph(told.of(words.AFTER_FAILURE), width, Ink.BAR)


# the end


def _end(told: Told, width: int, how: Fit) -> Iterator[Row]:
    """How it went, and what comes next."""
    summary = told.summary
    yield from _paragraph(told.of(words.FINISHED), width, Ink.GOOD, Ink.STRONG)
    if summary.asked:
        text = told.of(words.PREDICTED, right=summary.right, count=summary.asked)
        yield from _paragraph(text, width, Ink.GOOD, Ink.STRONG)
    wrong = [one for one in summary.predictions if not one.right]
    if wrong:
        yield from _gap(how)
        yield from _paragraph(told.of(words.BELIEFS), width, Ink.BAR)
        for one in wrong:
            yield from _belief(told, one, width, how)
    if summary.problems:
        yield from _gap(how)
        text = told.of(words.FAILED_STEPS, count=len(summary.problems))
        yield from _paragraph(text, width, Ink.BAD)
    yield from _gap(how)
    yield from _following(told, width, how)


def _belief(told: Told, one: Answered, width: int, how: Fit) -> Iterator[Row]:
    """What was believed, and what is so."""
    room = width - 2 * _INDENT - _MARGIN
    false = told.of(one.belief if one.belief is not None else one.chosen)
    true = told.of(one.true)
    question = "" if how.few else f"{told.of(one.question)} → "
    told_of = (("✗", Ink.BAD, false, Ink.TEXT), ("✓", Ink.GOOD, question + true, Ink.STRONG))
    for sign, mark, text, ink in told_of:
        for at, line in enumerate(fold(text, room)):
            head = " " * 2 * _INDENT if at else f"   {sign}  "
            yield Row(((head, mark), *_inked(line, ink)))


def _following(told: Told, width: int, how: Fit) -> Iterator[Row]:
    lesson = told.following
    if lesson is None:
        yield from _paragraph(told.of(words.ALONE), width, Ink.BAR)
        return
    text = told.of(words.NEXT, title=told.of(lesson.title), minutes=lesson.minutes)
    yield Row(((" ▌ ", Ink.BAR), (" Enter ", Ink.KEY), (f" {plain(text)}", Ink.STRONG)))
    if not how.few:
        yield from _paragraph(told.of(lesson.summary), width, Ink.BAR, Ink.DIM)
