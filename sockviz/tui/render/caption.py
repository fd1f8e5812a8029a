"""What just happened and why, in two or three lines: words of the trade stand out as they look elsewhere.

Pure: text in, strips out.
"""

import re
from collections.abc import Callable, Iterator
from typing import Final

from rich.style import Style

from sockviz.tcp.states import State
from sockviz.tui.palettes import Palette
from sockviz.tui.render import marks
from sockviz.tui.render.canvas import Canvas, ConnectionTarget, Picture, clean, fit, width_of
from sockviz.tui.render.prose import fold
from sockviz.tui.render.sheet import Part
from sockviz.world.model import Narration

_BAR: Final = "▌"
_STATE = "|".join(sorted(State, key=len, reverse=True))
_NUMBER: Final = re.compile(r"#(\d+)\b")
"""How texts name a connection."""
_WORDS: Final = re.compile(
    rf"(?P<state>\b(?:{_STATE})\b)|(?P<badge>[{marks.SHAPES}]\d+)|(?P<call>\b[a-z]+\([^)]*\))"
    r"|(?P<flag>\b(?:SYN-ACK|SYN|ACK|FIN|RST)\b)"
)


def draw_caption(
    said: Narration | None,
    width: int,
    height: int,
    colours: Palette,
    *,
    large: bool = False,
    say: Callable[[str], str] = str,
) -> Picture:
    """The caption in `width` by `height` cells; empty before anything has happened.

    `large`: all bold; `say`: says it in the language of the view.
    """
    canvas = Canvas(width, height)
    if said is None:
        return canvas.picture()
    text = _NUMBER.sub(lambda match: marks.badge(int(match[1])), clean(" ".join(say(said.text).split())))
    lines = wrap(text, width - 4, height)
    top = max(0, (height - len(lines)) // 2)
    heavy = said.weight > 1
    bar = colours.warn if heavy else colours.tint(said.connection)
    for at, line in enumerate(lines):
        canvas.put(1, top + at, _BAR, bar)
        x = 3
        for part, style in _emphasised(line, colours.strong if heavy or large else colours.text, colours):
            x = canvas.put(x, top + at, part, style)
        if said.connection is not None:
            canvas.row_target(top + at, ConnectionTarget(said.connection))
    return canvas.picture()


def wrap(text: str, width: int, height: int) -> list[str]:
    """`text` in at most `height` lines of `width` cells, the last one cut with `…`.

    Broken at blanks; Chinese has none, and is broken as everywhere (`sockviz.tui.render.prose`).
    """
    if width <= 0 or height <= 0:
        return []
    if width_of(text) > len(text):
        return _fitted([line.text for line in fold(text, width)], width, height)
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if width_of(longer) <= width or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    return _fitted(lines, width, height)


def _fitted(lines: list[str], width: int, height: int) -> list[str]:
    if len(lines) > height:
        lines = [*lines[: height - 1], " ".join(lines[height - 1 :])]
    return [fit(line, width) for line in lines]


def _emphasised(line: str, base: Style, colours: Palette) -> Iterator[Part]:
    """The line with states, badges, calls and flags in their own styles."""
    at = 0
    for match in _WORDS.finditer(line):
        yield line[at : match.start()], base
        yield match[0], _style(match, colours)
        at = match.end()
    yield line[at:], base


def _style(match: re.Match[str], colours: Palette) -> Style:
    if match["state"]:
        return colours.states[State(match["state"])]
    if match["badge"]:
        return colours.tint(int(match["badge"][1:]))
    return colours.strong if match["flag"] else colours.accent
