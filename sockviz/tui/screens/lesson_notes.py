"""The presenter's notes: the step that the lesson is at in the other terminal, or another one by hand."""
# ruff: noqa: RUF001 - Chinese has punctuation of its own

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import ClassVar, Final

from rich.style import Style
from rich.text import Text as Rich
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.events import Resize
from textual.screen import Screen
from textual.widgets import Static

from sockviz.lessons import progress
from sockviz.lessons.catalogue import names
from sockviz.lessons.notes import Kind, Note, of_lesson, of_step
from sockviz.lessons.schema import Lesson
from sockviz.lessons.text import LANGUAGES, Language, Text
from sockviz.rehearsal import Rehearsal
from sockviz.tui.actions.registry import key_name
from sockviz.tui.controls.buttons import ButtonRow
from sockviz.tui.controls.layout import Cluster, Face
from sockviz.tui.controls.line import palette_of
from sockviz.tui.controls.notice import Notice, NoticeLine
from sockviz.tui.controls.pressing import Buttons
from sockviz.tui.controls.statusline import StatusLine
from sockviz.tui.lesson import words
from sockviz.tui.palettes import Palette
from sockviz.tui.render.canvas import width_of
from sockviz.tui.render.prose import fold
from sockviz.tui.status import Part, Tone
from sockviz.tui.textual_themes import following

POLL: Final = 0.5
"""Seconds between two looks at where the lesson is."""
_LABEL: Final = 9
"""Cells for what stands before a paragraph."""
_DEEPER: Final = 3

_TITLE: Final = Text(en="notes", zh="备注")
_FOLLOWS: Final = Text(en="follows the lesson", zh="跟随课程")
_BY_HAND: Final = Text(en="by hand", zh="手动")
_NEXT: Final = Text(en="the next step: ", zh="下一步：")
_WAITING: Final = Text(
    en="Begin the lesson in another terminal: `sockviz lesson {id}`. The notes follow it.",
    zh="在另一个终端里开始：`sockviz lesson {id}`，备注会跟着走。",
)
_PLAYING: Final = Text(
    en="The lesson is being played once behind the scenes, to see what this kernel answers …",
    zh="正在后台把这一课运行一遍，看这个内核如何回答……",
)
_READY: Final = Text(
    en="The answers are what this kernel did just now, when the lesson was played behind the scenes.",
    zh="答案来自刚才的后台运行：就是这个内核的实际表现。",
)
_UNKNOWN: Final = Text(en="The answers are not known: {reason}.", zh="答案未知：{reason}。")
KEYS: Final = (
    ("next", "n", Text(en="next step", zh="下一步")),
    ("previous", "p", Text(en="previous step", zh="上一步")),
    ("follow", "f", Text(en="follow the lesson", zh="跟随课程")),
    ("speak", "l", words.LANGUAGE),
    ("theme", "T", words.THEME),
    ("quit", "q", words.QUIT),
)
"""What can be done, its key, the button."""


class NotesScreen(Screen[None], inherit_bindings=False):
    """One step at a time, and what comes after it."""

    AUTO_FOCUS = ""
    CSS = """
    NotesScreen { background: $background; }
    NotesScreen #status { background: $surface; }
    NotesScreen VerticalScroll { height: 1fr; padding: 1 2; scrollbar-size-vertical: 1; }
    NotesScreen Static { height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(key, f"do({name!r})", show=False) for name, key, _ in KEYS),
        Binding("right,enter", "do('next')", show=False),
        Binding("left,backspace", "do('previous')", show=False),
        *(Binding(key, f"scroll({by})", show=False) for key, by in (("up", -1), ("down", 1))),
        *(Binding(key, f"page({by})", show=False) for key, by in (("pageup", -1), ("pagedown,space", 1))),
        Binding("ctrl+c,ctrl+q", "app.quit", show=False, priority=True),
    ]

    def __init__(
        self,
        lesson: Lesson,
        key: str,
        path: Path,
        *,
        language: Language,
        rehearsal: Rehearsal,
        switch: Callable[[str, Language], None],
        begun: bool = False,
    ) -> None:
        """Notes.

        Args:
            lesson: What is presented.
            key: What it is called in the file of where lessons were left.
            path: That file.
            language: Of the notes.
            rehearsal: Knows the answers, as far as it has come.
            switch: Shows the notes of another lesson of the course, which has begun.
            begun: This one has begun.
        """
        super().__init__()
        self._lesson = lesson
        self._key = key
        self._path = path
        self._language: Language = language
        self._rehearsal = rehearsal
        self._switch = switch
        self._begun = begun
        self._at = -1
        """The step, from 0; -1: what is to be known before."""
        self._seen = progress.load(path)
        """Where all lessons were when they were last looked at."""
        self._follows = False
        """A lesson was seen going on, and nobody has turned over by hand since."""

    def compose(self) -> ComposeResult:
        """Top to bottom."""
        yield StatusLine(id="status")
        with VerticalScroll():
            yield Static(id="notes")
        yield NoticeLine(id="notice")
        yield ButtonRow()

    def on_mount(self) -> None:
        """Look where the lesson is."""
        self.query_one(VerticalScroll).can_focus = False
        self._rehearsal.on_answer = self._show
        self.set_interval(POLL, self._poll)
        if self._begun:
            self._follow()
        self._show()

    def on_unmount(self) -> None:
        """Nobody looks any more."""
        self._rehearsal.on_answer = lambda: None

    @property
    def _left(self) -> str | None:
        """The step at which the lesson is, by its id."""
        bookmark = self._seen.get(self._key)
        return bookmark.step if bookmark is not None else None

    def _poll(self) -> None:
        """Go where the lesson has gone, or to the one that has begun after it."""
        before, left, self._seen = self._seen, self._left, progress.load(self._path)
        if self._left != left:
            self._follow()
        elif self._seen.get(self._key) == before.get(self._key):
            others = [key for key, bookmark in self._seen.items() if bookmark != before.get(key)]
            if others and others[-1] in names():
                self._switch(others[-1], self._language)

    def on_resize(self, _: Resize) -> None:
        """In other lines."""
        self._show()

    # what keys and clicks do

    def action_do(self, name: str) -> None:
        """Do what a key or a button asks for."""
        getattr(self, f"_{name}")()

    def on_buttons_pressed(self, message: Buttons.Pressed) -> None:
        """A button is its key."""
        self.action_do(message.action)

    def action_scroll(self, by: int) -> None:
        """A line."""
        self.query_one(VerticalScroll).scroll_relative(y=by, animate=False)

    def action_page(self, by: int) -> None:
        """A page."""
        body = self.query_one(VerticalScroll)
        body.scroll_relative(y=by * max(body.size.height - 2, 1), animate=False)

    def _next(self) -> None:
        self._turn(self._at + 1, follows=False)

    def _previous(self) -> None:
        self._turn(self._at - 1, follows=False)

    def _follow(self) -> None:
        steps = [step.id for step in self._lesson.step]
        if self._left in steps:
            self._turn(steps.index(self._left), follows=True)

    def _turn(self, at: int, *, follows: bool) -> None:
        self._follows = follows
        self._at = max(-1, min(at, len(self._lesson.step) - 1))
        self.query_one(VerticalScroll).scroll_home(animate=False)
        self._show()

    def _speak(self) -> None:
        self._language = LANGUAGES[1 - LANGUAGES.index(self._language)]
        self._show()

    def _theme(self) -> None:
        self.app.theme = following(self.app.theme)
        self._show()

    def _quit(self) -> None:
        self.app.exit()

    # what is shown

    def _show(self) -> None:
        if not self.query(ButtonRow):
            return
        language, count = self._language, len(self._lesson.step)
        mode = (_FOLLOWS if self._follows else _BY_HAND).of(language)
        title = self._lesson.title.of(language).replace("`", "")
        parts = [Part("sockviz", Tone.NAME), Part(_TITLE.of(language), Tone.STRONG), Part(title, rank=1)]
        if self._at >= 0:
            parts.append(Part(f"{self._at + 1}/{count}", Tone.STRONG))
        parts.append(Part(mode, Tone.PLAIN if self._follows else Tone.WARN))
        self.query_one(StatusLine).show(tuple(parts))
        self.query_one("#notes", Static).update(self._text(palette_of(self)))
        self.query_one(NoticeLine).show(Notice(self._notice()))
        faces = tuple(
            Face(name, key_name(key), label.of(language), label.of(language)) for name, key, label in KEYS
        )
        self.query_one(ButtonRow).show((Cluster("", faces),))

    def _notice(self) -> str:
        language, rehearsal = self._language, self._rehearsal
        if rehearsal.complaint:
            return _UNKNOWN.of(language).format(reason=rehearsal.complaint)
        if self._left is None and self._at < 0:
            return _WAITING.of(language).format(id=self._lesson.id)
        return (_READY if rehearsal.done else _PLAYING).of(language)

    def _text(self, colours: Palette) -> Rich:
        """This step's notes, and the next one's."""
        text, width = Rich(), max(self.size.width - 5, 20)
        shown = [self._at, self._at + 1] if self._at >= 0 else [-1, 0]
        for number in shown:
            if number >= len(self._lesson.step):
                break
            self._head(text, number, colours, width)
            for line in _lines(self._notes(number), colours, width, later=number != self._at):
                text.append_text(line)
        return text

    def _head(self, text: Rich, number: int, colours: Palette, width: int) -> None:
        if number < 0:
            return
        step = self._lesson.step[number]
        later = number != self._at
        before = _NEXT.of(self._language) if later else ""
        head = f"{before}{number + 1}/{len(self._lesson.step)} {step.id} "
        text.append("\n" if text else "")
        text.append(head, colours.dim if later else colours.accent)
        text.append("─" * (width - width_of(head)) + "\n\n", colours.border)

    def _notes(self, number: int) -> list[Note]:
        if number < 0:
            return of_lesson(self._lesson, self._language)
        step = self._lesson.step[number]
        bookmark = self._seen.get(self._key)
        made = bookmark.predictions.get(step.id) if bookmark is not None else None
        known = self._rehearsal.answers.get(step.id, made.true if made is not None else None)
        return of_step(step, self._language, known)


def _lines(notes: Sequence[Note], colours: Palette, width: int, *, later: bool) -> Iterator[Rich]:
    """The notes, line by line; those of a later step are dim."""
    for note in notes:
        style, mark = _styles(note.kind, colours)
        if later:
            style = mark = colours.dim
        indent = _LABEL + (_DEEPER if note.kind is Kind.WHY_NOT else 0)
        for at, line in enumerate(fold(note.text, width - indent)):
            label = note.label if at == 0 else ""
            text = Rich()
            text.append(label, mark)
            text.append(" " * (indent - width_of(label)))
            for piece in line:
                text.append(piece.text, colours.accent if piece.code and not later else style)
            yield text.append("\n")


def _styles(kind: Kind, colours: Palette) -> tuple[Style, Style]:
    """Of the text, and of what stands before it."""
    match kind:
        case Kind.SAY | Kind.EXPLAIN:
            return colours.strong, colours.accent
        case Kind.ASK:
            return colours.strong, colours.warn
        case Kind.RIGHT:
            return colours.good, colours.good + Style(reverse=True)
        case Kind.WRONG:
            return colours.text, colours.bad
        case Kind.HINT:
            return colours.warn, colours.warn + Style(reverse=True)
        case _:
            return colours.text, colours.dim
