"""Text into lines of a terminal: wide characters never cut, code marked and kept together. Pure.

Chinese breaks between any two characters, but no line begins with what closes (a comma, a bracket) or ends
with what opens; other text breaks at blanks. See UAX #14 for the rules in full, of which these suffice here.
"""
# ruff: noqa: RUF001 - Chinese has punctuation of its own

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from rich.cells import get_character_cell_size

from sockviz.tui.render.canvas import clean, width_of

_CLOSING: Final = frozenset("，。！？；：、）】》」』”’…—～·,.!?;:)]}%")
_OPENING: Final = frozenset("（【《「『“‘([{")
_WIDE: Final = 2


class Piece(NamedTuple):
    """A piece of a line in one style."""

    text: str
    code: bool = False


class Line(tuple[Piece, ...]):
    """A line: its pieces from left to right."""

    __slots__ = ()

    @property
    def text(self) -> str:
        """The characters alone."""
        return "".join(one.text for one in self)


class _Atom(NamedTuple):
    """What is not broken if it can be helped."""

    text: str
    code: bool
    blank: bool
    """A blank comes before it."""
    glued: bool
    """It does not begin a line."""


def fold(text: str, width: int) -> list[Line]:
    """`text`, in which `code` stands in backquotes, in lines of at most `width` cells; none is left out."""
    width = max(width, _WIDE)
    lines: list[list[_Atom]] = [[]]
    used = 0
    for word in _words(text):
        size = sum(width_of(atom.text) for atom in word)
        gap = 1 if word[0].blank and lines[-1] else 0
        if used and used + gap + size > width:
            lines.append([])
            used = gap = 0
        for atom in word if size <= width else _crumbs(word):
            if used and used + gap + width_of(atom.text) > width:
                lines.append([])
                used = gap = 0
            lines[-1].append(atom)
            used += width_of(atom.text) + gap
            gap = 0
    return [_line(atoms) for atoms in lines]


def plain(text: str) -> str:
    """`text` without its backquotes."""
    return clean(" ".join(text.split())).replace("`", "")


def _words(text: str) -> Iterator[list[_Atom]]:
    """Atoms between which no line is broken."""
    word: list[_Atom] = []
    for atom in _atoms(text):
        if word and not atom.glued:
            yield word
            word = []
        word.append(atom)
    if word:
        yield word


def _atoms(text: str) -> Iterator[_Atom]:
    """Words, wide characters and pieces of code."""
    before = ""
    blank = False
    for at, part in enumerate(clean(" ".join(text.split())).split("`")):
        code = at % 2 == 1
        for piece in [part] if code and part else re.findall(r"\s+|\S+", part):
            if piece.isspace():
                blank = True
                continue
            for one in [piece] if code else _parts(piece):
                yield _Atom(one, code, blank, glued=bool(before) and not blank and _holds(before, one))
                before, blank = one, False


def _parts(word: str) -> Iterator[str]:
    """Wide characters one by one, what is between them together."""
    narrow = ""
    for char in word:
        if get_character_cell_size(char) < _WIDE:
            narrow += char
            continue
        if narrow:
            yield narrow
        narrow = ""
        yield char
    if narrow:
        yield narrow


def _holds(before: str, after: str) -> bool:
    """No line is broken between the two."""
    if before[-1] in _OPENING or after[0] in _CLOSING:
        return True
    return get_character_cell_size(before[-1]) < _WIDE and get_character_cell_size(after[0]) < _WIDE


def _crumbs(word: list[_Atom]) -> Iterator[_Atom]:
    """A word that is longer than a line, character by character."""
    for atom in word:
        for at, char in enumerate(atom.text):
            yield atom._replace(text=char, blank=atom.blank and at == 0)


def _line(atoms: list[_Atom]) -> Line:
    """Neighbours of one style are one run."""
    pieces: list[Piece] = []
    for at, atom in enumerate(atoms):
        for one in ([Piece(" ")] if atom.blank and at else []) + [Piece(atom.text, atom.code)]:
            if pieces and pieces[-1].code == one.code:
                pieces[-1] = Piece(pieces[-1].text + one.text, one.code)
            else:
                pieces.append(one)
    return Line(pieces)
