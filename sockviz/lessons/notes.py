"""What somebody who presents a lesson wants to know, and the audience must not see: step by step. Pure.

What is right is not written down in a lesson: it is known once the lesson has been played (`answers`).
"""
# ruff: noqa: RUF001 - Chinese has punctuation of its own

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Final, get_args

import msgspec

from sockviz.lessons.actions import Wait
from sockviz.lessons.moment import Moment
from sockviz.lessons.names import Host
from sockviz.lessons.phrases import said, word
from sockviz.lessons.points import Point
from sockviz.lessons.schema import Choice, Lesson, Step
from sockviz.lessons.text import Language, Text


class Kind(StrEnum):
    """What a note is about."""

    HINT = "hint"
    SAY = "say"
    ASK = "ask"
    RIGHT = "right"
    WRONG = "wrong"
    OPEN = "open"
    """An answer of which it is not known yet whether it is right."""
    WHY_NOT = "why not"
    DO = "do"
    THEN = "then"
    SHOW = "show"
    EXPLAIN = "explain"


class Note(msgspec.Struct, frozen=True):
    """A paragraph."""

    kind: Kind
    text: str
    label: str = ""
    """Before it; empty: it belongs to the one before."""


_LABELS: Final = {
    Kind.HINT: Text(en="note", zh="提示"),
    Kind.SAY: Text(en="says", zh="讲"),
    Kind.ASK: Text(en="asks", zh="问"),
    Kind.DO: Text(en="does", zh="做"),
    Kind.THEN: Text(en="then", zh="之后"),
    Kind.SHOW: Text(en="show", zh="指出"),
    Kind.EXPLAIN: Text(en="why", zh="原因"),
}
_ANSWER: Final = {
    Kind.RIGHT: Text(en="RIGHT", zh="正确"),
    Kind.WRONG: Text(en="wrong", zh="错误"),
    Kind.OPEN: Text(en="?", zh="？"),
}
_BELIEF: Final = Text(en="The belief behind it: {belief}.", zh="背后的误解：{belief}。")
_AFTER: Final = Text(en="afterwards {points}", zh="之后：{points}")
_NOT_KNOWN: Final = re.compile(r" \(\w+ is not known\)|（\w+ 未知）|, made yes|，调用过=是")
"""What goes without saying before the lesson is played."""
_LISTENER: Final = Text(en="the listener", zh="监听套接字")
_BESIDE_CHINESE: Final = re.compile(r"(?<=[0-9a-z`])(?=[\u4e00-\u9fff])|(?<=[\u4e00-\u9fff])(?=`)")
"""Where Chinese stands beside something else, and no blank between them."""
_POINTS: Final = {
    "host": Text(en="the {what}", zh="{what}"),
    "end": Text(en="the end of {what}", zh="{what}一端"),
    "row": Text(en="the table's row of {what}", zh="表中{what}的行"),
    "queue": Text(en="the {what}", zh="{what}"),
    "packet": Text(en="the {what} on the wire", zh="线路上的{what}"),
    "call": Text(en="the call of {what}", zh="{what}的调用"),
    "counter": Text(en="the counter {what}", zh="计数器{what}"),
    "wire": Text(en="the wire", zh="线路"),
}


def answers(made: Mapping[str, int | None], lesson: Lesson) -> dict[str, int]:
    """Step → the index of the choice that came true, where that is known and there is such a choice."""
    asked = {step.id: len(step.ask.choices) for step in lesson.step if step.ask is not None}
    return {
        step: true
        for step, true in made.items()
        if true is not None and step in asked and 0 <= true < asked[step]
    }


def of_lesson(lesson: Lesson, language: Language) -> list[Note]:
    """What is to be known before it begins."""
    notes = [Note(Kind.EXPLAIN, lesson.summary.of(language))]
    if lesson.notes is not None:
        notes.append(Note(Kind.HINT, lesson.notes.of(language), _LABELS[Kind.HINT].of(language)))
    return notes


def of_step(step: Step, language: Language, true: int | None) -> list[Note]:
    """Of one step, in the order in which it is played; `true`: the answer that comes true, if it is known."""
    return list(_of_step(step, language, true))


def _of_step(step: Step, language: Language, true: int | None) -> Iterator[Note]:
    def note(kind: Kind, text: str) -> Note:
        return Note(kind, text, _LABELS[kind].of(language))

    if step.notes is not None:
        yield note(Kind.HINT, step.notes.of(language))
    if step.say is not None:
        yield note(Kind.SAY, step.say.of(language))
    if step.ask is not None:
        yield note(Kind.ASK, step.ask.question.of(language))
        for index, choice in enumerate(step.ask.choices):
            yield from _choice(index, choice, language, true)
    done = [f"`{action}`" for action in step.do if not isinstance(action, Wait)]
    if done:
        yield note(Kind.DO, ", ".join(done))
    expected = [_expected(fact.look(Moment()).expected, language) for fact in step.expect]
    if expected:
        yield note(Kind.THEN, ("；" if language == "zh" else "; ").join(expected))
    if pointed := _pointed(step, language):
        yield note(Kind.SHOW, pointed)
    if step.explain is not None:
        yield note(Kind.EXPLAIN, step.explain.of(language))


def _choice(index: int, choice: Choice, language: Language, true: int | None) -> Iterator[Note]:
    kind = Kind.OPEN if true is None else Kind.RIGHT if index == true else Kind.WRONG
    yield Note(kind, f"{index + 1}  {choice.text.of(language)}", _ANSWER[kind].of(language))
    if kind is Kind.RIGHT:
        return
    if choice.wrong is not None:
        yield Note(Kind.WHY_NOT, choice.wrong.of(language))
    if choice.belief is not None:
        yield Note(Kind.WHY_NOT, _BELIEF.of(language).format(belief=choice.belief.of(language)))


def _expected(text: Text, language: Language) -> str:
    """As the report has it."""
    return _NOT_KNOWN.sub("", text.of(language))


def _pointed(step: Step, language: Language) -> str:
    between = "，" if language == "zh" else ", "
    before = between.join(_point(one, language) for one in step.point)
    if step.point_after is None:
        return before
    after = between.join(_point(one, language) for one in step.point_after)
    told = _AFTER.of(language).format(points=after)
    return ("；" if language == "zh" else "; ").join(filter(None, (before, told if after else "")))


def _point(point: Point, language: Language) -> str:
    named = _named(point, str(getattr(point, point.__struct_fields__[0])))
    text = f"`{named.en}`" if named.en == named.zh else named.of(language)
    told = _POINTS[point.KEY].of(language).format(what=text)
    return _BESIDE_CHINESE.sub(" ", told) if language == "zh" else told


def _named(point: Point, what: str) -> Text:
    """What a lesson calls `client 1`, `accept` (a queue), `SYN`."""
    side, _, number = what.partition(" ")
    if point.KEY == "queue":
        return word(f"{what} queue")
    if side in get_args(Host) and number.isdecimal():
        return said(f"{side} {{number}}", number=number)
    return _LISTENER if what == "listener" else word(what)
