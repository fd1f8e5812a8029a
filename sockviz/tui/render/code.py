"""Lines of a program in colours, and broken where they are too long. Knows no network."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final, TypeAlias

from rich.style import Style

from sockviz.listings import Language, Listing, Protocol, Role, listing
from sockviz.tcp.states import State
from sockviz.tui.palettes import Palette
from sockviz.tui.render.canvas import clean
from sockviz.tui.render.sheet import Part

Line: TypeAlias = tuple[Part, ...]

_INDENT: Final = 4
"""Cells that the rest of a broken line is further in."""
_LEAST: Final = 8
"""Cells of a line below which nothing is broken."""


@lru_cache(maxsize=64)
def coloured(role: Role, language: Language, protocol: Protocol, colours: "_Themed") -> tuple[Line, ...]:
    """The program's lines, each word in its colour."""
    from rich.syntax import Syntax  # noqa: PLC0415  not needed before a source is shown

    source: Listing = listing(role, language, protocol)
    code = "\n".join(source.lines)
    lexer = Syntax(code, language).lexer
    tokens = [("", code)] if lexer is None else [(str(kind), text) for kind, text in lexer.get_tokens(code)]
    lines: list[list[Part]] = [[]]
    for kind, text in tokens:
        first, *others = text.split("\n")
        style = _style(kind, colours.palette)
        lines[-1].append((clean(first), style))
        lines += [[(clean(other), style)] for other in others]
    return tuple(tuple(part for part in line if part[0]) for line in lines[: len(source.lines)])


class _Themed:
    """A palette as a key: equal if it is the same theme's."""

    def __init__(self, palette: Palette) -> None:
        self.palette = palette

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Themed) and self.palette.name == other.palette.name

    def __hash__(self) -> int:
        return hash(self.palette.name)


def code_of(role: Role, language: Language, protocol: Protocol, colours: Palette) -> tuple[Line, ...]:
    """The program's lines, each word in its colour."""
    return coloured(role, language, protocol, _Themed(colours))


def _style(kind: str, colours: Palette) -> Style:
    """What a kind of token looks like; readable in every theme, since it is of the palette."""
    styles = (
        ("Token.Literal.String.Doc", colours.dim),
        ("Token.Literal.String", colours.states[State.ESTABLISHED]),
        ("Token.Literal.Number", colours.warn),
        ("Token.Comment.Preproc", colours.states[State.LISTEN]),
        ("Token.Comment", colours.dim),
        ("Token.Keyword", colours.accent),
        ("Token.Operator.Word", colours.accent),
        ("Token.Name.Function", colours.strong),
    )
    return next((style for name, style in styles if kind.startswith(name)), colours.text)


def broken(line: Line, width: int) -> list[Line]:
    """The line in rows of at most `width` cells, broken after blanks; what follows is indented."""
    text = "".join(part for part, _ in line)
    if len(text) <= width or width < _LEAST:
        return [line]
    indent = min(len(text) - len(text.lstrip()) + _INDENT, width // 2)
    rows, start, room = [], 0, width
    while len(text) - start > room:
        blank = text.rfind(" ", start + 1, start + room)
        cut = blank + 1 if blank > start + len(text[start:]) - len(text[start:].lstrip()) else start + room
        rows.append((start, cut))
        start, room = cut, width - indent
    rows.append((start, len(text)))
    return [_cut(line, *row, indent if at else 0) for at, row in enumerate(rows)]


def _cut(line: Sequence[Part], begin: int, end: int, indent: int) -> Line:
    """The characters from `begin` up to `end`, after so many blanks."""
    parts: list[Part] = [(" " * indent, Style())] if indent else []
    at = 0
    for text, style in line:
        piece = text[max(0, begin - at) : max(0, end - at)]
        if piece:
            parts.append((piece, style))
        at += len(text)
    return tuple(parts)
