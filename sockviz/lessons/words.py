"""Words: the tables that a lesson is made of (`{ release = "SYN" }`), read strictly from what tomllib gives.

A word is a frozen struct that knows its key, what it is for, and its fields with a sentence each; one place
makes the check, the error and the reference. Each flaw comes with its path, for `sockviz.lessons.places`.
"""

import difflib
import types
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Final, Literal, NamedTuple, Union, get_args, get_origin

import msgspec

from sockviz.lessons.places import Path
from sockviz.lessons.text import LANGUAGES, Text, columns, folded


class Flaw(Exception):  # noqa: N818 - it is in the lesson, not here
    """Something in a lesson is not as it must be."""

    def __init__(self, path: Path, message: str, *, key: str | None = None) -> None:
        """`key`: the key of the table at `path` that should not be there, as the message says."""
        super().__init__(message)
        self.path = path
        self.key = key
        self.message = message


class Room(NamedTuple):
    """How many columns a text may take, in each language: `Annotated[Text, doc("…"), Room(320)]`."""

    columns: int


def doc(text: str) -> msgspec.Meta:
    """What a field is for, in a few words; it goes into `Annotated`."""
    return msgspec.Meta(description=text)


class Table(msgspec.Struct, frozen=True, kw_only=True, rename=lambda name: name.removesuffix("_")):
    """A table of a lesson, with exactly its fields; what is a word of Python has an underscore here."""


class Word(Table, frozen=True, kw_only=True):
    """A table that is known by its first key."""

    KEY: ClassVar[str] = ""
    EXAMPLES: ClassVar[tuple[str, ...]] = ()
    """As in a lesson, each valid by itself."""


class Leaf:
    """A value that is written as a text or a number and means more: parsed by the constructor.

    A subclass raises ValueError, which says what was expected.
    """

    SHAPE: ClassVar[str] = ""
    """What it looks like, for the reference."""

    text: str
    """As it is written; of equal ones the same."""

    def __init__(self, given: object) -> None:
        raise NotImplementedError

    def __str__(self) -> str:
        """As it is written."""
        return self.text

    def __repr__(self) -> str:
        """As it is made."""
        return f"{type(self).__name__}({self.text!r})"

    def __eq__(self, other: object) -> bool:
        """Of the same kind, and means the same."""
        return type(self) is type(other) and str(self) == str(other)

    def __hash__(self) -> int:
        """As equality."""
        return hash(self.text)


class Vocabulary:
    """The words that may stand in one place of a lesson."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        """`action`, `fact` …, for errors."""
        self.words: dict[str, type[Word]] = {}

    def add(self, words: Iterable[type[Word]]) -> None:
        """Make words known, in the order of the reference."""
        self.words |= {word.KEY: word for word in words}

    def read(self, given: object, path: Path) -> Word:
        """A table that begins with the key of a word.

        Raises:
            Flaw: it is none.
        """
        if not isinstance(given, dict):
            raise Flaw(
                path, f"{_article(self.kind)} was expected, as in {self._example()}, not {told(given)}"
            )
        key = next(iter(given), None)
        if key is None:
            raise Flaw(
                path, f"{_article(self.kind)} was expected, as in {self._example()}; this table is empty"
            )
        if key not in self.words:
            raise Flaw(path, unknown(self.kind, key, self.words), key=key)
        word: Word = read(given, self.words[key], path)
        return word

    def _example(self) -> str:
        return next(iter(self.words.values())).EXAMPLES[0]


VOCABULARIES: Final[dict[type, Vocabulary]] = {}
"""The base class of words → where they are known."""


def read(given: object, kind: type[Any], path: Path) -> Any:
    """A struct of `kind` from a table, with exactly its fields.

    Raises:
        Flaw: a field is unknown, is missing, or is not what it must be.
    """
    if not isinstance(given, dict):
        raise Flaw(path, f"a table was expected, not {told(given)}")
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    for key in given:
        if key not in fields:
            raise Flaw(path, unknown("field", key, fields), key=key)
    values = {}
    for key, field in fields.items():
        if key in given:
            values[field.name] = value(given[key], field.type, (*path, key))
        elif field.required:
            raise Flaw(path, _missing(key))
    made = kind(**values)
    if flaw := getattr(made, "flaw", lambda: None)():
        raise Flaw(path, flaw)
    return made


def value(given: object, kind: Any, path: Path) -> Any:
    """A value of `kind`, which may be any type that a field of a lesson's struct has.

    Raises:
        Flaw: it is none.
    """
    if get_origin(kind) is Annotated:
        made = value(given, get_args(kind)[0], path)
        room = next((one for one in get_args(kind)[1:] if isinstance(one, Room)), None)
        if isinstance(made, Text):
            _check_room(made, room or Room(LINE), path)
        return made
    if get_origin(kind) in (Union, types.UnionType):
        (inner,) = (one for one in get_args(kind) if one is not type(None))
        return value(given, inner, path)
    if get_origin(kind) is tuple:
        if not isinstance(given, list):
            raise Flaw(path, f"a list [ … ] was expected, not {told(given)}")
        inner = get_args(kind)[0]
        return tuple(value(one, inner, (*path, index)) for index, one in enumerate(given))
    if get_origin(kind) is dict:
        return _named(given, get_args(kind)[1], path)
    if get_origin(kind) is Literal:
        return _choice(given, get_args(kind), path)
    return _single(given, kind, path)


def _named(given: object, kind: Any, path: Path) -> dict[str, Any]:
    """Values by names of the author's own."""
    if not isinstance(given, dict):
        raise Flaw(path, f"a table was expected, not {told(given)}")
    for key, one in given.items():
        if isinstance(one, dict):
            raise Flaw((*path, key), f'a name with dots stands in quotes, as in "{key}.…" = 0')
    return {key: value(one, kind, (*path, key)) for key, one in given.items()}


def _single(given: object, kind: type[Any], path: Path) -> Any:
    if kind in VOCABULARIES:
        return VOCABULARIES[kind].read(given, path)
    if kind is Text:
        return _text(given, path)
    if issubclass(kind, msgspec.Struct):
        return read(given, kind, path)
    if issubclass(kind, StrEnum):
        return kind(_choice(given, [one.value for one in kind], path))
    if issubclass(kind, Leaf):
        try:
            return kind(given)
        except ValueError as error:
            contrast = f", not {told(given)}" if str(error).endswith("expected") else ""
            raise Flaw(path, f"{error}{contrast}") from None
    # bool is an int in Python, but not in TOML.
    if not isinstance(given, kind) or (isinstance(given, bool) and kind is not bool):
        raise Flaw(path, f"{_KINDS[kind]} was expected, not {told(given)}")
    return given


def _text(given: object, path: Path) -> Text:
    """A text in all languages, each on one line."""
    if isinstance(given, str):
        raise Flaw(path, f"a text in each language was expected: {{ en = …, zh = … }}, not {told(given)}")
    made: Text = read(given, Text, path)
    for name in LANGUAGES:
        line = folded(made.of(name))
        if not line:
            raise Flaw((*path, name), f"the {_LANGUAGES[name]} text is empty")
        if not line.isprintable():
            raise Flaw((*path, name), "a text may not contain control characters")
    return Text(en=folded(made.en), zh=folded(made.zh))


def _check_room(text: Text, room: Room, path: Path) -> None:
    for name in LANGUAGES:
        taken = columns(text.of(name))
        if taken > room.columns:
            message = (
                f"the {_LANGUAGES[name]} text takes {taken} columns, and there is room for {room.columns}"
            )
            raise Flaw((*path, name), message)


def _choice(given: object, choices: Sequence[str], path: Path) -> str:
    if isinstance(given, str) and given in choices:
        return given
    near = _near(given, choices) if isinstance(given, str) else None
    meant = f": did you mean {near!r}?" if near else ""
    raise Flaw(path, f"one of {', '.join(choices)} was expected, not {told(given)}{meant}")


LINE: Final = 72
"""Columns of a text, where nothing else is said."""

_KINDS: Final[Mapping[type, str]] = {
    str: "a text",
    int: "a whole number",
    bool: "true or false",
}

_LANGUAGES: Final = {"en": "English", "zh": "Chinese"}


def _missing(key: str) -> str:
    if key in _LANGUAGES:
        return f"the {_LANGUAGES[key]} text ({key}) is missing"
    return "there is no [[step]]" if key == "step" else f"{key!r} is missing"


def told(given: object) -> str:
    """What was found instead, in a few words."""
    match given:
        case bool():
            return str(given).lower()
        case str():
            return repr(given if len(given) <= _SHOWN else given[:_SHOWN] + "…")
        case int() | float():
            return f"the number {given}"
        case list():
            return "a list"
        case dict():
            return "a table"
        case _:
            return f"{given}"


_SHOWN: Final = 40
_MANY: Final = 50
"""Names that are too many for a line."""


def nearest(name: str, known: Iterable[str]) -> str:
    """`did you mean …?`, or all that there is."""
    known = list(known)
    near = _near(name, known)
    if near is None and len(known) > _MANY:
        return "the reference names them"
    return f"did you mean {near!r}?" if near else f"known are {', '.join(known)}"


def unknown(kind: str, name: str, known: Iterable[str]) -> str:
    """What is said of a name that there is not."""
    return f"unknown {kind} {name!r}: {nearest(name, known)}"


def _near(name: str, known: Iterable[str]) -> str | None:
    """What was probably meant, however it is spelled."""
    spelled = {one.casefold(): one for one in known}
    near = difflib.get_close_matches(name.casefold(), spelled, n=1)
    return spelled[near[0]] if near else None


def _article(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"
