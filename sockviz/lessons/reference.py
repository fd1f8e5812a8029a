"""`python -m sockviz.lessons.reference [FILE]`: all that a lesson can say, as Markdown, made from the code.

Printed, or written to FILE. The copy beside this module is kept equal by a test.
"""

import inspect
import sys
import types
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

import msgspec

from sockviz.lessons import schema
from sockviz.lessons.actions import ACTIONS
from sockviz.lessons.amounts import NAMES, Amount
from sockviz.lessons.facts import FACTS
from sockviz.lessons.names import End, Holder, Span
from sockviz.lessons.points import POINTS
from sockviz.lessons.text import Text
from sockviz.lessons.words import LINE, VOCABULARIES, Leaf, Room, Table, Vocabulary, Word

COPY: Final = Path(__file__).with_name("REFERENCE.md")

GUIDE: Final = Path(__file__).with_name("guide.md")
"""What stands before the lists: written by hand."""

_MADE: Final = "<!-- made by `python -m sockviz.lessons.reference FILE` from guide.md and the code -->\n"


def reference() -> str:
    """The whole text."""
    return "\n".join(_parts())


def _parts() -> Iterator[str]:
    yield _MADE
    yield GUIDE.read_text(encoding="utf-8")
    yield "## The lesson\n"
    for title, kind in (
        ("The file", schema.Lesson),
        ("`[setup]`", schema.Setup),
        ("`[setup.sysctls]`", schema.Sysctls),
        ("`[[step]]`", schema.Step),
        ("`[step.ask]`", schema.Ask),
        ("`[[step.ask.choices]]`", schema.Choice),
    ):
        yield f"### {title}\n"
        yield _about(kind)
        yield _fields(kind, ())
    yield "## Values\n"
    yield from _values()
    for title, vocabulary in (
        ("Actions (`do`)", ACTIONS),
        ("Facts (`expect`, `if`, `wait`)", FACTS),
        ("Points (`point`, `point_after`)", POINTS),
    ):
        yield f"## {title}\n"
        yield from _words(vocabulary)


def _values() -> Iterator[str]:
    leaves: tuple[tuple[str, type[Leaf]], ...] = (
        ("end", End),
        ("socket", Holder),
        ("time", Span),
        ("number", Amount),
    )
    yield "".join(f"- *{name}*: {leaf.SHAPE}.\n" for name, leaf in leaves)
    yield "In an expression stand `+ - * ( )`, whole numbers, and these names:\n"
    yield "".join(f"- `{name}`: {about}.\n" for name, about in NAMES.items())
    yield "A number that is compared may begin with `=`, `!=`, `<`, `<=`, `>` or `>=`.\n"


def _words(vocabulary: Vocabulary) -> Iterator[str]:
    for word in vocabulary.words.values():
        yield f"### `{word.KEY}`\n"
        yield _about(word)
        yield _fields(word, word.EXAMPLES)


def _about(kind: type[Table]) -> str:
    return inspect.cleandoc(kind.__doc__ or "") + "\n"


def _fields(kind: type[Table], examples: Iterable[str]) -> str:
    lines = ["| field | value | |", "| --- | --- | --- |"]
    for field in msgspec.structs.fields(kind):
        needed = " *(needed)*" if field.required and not issubclass(kind, Word) else ""
        about = _description(field.type) + _default(field) + needed
        lines.append(f"| `{field.encode_name}` | {_shape(field.type)} | {_cell(about)} |")
    if shown := [f"    {example}" for example in examples]:
        lines += ["", *shown]
    return "".join(line + "\n" for line in lines)


def _description(kind: Any) -> str:
    metas = [one for one in get_args(kind)[1:] if isinstance(one, msgspec.Meta)]
    return metas[0].description or "" if metas else ""


def _default(field: Any) -> str:
    default = field.default
    if default is msgspec.NODEFAULT or default in (None, (), "", 0) or isinstance(default, Table | dict):
        return ""
    return f" (without: `{'true' if default is True else default}`)"


def _shape(kind: Any) -> str:
    """What a value of this type looks like."""
    room = next((one for one in get_args(kind)[1:] if isinstance(one, Room)), Room(LINE))
    inner = get_args(kind)[0] if get_origin(kind) is Annotated else kind
    if get_origin(inner) in (Union, types.UnionType):
        inner = next(one for one in get_args(inner) if one is not type(None))
    if inner is Text:
        return f"text, {room.columns} columns"
    if get_origin(inner) is tuple:
        return f"list of {_plural(_shape(get_args(inner)[0]))}"
    if get_origin(inner) is dict:
        return f"table of {_plural(_shape(get_args(inner)[1]))}"
    if get_origin(inner) is Literal:
        return " ".join(f"`{one}`" for one in get_args(inner))
    return _simple(inner)


def _plural(noun: str) -> str:
    return noun if noun.startswith("`") else f"{noun}s"


def _simple(kind: type) -> str:
    names = {
        str: "word",
        int: "whole number",
        bool: "`true` `false`",
        End: "end",
        Holder: "socket",
        Span: "time",
    }
    names |= {Amount: "number", schema.Step: "`[[step]]`", schema.Choice: "`[[step.ask.choices]]`"}
    names |= {schema.Ask: "`[step.ask]`", schema.Setup: "`[setup]`", schema.Sysctls: "`[setup.sysctls]`"}
    if kind in VOCABULARIES:
        return VOCABULARIES[kind].kind
    if issubclass(kind, StrEnum):
        return " ".join(f"`{one.value}`" for one in kind)
    return names[kind]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def main(arguments: list[str]) -> None:
    """Print the reference, or write it."""
    if not arguments:
        sys.stdout.write(reference())
    for name in arguments:
        Path(name).write_text(reference(), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
