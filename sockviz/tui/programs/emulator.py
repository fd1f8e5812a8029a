"""What a program's terminal shows: of its raw output the rows of the screen of a VT220 (its TERM says so).

Pure: the same output makes the same rows, whenever one looks. The screen is pyte's, which obeys what moves
the cursor, erases, inserts and scrolls. Here is what it is given: no sequences of other terminals, and none
malformed, at which it would break; and what is written, in cells of one or two columns and harmless
(`sockviz.harmless`). Colours are not shown: the stage has its own, which say something.
"""

import re
from functools import lru_cache
from itertools import groupby
from typing import Any, Final, NamedTuple, TypeAlias

from pyte.modes import DECAWM, IRM
from pyte.screens import Char, Screen
from pyte.streams import Stream
from rich.cells import get_character_cell_size

from sockviz.harmless import replaced

LARGEST: Final = (250, 100)
"""Columns and rows of a terminal that is emulated; a larger one is cut off."""
_SEQUENCE: Final = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*(?:[@-~]|$)"  # CSI: colours, cursor
    r"|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\|$)"  # OSC, DCS and their like: titles, links
    r"|[ -/]*(?:[0-~]|$)|)"
)
"""One sequence; the beginning of one, at the end of what was printed; or what is none."""
_OBEYED: Final = re.compile(
    r"\x1b(?:\[\d{0,4}[@A-GLMPXad]"  # the cursor; lines and characters inserted and deleted
    r"|\[(?:\d{0,4};)?\d{0,4}[Hfr]"
    r"|\[[0-3]?J|\[[0-2]?K"  # erasing
    r"|\[[\d;]{0,40}m"
    r"|\[4[hl]|\[\?(?:6|7|47|1047|1049)[hl]"
    r"|\[[03]?g|[78DEHM]|[()][0AB])"
)
_TOKEN: Final = re.compile(
    r"\x1b\[(\??)([\d;]*)(.)|\x1b([()])(.)|\x1b(.)|([\x08-\x0f])|[^\x1b\x08-\x0f]+", re.DOTALL
)
"""A sequence that is obeyed, in its parts; a control character; or text."""
_ANYWHERE: Final = re.compile(r"\x1b(?:\[[\d;]*[mK]|[()])")
"""Does the same on a screen of any size."""
_CONTROLS: Final = dict.fromkeys(range(0x80, 0xA0), "\N{REPLACEMENT CHARACTER}") | dict.fromkeys(
    (*range(0x08), *range(0x10, 0x1B), *range(0x1C, 0x20), 0x7F)
)
"""What is no text, and no terminal of this kind knows."""
_OTHER_SCREEN: Final = frozenset({47, 1047, 1049})
"""Private modes of xterm: a second screen, while they are set."""
_ABOVE: Final = 300
"""Characters in which a line or a sequence begins, where the beginning of the output is not known."""


class Look(NamedTuple):
    """How a piece of text looks."""

    bold: bool = False
    underlined: bool = False
    reverse: bool = False


class Piece(NamedTuple):
    """Text of one look."""

    text: str
    look: Look


Row: TypeAlias = tuple[Piece, ...]


@lru_cache(maxsize=64)
def shown(
    output: bytes, columns: int, rows: int, *, own: tuple[int, int] | None = None, cut: bool = False
) -> tuple[Row, ...]:
    """The rows that are seen of `output` in a pane, down to the last that is not blank.

    Args:
        output: What was printed.
        columns: Of the pane.
        rows: Of the pane.
        own: Columns and rows that the program believes in: its places are meant so.
        cut: `output` is the end of a longer one.
    """
    text = output.decode(errors="replace")
    if cut:
        text = _from_a_beginning(text)
    text, placed = _obeyed(text)
    text = text.translate(_CONTROLS)
    if placed:
        width, height = own or (columns, rows)
    else:
        # Lines that follow each other are broken where the pane ends.
        width, height, text = columns, rows + 1, _last_lines(text, rows)
    screen = _Screen(min(max(1, width), LARGEST[0]), min(max(2, height), LARGEST[1]))
    screen.obey(text)
    found = screen.shown()
    return found[max(0, len(found) - max(0, rows)) :]


def _from_a_beginning(text: str) -> str:
    """`text` from where a line or a sequence begins."""
    found = re.search(r"\n|(?=\x1b)", text[:_ABOVE])
    return text[found.end() :] if found else text


def _obeyed(text: str) -> tuple[str, bool]:
    """`text` with those sequences only that are obeyed; whether one is meant for a certain size."""
    if "\x1b" not in text:
        return text, False
    placed = False

    def one(found: re.Match[str]) -> str:
        nonlocal placed
        if not _OBEYED.fullmatch(found[0]):
            return ""
        placed = placed or not _ANYWHERE.match(found[0])
        return found[0]

    return _SEQUENCE.sub(one, text), placed


def _last_lines(text: str, count: int) -> str:
    """The last lines: above them nothing would be seen."""
    at = len(text)
    for _ in range(count + 1):
        at = text.rfind("\r\n", 0, at)
        if at < 0:
            return text
    return text[at + 2 :]


class _Screen(Screen):  # type: ignore[misc]  # pyte has no types
    """The emulator's screen."""

    def __init__(self, columns: int, lines: int) -> None:
        self._pens: dict[Char, dict[str, Char]] = {}
        """How text looks → a character → a cell with it."""
        self._looks: dict[tuple[Char, str], Char] = {}
        """How text looks, and what is to be changed about that → how it looks then."""
        self._first: tuple[Any, Any] | None = None
        """What the first screen shows, and its cursor, while the second one is seen."""
        super().__init__(columns, lines)
        self._sequences = {final: getattr(self, name) for final, name in Stream.csi.items()}

    def obey(self, text: str) -> None:
        """Take text and sequences, all of them such as are obeyed."""
        for found in _TOKEN.finditer(text):
            private, given, final, which, charset, escape, control = found.groups()
            if final == "m":
                self._change_look(given)
            elif final:
                numbers = [int(number or 0) for number in given.split(";")]
                self._sequences[final](*numbers, **{"private": True} if private else {})
            elif which:
                self.define_charset(charset, which)
            elif escape:
                getattr(self, Stream.escape[escape])()
            elif control:
                getattr(self, Stream.basic[control])()
            else:
                self.draw(found[0])

    def draw(self, data: str) -> None:
        """Write text at the cursor."""
        text = replaced(data.translate(self.g1_charset if self.charset else self.g0_charset))
        if text.isascii():
            while text:
                room = self._room(1)
                self._put(text[:room])
                text = text[room:]
        else:
            for char in text:
                size = min(get_character_cell_size(char), self.columns)
                if size > 0:
                    self._room(size)
                    self._put([char, ""][:size])

    def _room(self, size: int) -> int:
        """Cells from the cursor on to the row's end, of which there are `size`."""
        if self.cursor.x + size > self.columns:
            if DECAWM in self.mode:
                self.carriage_return()
                self.linefeed()
            else:
                self.cursor.x = self.columns - size
        return int(self.columns - self.cursor.x)

    def _put(self, cells: str | list[str]) -> None:
        """A text for each cell."""
        if IRM in self.mode:
            self.insert_characters(len(cells))
        attrs = self.cursor.attrs
        pens = self._pens.setdefault(attrs, {})
        for cell in cells:
            if cell not in pens:
                pens[cell] = attrs._replace(data=cell)
        x = self.cursor.x
        self.buffer[self.cursor.y].update(zip(range(x, x + len(cells)), map(pens.get, cells), strict=False))
        self.cursor.x = x + len(cells)

    def _change_look(self, given: str) -> None:
        """Change how text looks from now on (SGR)."""
        key = self.cursor.attrs, given
        if key not in self._looks:
            self.select_graphic_rendition(*(min(int(number or 0), 255) for number in given.split(";")))
            self._looks[key] = self.cursor.attrs._replace(fg="default", bg="default")
        self.cursor.attrs = self._looks[key]

    def erase_in_display(self, how: int = 0, *_: Any, **__: Any) -> None:
        """Erase rows; what is not there takes no time."""
        y = self.cursor.y
        for row in [row for row in self.buffer if how > 1 or (row > y if how == 0 else row < y)]:
            del self.buffer[row]
        if how < 2:  # noqa: PLR2004 - whole screens have no row of the cursor's
            self.erase_in_line(how)

    def set_mode(self, *modes: int, **kwargs: Any) -> None:
        """Set modes; one of them shows a second screen."""
        if kwargs.get("private") and _OTHER_SCREEN.intersection(modes):
            if self._first is None:
                self._first = dict(self.buffer), (self.cursor.x, self.cursor.y)
                self.buffer.clear()
        else:
            super().set_mode(*modes, **kwargs)

    def reset_mode(self, *modes: int, **kwargs: Any) -> None:
        """Reset modes; the first screen is shown again."""
        if kwargs.get("private") and _OTHER_SCREEN.intersection(modes):
            if self._first is not None:
                self.buffer.clear()
                self.buffer.update(self._first[0])
                self.cursor.x, self.cursor.y = self._first[1]
                self._first = None
        else:
            super().reset_mode(*modes, **kwargs)

    def shown(self) -> tuple[Row, ...]:
        """Its rows down to the last one that has something on it."""
        rows = [self._row(y) for y in range(self.lines)]
        while rows and not rows[-1]:
            rows.pop()
        return tuple(rows)

    def _row(self, y: int) -> Row:
        """A row up to its last cell that is no blank."""
        cells = self.buffer.get(y)
        if not cells:
            return ()
        row = [cells[x] for x in range(min(self.columns, max(cells) + 1))]
        while row and row[-1].data == " " and not row[-1].reverse:
            row.pop()
        found = groupby(row, lambda cell: Look(cell.bold, cell.underscore, cell.reverse))
        return tuple(Piece("".join(cell.data for cell in group), look) for look, group in found)
