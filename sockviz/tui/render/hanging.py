"""Lines of text whose continuations hang under the value, not under the name that stands before it."""

import re
from collections.abc import Sequence
from typing import Final

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

_HEAD: Final = re.compile(r"\s*\S+\s{2,}(?=\S)|\s+(?=\S)")
"""A name and the blanks after it, or an indent alone."""
_LEAST: Final = 12
"""Cells for the value, without which nothing is indented."""


class Hanging:
    """Renders `name  value` lines, each wrapped at blanks for the width that there is."""

    def __init__(self, lines: Sequence[Text]) -> None:
        self._lines = lines

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Line by line."""
        for line in self._lines:
            yield from wrapped(line, options.max_width, console)


def wrapped(line: Text, width: int, console: Console) -> list[Text]:
    """`line` in pieces of at most `width` cells, all but the first indented."""
    head = _HEAD.match(line.plain)
    indent = head.end() if head else 0
    if line.cell_len <= width or width - indent < _LEAST:
        return list(line.wrap(console, max(1, width))) or [line]
    first, rest = line.divide([indent])
    pieces = rest.wrap(console, width - indent)
    return [(first if at == 0 else Text(" " * indent)) + piece for at, piece in enumerate(pieces)]
