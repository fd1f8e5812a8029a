"""What a lesson's panel says, row by row, in the room that there is: nothing is cut. Pure.

The three-way handshake ━━━━━━━━━━━━━━━──────────────────────────── 2/6 predict
▌ What leaves the client first?

   1  A segment without any data: SYN
   2  The first bytes of its request
   3  Nothing, before the server calls accept()
"""

from collections.abc import Iterator
from itertools import pairwise, product
from typing import Final, NamedTuple

from msgspec.structs import replace

from sockviz.lessons.scene import Option, Phase, Prediction, Scene, options
from sockviz.tui.lesson import words
from sockviz.tui.lesson.ending import ending, failure
from sockviz.tui.lesson.rows import (
    INDENT,
    MARGIN,
    Fit,
    Ink,
    Part,
    Row,
    Told,
    gap,
    inked,
    marked,
    paragraph,
    said,
)
from sockviz.tui.render.canvas import fit, width_of
from sockviz.tui.render.prose import Line, fold, plain
from sockviz.tui.translation import translated

_NUMBER: Final = 4
"""Cells of an answer's number, and the blank after it."""
LADDER: Final = 4
"""Rows that the transport bar and what is below it need, to be of any use."""
HOSTS: Final = {False: 13, True: 9}
"""Rows of the hosts; True: on a small terminal."""
LARGE_HOSTS: Final = {False: 20, True: 12}
"""The same on a projector, if the panel leaves them so many."""
_CAPTION: Final = {False: 2, True: 3}
"""Rows of the caption, in free play; True: on a projector."""
_BUTTONS: Final = 4
"""Rows of the stage's buttons, in free play."""
_TEXT: Final = frozenset({Phase.SAY, Phase.DO, Phase.EXPECT, Phase.EXPLAIN})
"""Phases in which there is nothing but text."""


class Space(NamedTuple):
    """Rows for the panel."""

    wanted: int
    """So many leave something else its place."""
    most: int


def room_for(scene: Scene, height: int, *, large: bool, tabs: bool) -> Space:
    """The panel's rows on a screen of `height`; `large`: on a projector, `tabs`: on a small terminal."""
    # Status line (but where everything is large and small), notice, the lesson's buttons.
    room = height - (not (large and tabs)) - 2
    if scene.free:
        room -= _BUTTONS + _CAPTION[large]
    elif scene.phase is Phase.DONE:
        return Space(room, room)
    most = room - HOSTS[tabs]
    if large:
        return Space(room - LARGE_HOSTS[tabs], most)
    asked = scene.question is not None and tabs and not scene.free
    return Space(most if asked else most - LADDER, most)


def panel(told: Told, width: int, *, rows: int, most: int) -> list[Row]:
    """The panel in `width` cells: in `rows` rows, if nothing has to be left out for that, else up to `most`.

    The last way is the tightest; what is longer even so (no lesson of the course is) ends with `…`.
    """
    head = title(told, width)
    made: list[Row] = []
    for few, limit, airy in product((False, True), (rows, most), (2, 1, 0)):
        made = [head, *_body(told, width, Fit(limit - 1, few, airy)), *([Row()] if airy else [])]
        if len(made) <= limit:
            return made
    return [*made[: most - 1], Row((("   …", Ink.DIM),))]


def tallest(told: Told, width: int, *, rows: int, most: int) -> int:
    """Rows of the tallest panel of the step that is shown: whatever it says, and whatever is predicted."""
    step, scene = told.scene.step, told.scene
    known = [scene]
    happens = step.say if step.ask is None else None
    for phase, text in ((Phase.SAY, step.say), (Phase.DO, happens), (Phase.EXPLAIN, step.explain)):
        if text is not None:
            known.append(replace(scene, phase=phase, text=text, question=None, options=()))
    for index, choice in enumerate(step.ask.choices if step.ask is not None else ()):
        made = Prediction(index, int(not index))
        asked = replace(scene, phase=Phase.VERDICT, question=step.ask.question if step.ask else None)
        known.append(replace(asked, text=choice.wrong, options=options(step.ask, made)))
    heights = []
    for one in known:
        tight = panel(replace(told, scene=one), width, rows=rows, most=most)
        apart = 2 * len(_lines(one, tight))
        heights.append(apart if len(tight) < apart <= rows else len(tight))
    return max(heights)


def _lines(scene: Scene, rows: list[Row]) -> list[Row]:
    """The lines of a panel in which there is nothing but text; else none."""
    return [row for row in rows[1:] if row.parts] if scene.phase in _TEXT and scene.question is None else []


def spread(told: Told, rows: list[Row], height: int) -> list[Row]:
    """The panel in just `height` rows: lines of a text further apart, if there is room for that."""
    lines = _lines(told.scene, rows)
    if lines and 2 * len(lines) <= height:
        rows = [rows[0], *lines[:1]]
        for before, line in pairwise(lines):
            joined = before.parts[:3] == line.parts[:3]
            rows += [Row(line.parts[:3]) if joined else Row(), line]
    return [*rows, *[Row()] * (height - len(rows))]


def title(told: Told, width: int) -> Row:
    """The lesson's title, how far it has come, and what is to be done now."""
    scene = told.scene
    name = f" {plain(told.of(told.lesson.title))} "
    word = told.of(words.FREE if scene.free else words.PHASES[scene.phase])
    step = f" {min(scene.number, scene.count)}/{scene.count} "
    room = width - width_of(name) - width_of(step) - width_of(word) - 3
    if room < 0:
        word, room = "", room + width_of(word) + 3
    done = scene.count if scene.phase is Phase.DONE else scene.number - 1
    full = max(room, 0) * done // scene.count
    tail: tuple[Part, ...] = ((f" {word} ", Ink.KEY), (" ", Ink.DIM)) if word else ()
    return Row((
        (name, Ink.STRONG),
        ("━" * full, Ink.BAR),
        ("─" * (max(room, 0) - full), Ink.RULE),
        (step, Ink.STRONG),
        *tail,
    ))  # fmt: skip


def _body(told: Told, width: int, how: Fit) -> Iterator[Row]:
    scene = told.scene
    if scene.free:
        yield from paragraph(told.of(words.FREELY), width, Ink.WARN)
        return
    match scene.phase:
        case Phase.STARTING:
            text = words.REBUILDING if told.rebuilding or scene.number > 1 else words.BUILDING
            yield from paragraph(told.of(text, number=scene.number), width, Ink.DIM)
        case Phase.DONE:
            yield from ending(told, width, how)
        case Phase.FAILED:
            yield from failure(told, width, how)
        case Phase.VERDICT:
            yield from _question(told, width, how)
            yield from gap(how)
            yield from _verdict(told, width)
            yield from _counters(told, width)
        case _ if scene.question is not None:
            yield from _question(told, width, how)
            yield from _waiting(told, width, how)
        case Phase.EXPLAIN:
            yield from paragraph(said(told, scene.text), width, Ink.GOOD)
            yield from _counters(told, width)
        case _:
            yield from paragraph(said(told, scene.text), width, Ink.BAR)
            yield from _counters(told, width)
            yield from _waiting(told, width, how)


# questions, answers, verdicts


def _question(told: Told, width: int, how: Fit) -> Iterator[Row]:
    scene = told.scene
    yield from paragraph(said(told, scene.question), width, Ink.WARN, Ink.STRONG)
    yield from gap(how)
    for index, option in enumerate(scene.options):
        if how.few and not (option.chosen or option.true):
            continue
        if index and how.airy > 1:
            yield Row()
        yield from _option(told, index, option, width)


def _option(told: Told, index: int, option: Option, width: int) -> Iterator[Row]:
    """An answer: its number, and a sign before it if something is known of it."""
    asked = told.scene.phase is Phase.ASK
    if option.true:
        sign, mark, ink = "✓", Ink.GOOD, Ink.STRONG
    elif option.chosen:
        sign, mark, ink = ("▸", Ink.STRONG, Ink.STRONG) if option.true is None else ("✗", Ink.BAD, Ink.TEXT)
    else:
        sign, mark, ink = " ", Ink.DIM, Ink.TEXT if asked else Ink.DIM
    answer = index if asked else None
    for at, line in enumerate(fold(told.of(option.text), width - INDENT - _NUMBER)):
        number = ((f" {index + 1} ", Ink.KEY),) if asked else marked(str(index + 1), mark)
        head: tuple[Part, ...] = (*marked(sign, mark), *number, (" ", ink))
        if at:
            head = ((" " * (INDENT + _NUMBER), ink),)
        yield Row((*head, *inked(line, ink), *_yours(told, option, width, line)), answer)


def _yours(told: Told, option: Option, width: int, line: Line) -> Iterator[Part]:
    """Whose answer it is, in words, if there is room for them."""
    text = f"  ← {told.of(words.YOURS)}"
    if option.chosen and width_of(line.text) + width_of(text) <= width - INDENT - _NUMBER:
        yield text, Ink.DIM


def _verdict(told: Told, width: int) -> Iterator[Row]:
    if told.scene.text is None:
        yield from paragraph(told.of(words.RIGHT), width, Ink.GOOD, Ink.STRONG)
        return
    blank = "" if told.language == "zh" else " "
    yield from paragraph(f"{told.of(words.WRONG)}{blank}{told.of(told.scene.text)}", width, Ink.BAD)


def _counters(told: Told, width: int) -> Iterator[Row]:
    """The stage has no place for them: they are pointed at here."""
    if told.counters:
        text = "  ".join(
            f"{name} = {value} ({translated(host, told.language)})" for host, name, value in told.counters
        )
        yield Row(((" ▶ ", Ink.POINTER), (" ", Ink.DIM), (fit(text, width - INDENT - MARGIN), Ink.CODE)))


def _waiting(told: Told, width: int, how: Fit) -> Iterator[Row]:
    """While it happens."""
    if told.scene.phase not in (Phase.DO, Phase.EXPECT):
        return
    yield from gap(how)
    # What exactly is waited for would tell the answer.
    waiting = told.scene.waiting if told.scene.question is None else None
    text = told.of(words.WAITING)
    if waiting is not None:
        text = told.of(words.WAITING_FOR, what=plain(told.of(waiting)))
    yield Row((*marked("◷", Ink.WARN), (fit(text, width - INDENT - MARGIN), Ink.DIM)))
