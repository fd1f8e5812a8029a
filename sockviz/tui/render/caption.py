"""What just happened and why, in two or three lines: words of the trade stand out as they look elsewhere.

Pure: text in, strips out.
"""

import re
from typing import Final

from rich.style import Style

from sockviz.tcp.states import State
from sockviz.tui.render import marks
from sockviz.tui.render.canvas import Canvas, ConnectionTarget, Picture, clean, fit, width_of
from sockviz.tui.themes import Palette
from sockviz.world.model import Narration

_BAR: Final = "▌"
_STATE = "|".join(sorted(State, key=len, reverse=True))
_WORDS: Final = re.compile(
    rf"(?P<state>\b(?:{_STATE})\b)|(?P<badge>[{marks.SHAPES}]\d+)|(?P<call>\b[a-z]+\([^)]*\))"
    r"|(?P<flag>\b(?:SYN-ACK|SYN|ACK|FIN|RST)\b)"
)


def draw_caption(said: Narration | None, width: int, height: int, palette: Palette) -> Picture:
    """The caption in `width` by `height` cells; empty before anything has happened."""
    canvas = Canvas(width, height)
    if said is None:
        return canvas.picture()
    lines = wrap(clean(" ".join(said.text.split())), width - 3, height)
    top = max(0, (height - len(lines)) // 2)
    heavy = said.weight > 1
    bar = palette.warn if heavy else palette.tint(said.connection)
    for at, line in enumerate(lines):
        canvas.put(1, top + at, _BAR, bar)
        _emphasised(canvas, 3, top + at, line, palette.strong if heavy else palette.text, palette)
        if said.connection is not None:
            canvas.row_target(top + at, ConnectionTarget(said.connection))
    return canvas.picture()


def wrap(text: str, width: int, height: int) -> list[str]:
    """`text` broken at blanks into at most `height` lines of `width` cells, the last one cut with `…`."""
    if width <= 0 or height <= 0:
        return []
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if width_of(longer) <= width or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    if len(lines) > height:
        lines = [*lines[: height - 1], " ".join(lines[height - 1 :])]
    return [fit(line, width) for line in lines]


def _emphasised(canvas: Canvas, x: int, y: int, line: str, base: Style, palette: Palette) -> None:
    at = 0
    for match in _WORDS.finditer(line):
        x = canvas.put(x, y, line[at : match.start()], base)
        x = canvas.put(x, y, match[0], _style(match, palette))
        at = match.end()
    canvas.put(x, y, line[at:], base)


def _style(match: re.Match[str], palette: Palette) -> Style:
    if match["state"]:
        return palette.states[State(match["state"])]
    if match["badge"]:
        return palette.chip(int(match["badge"][1:]))
    return palette.strong if match["flag"] else palette.accent
