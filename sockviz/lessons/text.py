"""Text in the languages of the course. Pure."""

import os
import re
import unicodedata
from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

import msgspec

Language: TypeAlias = Literal["en", "zh"]
LANGUAGES: Final[tuple[Language, ...]] = ("en", "zh")

_WIDE: Final = 2
_PUNCTUATION: Final = "\uff0c\u3002\uff1b\uff1a\uff01\uff1f\u3001\uff08\uff09"
"""Of Chinese: commas, full stop, semicolon, colon, exclamation and question mark, parentheses."""


class Text(msgspec.Struct, frozen=True, kw_only=True):
    """What is shown, in each language. `Code`, keys and states stand in backquotes."""

    en: str
    zh: str

    def of(self, language: Language) -> str:
        """The text in one language."""
        return self.zh if language == "zh" else self.en


def language(environment: Mapping[str, str] = os.environ) -> Language:
    """The language of the user's locale (locale(7): LC_ALL, LC_MESSAGES, LANG), else English."""
    names = (environment.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return "zh" if next(filter(None, names), "").lower().startswith("zh") else "en"


def chosen(name: str | None) -> Language:
    """The language that the user asked for, else the locale's."""
    return next((known for known in LANGUAGES if known == name), language())


def columns(text: str) -> int:
    """How many columns of a terminal a line of text takes: wide characters take two, combining ones none."""
    return sum(_width(one) for one in text)


def folded(text: str) -> str:
    """One line of text, however it was broken into lines: no space is put between two wide characters.

    Nor beside Chinese punctuation, which has its own.
    """
    text = text.strip()

    def gap(match: re.Match[str]) -> str:
        sides = text[match.start() - 1], text[match.end()]
        close = all(_width(side) == _WIDE for side in sides) or any(side in _PUNCTUATION for side in sides)
        return "" if close and "\n" in match[0] else " "

    return re.sub(r"\s+", gap, text)


def _width(one: str) -> int:
    if unicodedata.combining(one):
        return 0
    return _WIDE if unicodedata.east_asian_width(one) in "WF" else 1
