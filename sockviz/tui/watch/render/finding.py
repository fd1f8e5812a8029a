"""Why something was dropped and what to do about it: nothing on the screen matters more. Pure."""

from collections.abc import Iterator
from typing import Final

from rich.style import Style
from rich.text import Text

from sockviz.tui.palettes import Palette
from sockviz.tui.render.canvas import ActionTarget, Canvas, Picture, clean
from sockviz.tui.render.prose import fold
from sockviz.tui.watch.render import words
from sockviz.tui.watch.view import WatchView, foremost, goes_on
from sockviz.world.watch.model import Finding, Watch

_BAR: Final = "▌"
_INDENT: Final = 3
_DO: Final = "→ "
MOST: Final = {False: 6, True: 3}
"""Lines, at most: on a large and on a small terminal. The rest is told by a key."""
_COUNTED: Final = (
    "A finding counts attempts to connect, by the counters of the network namespace. The listeners' own "
    "counters of dropped packets (ss -m), which the lists show, count an ignored final ACK twice."
)
_TARGET: Final = ActionTarget("watch-findings")


def lines_of(view: WatchView, width: int, most: int) -> list[tuple[str, bool]]:
    """What is said, line by line, and whether that is the cause (not the advice)."""
    found = foremost(view.watch, view.now)
    if found is None:
        return []
    room = max(width - _INDENT - 1, 20)
    # Who looks at one listener need not be told which one it is.
    who = "" if view.watch.chosen == (found.listener,) else whose(found)
    cause = [(line.text, True) for line in fold(f"{when(found, view.now)}{who}{found.text}", room)]
    advice = [(line.text, False) for line in fold(found.advice, room - len(_DO))]
    others = len(view.watch.findings) - 1
    more = f" (f: all {others + 1} drops)" if others else " (f: all of it)"
    lines = [*cause[: most - 1], *advice] if len(cause) >= most else [*cause, *advice]
    if len(lines) > most or others:
        lines = lines[:most]
        last, is_cause = lines[-1]
        space = room - (0 if is_cause else len(_DO)) - len(more)
        cut = len(cause) + len(advice) > most
        lines[-1] = (shortened(last, space, more=cut) + more, is_cause)
    return lines


def shortened(text: str, room: int, *, more: bool = False) -> str:
    """As many whole words as there is room for; `…` if that is not all, or there is `more`."""
    if len(text) <= room and not more:
        return text
    return text[: room - 1].rpartition(" ")[0] + " …" if len(text) > room - 2 else f"{text} …"


def when(found: Finding, now: int) -> str:
    """`NOW: ` or how long ago it was seen last."""
    return "NOW: " if goes_on(found, now) else f"{words.span(max(0, now - found.last))} ago: "


def whose(found: Finding) -> str:
    """The listener's address, if it is one's."""
    return f"{words.address(found.listener)}: " if found.listener is not None else ""


def quiet(view: WatchView) -> str:
    """What is said while nothing was dropped."""
    watch = view.watch
    if watch.header is None:
        return ""
    known = all(one.drops_known for one in watch.listeners.values())
    seen = f"No drop has been seen in the {words.span(view.now)} since watching began."
    before = sum(one.before for one in watch.listeners.values() if not watch.chosen or one.chosen)
    if before and known:
        whom = "by these listeners" if watch.chosen else "by the listeners here"
        seen += f" Before that, {before:,} were dropped {whom}."
    return seen


def height(view: WatchView, width: int, most: int) -> int:
    """How many rows it takes."""
    return max(len(lines_of(view, width, most)), 1)


def draw_finding(view: WatchView, width: int, most: int, colours: Palette) -> Picture:
    """The most important finding; a quiet line if there is none."""
    lines = lines_of(view, width, most)
    canvas = Canvas(width, max(len(lines), 1))
    if not lines:
        canvas.put(1, 0, "✓" if view.watch.header is not None else "", colours.good)
        canvas.put(_INDENT, 0, quiet(view), colours.dim)
        return canvas.picture()
    found = foremost(view.watch, view.now)
    ink = colours.bad if found is not None and goes_on(found, view.now) else colours.warn
    begun = False
    for y, (text, cause) in enumerate(lines):
        canvas.put(0, y, _BAR, ink)
        x = _INDENT
        if not cause:
            canvas.put(x, y, "" if begun else _DO, colours.accent)
            begun, x = True, x + len(_DO)
        canvas.put(x, y, text, _ink(cause, ink, colours, large=view.large))
        if y == 0 and ": " in text:
            canvas.put(x, y, text[: text.index(": ") + 1], ink)
        canvas.row_target(y, _TARGET)
    return canvas.picture()


def _ink(cause: bool, ink: Style, colours: Palette, *, large: bool) -> Style:  # noqa: FBT001 - what it is
    del ink
    return colours.strong if cause or large else colours.text


def all_findings(watch: Watch, now: int, colours: Palette) -> list[Text]:
    """Every finding in full, the newest first."""
    lines: list[Text] = []
    for found in reversed(watch.findings):
        lines += _in_full(found, now, colours)
    if lines:
        lines.append(Text(_COUNTED, colours.dim))
    return lines


def _in_full(found: Finding, now: int, colours: Palette) -> Iterator[Text]:
    ink = colours.bad if goes_on(found, now) else colours.warn
    since = f"since {clock(found.t)}" if goes_on(found, now) else f"{clock(found.t)} to {clock(found.last)}"
    sure = "" if found.certain else "  (likely, not certain)"
    yield Text.assemble((f"{when(found, now)}{since}{sure}", ink))
    yield Text.assemble(("  " + clean(whose(found) + found.text), colours.strong))
    yield Text.assemble(("  → ", colours.accent), (clean(found.advice), colours.text))
    counters = ", ".join(f"{clean(name)} +{by:,}" for name, by in found.counters.items())
    if counters:
        yield Text.assemble(("  counters  ", colours.dim), (counters, colours.dim))
    yield Text()


def clock(t: int) -> str:
    """`02:07`: minutes and seconds since watching began; with hours if there are any."""
    seconds = t // 1_000_000_000
    hours, rest = divmod(seconds, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60:02}:{rest % 60:02}"
