"""Where in a TOML text a value stands: its path → its line. Pure.

The text is known to be valid TOML (tomllib has read it), so this is no parser: it follows headers, keys,
strings and brackets just well enough to count lines and elements.

A path is what `data["step"][2]["expect"][0]` is reached by: `("step", 2, "expect", 0)`.
"""

import re
from collections.abc import Mapping
from typing import Final, TypeAlias

Path: TypeAlias = tuple[str | int, ...]

_STRING: Final = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'', re.DOTALL
)
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_OTHER: Final = re.compile(r"[^\s\[\]{},=\"'#]+")


def lines(text: str) -> dict[Path, int]:
    """Path → line, counted from 1, of each table, key and element of an array."""
    return _Scanner(text).scan()


def line(known: Mapping[Path, int], path: Path) -> int:
    """The line of `path`, or of what it is in, as near as is known; 1 if nothing is."""
    for end in range(len(path), 0, -1):
        if path[:end] in known:
            return known[path[:end]]
        if (*path[:end], 0) in known:  # an array of tables: where its first one is
            return known[*path[:end], 0]
    return 1


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line = 1
        self._found: dict[Path, int] = {}
        self._elements: dict[Path, int] = {}
        """Array of tables → how many there are so far."""

    def scan(self) -> dict[Path, int]:
        table: Path = ()
        while self._skip(newlines=True):
            if self._text[self._at] == "[":
                table = self._header()
            else:
                self._pair(table)
        return self._found

    def _header(self) -> Path:
        """`[setup]`, or `[[step]]`: the next element of an array of tables."""
        line = self._line
        several = self._text.startswith("[[", self._at)
        self._forward(2 if several else 1)
        name = self._key()
        self._forward(2 if several else 1)
        if not name:  # no header at all, in a text that is not TOML
            return ()
        path: Path = ()
        for part in name[:-1]:
            path = (*path, part)
            if path in self._elements:
                path = (*path, self._elements[path] - 1)
        path = (*path, name[-1])
        if several:
            self._elements[path] = self._elements.get(path, 0) + 1
            path = (*path, self._elements[path] - 1)
        self._found.setdefault(path, line)
        return path

    def _pair(self, table: Path) -> None:
        """`a.b = value`."""
        line, path = self._line, table
        for part in self._key():
            path = (*path, part)
            self._found.setdefault(path, line)
        self._skip(newlines=False)
        self._forward(1)  # =
        self._value(path)

    def _value(self, path: Path) -> None:
        if not self._skip(newlines=False):
            return
        opened = self._text[self._at]
        if opened == "[":
            self._array(path)
        elif opened == "{":
            self._table(path)
        elif match := _STRING.match(self._text, self._at):
            self._forward(len(match[0]))
        else:
            match = _OTHER.match(self._text, self._at)
            self._forward(len(match[0]) if match else 1)  # whatever it is: never stand still

    def _array(self, path: Path) -> None:
        self._forward(1)
        index = 0
        while self._skip(newlines=True) and self._text[self._at] != "]":
            if self._text[self._at] == ",":
                self._forward(1)
                continue
            element = (*path, index)
            self._found[element] = self._line
            self._value(element)
            index += 1
        self._forward(1)

    def _table(self, path: Path) -> None:
        self._forward(1)
        while self._skip(newlines=True) and self._text[self._at] != "}":
            if self._text[self._at] == ",":
                self._forward(1)
            else:
                self._pair(path)
        self._forward(1)

    def _key(self) -> tuple[str, ...]:
        parts: list[str] = []
        while self._skip(newlines=False):
            if match := _BARE.match(self._text, self._at):
                parts.append(match[0])
            elif match := _STRING.match(self._text, self._at):
                parts.append(match[0][1:-1])
            else:
                break
            self._forward(len(match[0]))
            self._skip(newlines=False)
            if not self._text.startswith(".", self._at):
                break
            self._forward(1)
        return tuple(parts)

    def _skip(self, *, newlines: bool) -> bool:
        """Over blanks and comments; False: the text is over."""
        blank = " \t\r\n" if newlines else " \t\r"
        while self._at < len(self._text):
            if self._text[self._at] == "#":
                end = self._text.find("\n", self._at)
                self._at = len(self._text) if end < 0 else end
            elif self._text[self._at] in blank:
                self._forward(1)
            else:
                return True
        return False

    def _forward(self, count: int) -> None:
        self._line += self._text.count("\n", self._at, self._at + count)
        self._at += count
