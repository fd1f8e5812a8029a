r"""What a program's terminal shows, as lines: of its raw output what a plain one would show in the end.

Pure. Carriage return, backspace and tab do what they do on a terminal; escape sequences do nothing; whatever
else is no text is shown as U+FFFD (`sockviz.harmless`).
"""

import re
from functools import lru_cache
from typing import Final

from rich.cells import get_character_cell_size

from sockviz.harmless import replaced

_SEQUENCE: Final = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
    r"|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\|$)"  # OSC, DCS and their like: titles, links
    r"|[ -/]*[0-~])"
    r"|[\x00\x07\x7f]"
)
_TAB: Final = 8


@lru_cache(maxsize=64)
def lines(output: bytes) -> tuple[str, ...]:
    """The lines of `output`, oldest first; one that is not ended yet is the last."""
    text = _SEQUENCE.sub("", output.decode(errors="replace"))
    *ended, last = text.split("\n")
    shown = [_line(one) for one in ended]
    return tuple([*shown, _line(last)] if last else shown)


def _line(text: str) -> str:
    text = text.removesuffix("\r")
    return replaced(_overwritten(text) if "\r" in text or "\b" in text else text.expandtabs(_TAB))


def _overwritten(text: str) -> str:
    """`text` after what moves the cursor back in it."""
    cells: list[str] = []
    at = 0
    for char in text.expandtabs(_TAB):
        if char == "\r":
            at = 0
        elif char == "\b":
            at = max(0, at - 1)
        else:
            cells[at : at + 1] = [char]
            at += 1
    return "".join(cells)


def wrapped(shown: tuple[str, ...], width: int, rows: int) -> list[str]:
    """The last `rows` rows of the lines, each broken where it is wider than `width` cells."""
    found: list[str] = []
    for line in reversed(shown):
        if len(found) >= rows:
            break
        found[:0] = _rows(line, max(1, width))
    return found[max(0, len(found) - rows) :]


def _rows(line: str, width: int) -> list[str]:
    if line.isascii():
        return [line[at : at + width] for at in range(0, len(line), width)] or [""]
    rows, used = [""], 0
    for char in line:
        size = get_character_cell_size(char)
        if used + size > width:
            rows.append("")
            used = 0
        rows[-1] += char
        used += size
    return rows
