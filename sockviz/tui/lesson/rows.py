"""The rows of a lesson's panel, and what they are made of: texts, signs, inks. Pure."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Final, NamedTuple, TypeAlias

import msgspec

from sockviz.lessons.scene import Scene, Summary
from sockviz.lessons.schema import Lesson
from sockviz.lessons.text import Language, Text
from sockviz.tui.render.prose import Line, fold

INDENT: Final = 3
"""Cells before what is told: a mark, and a blank at both sides of it."""
MARGIN: Final = 2
"""Cells after it."""


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


class Fit(NamedTuple):
    """A way to save room."""

    rows: int
    """At most."""
    few: bool
    """Of the answers of a verdict only the one that was given and the true one."""
    airy: int
    """1: blank rows between the parts; 2: and between the answers."""


def gap(how: Fit) -> Iterator[Row]:
    """A blank row, if there is room."""
    if how.airy:
        yield Row()


def said(told: Told, text: Text | None) -> str:
    """A text that need not be there."""
    return told.of(text) if text is not None else ""


def paragraph(text: str, width: int, mark: Ink, ink: Ink = Ink.TEXT) -> Iterator[Row]:
    """A text with a bar beside it, in `width` cells."""
    for line in fold(text, width - INDENT - MARGIN) if text else ():
        yield Row((*marked("▌", mark), *inked(line, ink)))


def marked(sign: str, ink: Ink) -> tuple[Part, ...]:
    """A sign before a line: only it has the ink."""
    return (" ", Ink.DIM), (sign, ink), (" ", Ink.DIM)


def inked(line: Line, ink: Ink) -> Iterator[Part]:
    """A line in an ink; what is marked in it has its own."""
    for piece in line:
        yield piece.text, Ink.CODE if piece.code else Ink.STRESSED if piece.stressed else ink
