"""Text into lines of a terminal: wide characters never cut, code marked and kept together. Pure.

Chinese breaks between any two characters, but no line begins with what closes (a comma, a bracket) or ends
with what opens; other text breaks at blanks. See UAX #14 for the rules in full, of which these suffice here.
"""
# ruff: noqa: RUF001 - Chinese has punctuation of its own

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from rich.cells import get_character_cell_size

from sockviz.tui.render.canvas import clean, width_of

_CLOSING: Final = frozenset("，。！？；：、）】》」』”’…—～·,.!?;:)]}%")
_OPENING: Final = frozenset("（【《「『“‘([{")
_WIDE: Final = 2


_MARKED: Final = re.compile(r"(`[^`]*`|\*[^\s*](?:[^*]*[^\s*])?\*)")
"""`code`, and what is *stressed*."""


class Piece(NamedTuple):
    """A piece of a line in one style."""

    text: str
    code: bool = False
    stressed: bool = False


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
    stressed: bool
    blank: bool
    """A blank comes before it."""
    glued: bool
    """It does not begin a line."""


@lru_cache(maxsize=1024)
def fold(text: str, width: int) -> tuple[Line, ...]:
    """`text` in lines of at most `width` cells; nothing is left out but backquotes and stars."""
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
    return tuple(_line(atoms) for atoms in lines)


def plain(text: str) -> str:
    """`text` without its marks, in one line."""
    return "".join(part for part, _, _ in _parts(text))


def _parts(text: str) -> Iterator[tuple[str, bool, bool]]:
    """Pieces of the text without their marks: (text, code, stressed)."""
    for part in _MARKED.split(clean(" ".join(text.split()))):
        code, stressed = part[:1] == "`" == part[-1:], bool(_MARKED.fullmatch(part)) and part[0] == "*"
        if part and (code or stressed):
            yield part[1:-1], code, stressed
        elif part:
            yield part.replace("`", ""), False, False


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
    for part, code, stressed in _parts(text):
        for piece in [part] if code else re.findall(r"\s+|\S+", part):
            if piece.isspace():
                blank = True
                continue
            for one in [piece] if code else _characters(piece):
                glued = bool(before) and not blank and _holds(before, one)
                yield _Atom(one, code, stressed, blank, glued)
                before, blank = one, False


def _characters(word: str) -> Iterator[str]:
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
        blank = [Piece(" ")] if atom.blank and at else []
        for one in [*blank, Piece(atom.text, atom.code, atom.stressed)]:
            if pieces and pieces[-1][1:] == one[1:]:
                pieces[-1] = one._replace(text=pieces[-1].text + one.text)
            else:
                pieces.append(one)
    return Line(pieces)
