"""Numbers for the last row of a lecture hall: three rows high, of half blocks. Pure."""

from typing import Final

from rich.style import Style

from sockviz.tui.render.canvas import Canvas

ROWS: Final = 3
_FONT: Final = {
    "0": ("█▀█", "█ █", "▀▀▀"),
    "1": ("▀█ ", " █ ", "▀▀▀"),
    "2": ("▀▀█", "█▀▀", "▀▀▀"),
    "3": ("▀▀█", " ▀█", "▀▀▀"),
    "4": ("█ █", "▀▀█", "  ▀"),
    "5": ("█▀▀", "▀▀█", "▀▀▀"),
    "6": ("█▀▀", "█▀█", "▀▀▀"),
    "7": ("▀▀█", "  █", "  ▀"),
    "8": ("█▀█", "█▀█", "▀▀▀"),
    "9": ("█▀█", "▀▀█", "▀▀▀"),
    "/": ("  █", " █ ", "▀  "),
    ".": (" ", " ", "▀"),
    ",": (" ", " ", "█"),
    "-": ("   ", "▀▀▀", "   "),
}


def width(text: str) -> int:
    """Cells that `text` takes; what has no large form is left as it is, in the middle row."""
    return sum(len(_FONT[char][0]) + 1 if char in _FONT else 1 for char in text)


def put(canvas: Canvas, x: int, y: int, text: str, style: Style) -> int:
    """Draw `text` from cell (x, y) on; returns the cell after it."""
    for char in text:
        rows = _FONT.get(char)
        if rows is None:
            x = canvas.put(x, y + 1, char, style)
            continue
        for row, cells in enumerate(rows):
            canvas.put(x, y + row, cells, style)
        x += len(rows[0]) + 1
    return x
