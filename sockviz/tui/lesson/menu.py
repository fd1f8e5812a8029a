"""The list of lessons: what it says of each, which one comes next, and how it is drawn. No files, no app.

▸ 4  ✓  accept() takes the oldest                        6 min   done 3/3
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import msgspec
from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from sockviz.lessons.headings import Heading
from sockviz.lessons.scene import Bookmark
from sockviz.lessons.text import Language
from sockviz.tui.controls.line import palette_of
from sockviz.tui.lesson import words
from sockviz.tui.render.canvas import fit, width_of
from sockviz.tui.render.prose import Line, fold, plain

if TYPE_CHECKING:
    from rich.style import Style

_WHEEL: Final = 3
"""Lines a notch."""
_TITLE: Final = 50
"""Columns for a title, at most."""
_SIDE: Final = 26
"""Columns for how long it takes and how far it was taken."""


class Entry(msgspec.Struct, frozen=True):
    """A lesson of the list."""

    number: int
    lesson: Heading
    at: int = 0
    """The step where it was left, from 1; 0: it was not begun."""
    finished: bool = False
    right: int = 0
    asked: int = 0

    @property
    def begun(self) -> bool:
        """It was begun, and not finished."""
        return self.at > 1 and not self.finished

    def sign(self) -> str:
        """How far it was taken, in a cell."""
        return "✓" if self.finished else "▸" if self.begun else " "

    def told(self, language: Language) -> str:
        """The same in words."""
        if self.finished and self.asked:
            return words.DONE.of(language).format(right=self.right, count=self.asked)
        if self.finished:
            return words.DONE_PLAIN.of(language)
        if self.begun:
            return words.LEFT_AT.of(language).format(number=self.at, count=len(self.lesson.steps))
        return ""


def entries(lessons: Sequence[Heading], bookmarks: Mapping[str, Bookmark]) -> list[Entry]:
    """The list, in the order of the course."""
    return [_entry(number, one, bookmarks.get(one.id)) for number, one in enumerate(lessons, 1)]


def _entry(number: int, lesson: Heading, bookmark: Bookmark | None) -> Entry:
    if bookmark is None:
        return Entry(number, lesson)
    at = lesson.steps.index(bookmark.step) + 1 if bookmark.step in lesson.steps else 0
    made = ((bookmark.predictions.get(step), count) for step, count in lesson.choices.items())
    right = sum(one.right for one, count in made if one is not None and one.settled(count))
    return Entry(number, lesson, at, bookmark.finished, right, len(lesson.choices))


def following(listed: Sequence[Entry]) -> int:
    """The index of the one that comes next: the last that was left in the middle, else the first new one."""
    begun = [at for at, entry in enumerate(listed) if entry.begun]
    new = [at for at, entry in enumerate(listed) if not entry.finished]
    return begun[-1] if begun else new[0] if new else 0


def about(entry: Entry, titles: Mapping[str, str], language: Language, width: int) -> list[Line]:
    """What one knows after the lesson, and what it builds upon."""
    lines = list(fold(entry.lesson.summary.of(language), width))
    builds = [titles[one] for one in entry.lesson.prerequisites if one in titles]
    if builds:
        lines += fold(words.BUILDS_ON.of(language).format(titles=", ".join(builds)), width)
    return lines


class LessonList(Widget):
    """One line a lesson."""

    DEFAULT_CSS = "LessonList { height: 1fr; background: $background; }"

    class Opened(Message):
        """A lesson was chosen."""

    class Moved(Message):
        """Another one is under the cursor."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  Textual's name
        super().__init__(id=id)
        self._entries: Sequence[Entry] = ()
        self._language: Language = "en"
        self._bold = False
        self._top = 0
        self.cursor = 0

    def show(self, listed: Sequence[Entry], language: Language, *, bold: bool) -> None:
        """List these."""
        self._entries, self._language, self._bold = listed, language, bold
        self._follow()

    @property
    def chosen(self) -> Entry | None:
        """Under the cursor."""
        return self._entries[self.cursor] if self.cursor < len(self._entries) else None

    @property
    def page(self) -> int:
        """Lines that are seen."""
        return max(self.size.height, 1)

    def move(self, by: int) -> None:
        """Move the cursor by so many lines, as far as there are any."""
        self.cursor = max(0, min(self.cursor + by, len(self._entries) - 1))
        self._follow()
        self.post_message(self.Moved())

    def _follow(self) -> None:
        """Scroll to where the cursor is seen, once it is known how many lines there are."""
        if self.size.height:
            self._scroll(min(max(self._top, self.cursor - self.page + 1), self.cursor))
        else:
            self.refresh()

    def _scroll(self, top: int) -> None:
        self._top = max(0, min(top, len(self._entries) - self.page))
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """A lesson."""
        width, blank, colours = self.size.width, self.rich_style, palette_of(self)
        at = self._top + y
        if at >= len(self._entries):
            return Strip.blank(width, blank)
        entry, here = self._entries[at], at == self.cursor
        style = colours.strong if self._bold or here else colours.text
        if here:
            blank += colours.selected
        column = min(width - _SIDE - 9, _TITLE)
        title = fit(plain(entry.lesson.title.of(self._language)), column)
        minutes = words.MINUTES.of(self._language).format(minutes=entry.lesson.minutes)
        told = entry.told(self._language)
        gap = column - width_of(title)
        parts: list[tuple[str, Style]] = [
            (" ▶" if here else "  ", colours.accent),
            (f"{entry.number:>3}  ", colours.strong if here else colours.dim),
            (f"{entry.sign()} ", colours.good if entry.finished else colours.accent),
            (title + " " * gap, style),
            (" " * (8 - width_of(minutes)) + minutes, colours.dim),
            ("  " + fit(told, _SIDE - 10), colours.good if entry.finished else colours.accent),
        ]
        line = [Segment(text, blank + ink) for text, ink in parts]
        more = Segment(self._more(y), blank + colours.accent)
        return Strip.join([Strip(line).adjust_cell_length(width - 2, blank), Strip([more])])

    def _more(self, y: int) -> str:
        """At the end of the first and of the last line: that there are others."""
        if y == 0 and self._top:
            return "↑ "
        return "↓ " if y == self.page - 1 and self._top + self.page < len(self._entries) else "  "

    def on_resize(self) -> None:
        """Keep the cursor where it is seen."""
        self._follow()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Back."""
        event.stop()
        self._scroll(self._top - _WHEEL)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Forth."""
        event.stop()
        self._scroll(self._top + _WHEEL)

    def on_click(self, event: events.Click) -> None:
        """Point at a line, and at the second click open it."""
        event.stop()
        at = self._top + event.y
        if at == self.cursor:
            self.post_message(self.Opened())
        elif at < len(self._entries):
            self.move(at - self.cursor)
