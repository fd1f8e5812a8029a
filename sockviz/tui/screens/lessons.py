"""The lessons of the course, to choose one from: what was done, where one was left, which comes next."""

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar, Final

from rich.text import Text as Rich
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.events import Resize, ScreenResume
from textual.screen import Screen
from textual.widgets import Static

from sockviz.lessons import progress
from sockviz.lessons.catalogue import headings
from sockviz.lessons.text import LANGUAGES, Language
from sockviz.tui.actions.registry import key_name
from sockviz.tui.controls.buttons import ButtonRow
from sockviz.tui.controls.layout import Cluster, Face
from sockviz.tui.controls.line import palette_of
from sockviz.tui.controls.notice import Notice, NoticeLine
from sockviz.tui.controls.pressing import Buttons
from sockviz.tui.controls.statusline import StatusLine
from sockviz.tui.lesson import words
from sockviz.tui.lesson.menu import LessonList, about, entries, following
from sockviz.tui.status import Part, Tone
from sockviz.tui.textual_themes import following as next_theme

KEYS: Final = (
    ("begin", "enter", words.BEGIN),
    ("anew", "a", words.ANEW),
    ("language", "l", words.LANGUAGE),
    ("theme", "T", words.THEME),
    ("quit", "q", words.QUIT),
)
"""What can be done, its key, the button."""

Choice = Callable[[str, bool], None]
"""Is told which lesson to begin, and whether from its start, wherever it was left."""


class LessonsScreen(Screen[None], inherit_bindings=False):
    """The list."""

    AUTO_FOCUS = ""
    CSS = """
    LessonsScreen { background: $background; }
    LessonsScreen #status { background: $surface; }
    LessonsScreen #about { height: 4; padding: 0 2; border-top: solid $border; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(key, f"do({name!r})", show=False) for name, key, _ in KEYS),
        *(
            Binding(key, f"move({by})", show=False)
            for key, by in (("up", -1), ("down", 1), ("home", -(10**9)), ("end", 10**9))
        ),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("ctrl+c,ctrl+q", "app.quit", show=False, priority=True),
    ]

    def __init__(self, path: Path | None, choose: Choice, language: Language, *, bold: bool = False) -> None:
        """`path`: where it is kept where lessons were left; `bold`: for an audience."""
        super().__init__()
        self._path = path
        self._choose = choose
        self._bold = bold
        self._lessons = headings()
        self.language = language

    def compose(self) -> ComposeResult:
        """Top to bottom."""
        yield StatusLine(id="status")
        yield LessonList()
        yield Static(id="about", markup=False)
        yield NoticeLine(id="notice")
        yield ButtonRow()

    def on_mount(self) -> None:
        """The list takes no keys for itself."""
        self.query_one(LessonList).can_focus = False

    def on_screen_resume(self, _: ScreenResume) -> None:
        """Somebody comes back from a lesson: another one is next."""
        listed = entries(self._lessons, progress.load(self._path))
        self.query_one(LessonList).cursor = following(listed)
        self._show()

    def on_resize(self, _: Resize) -> None:
        """In other lines."""
        self._show()

    # what keys and clicks do

    def action_do(self, name: str) -> None:
        """Do what a key or a button asks for."""
        getattr(self, f"_{name}")()

    def action_move(self, by: int) -> None:
        """The cursor."""
        self.query_one(LessonList).move(by)

    def action_page(self, direction: int) -> None:
        """The cursor, by as much as is seen."""
        listed = self.query_one(LessonList)
        listed.move(direction * listed.page)

    def on_buttons_pressed(self, message: Buttons.Pressed) -> None:
        """A button is its key."""
        self.action_do(message.action)

    def on_lesson_list_opened(self) -> None:
        """The line under the cursor was clicked."""
        self._begin()

    def on_lesson_list_moved(self) -> None:
        """Tell about another lesson."""
        self._show()

    def _begin(self) -> None:
        self._open(anew=False)

    def _anew(self) -> None:
        self._open(anew=True)

    def _open(self, *, anew: bool) -> None:
        chosen = self.query_one(LessonList).chosen
        if chosen is not None:
            self._choose(chosen.lesson.id, anew)

    def _language(self) -> None:
        self.language = LANGUAGES[1 - LANGUAGES.index(self.language)]
        self._show()

    def _theme(self) -> None:
        self.app.theme = next_theme(self.app.theme)
        self._show()

    def _quit(self) -> None:
        self.app.exit()

    # what is shown

    def _show(self) -> None:
        language, listed = self.language, self.query_one(LessonList)
        known = entries(self._lessons, progress.load(self._path))
        listed.show(known, language, bold=self._bold)
        done = sum(entry.finished for entry in known)
        count = words.OF_ALL.of(language).format(done=done, count=len(known))
        title = words.COURSE.of(language)
        self.query_one(StatusLine).show(
            (Part("sockviz", Tone.NAME), Part(title, Tone.STRONG), Part(count, rank=1))
        )
        self._tell(listed)
        self.query_one(NoticeLine).show(Notice(words.CHOOSE.of(language)))
        faces = tuple(
            Face(name, key_name(key), label.of(language), label.of(language)) for name, key, label in KEYS
        )
        self.query_one(ButtonRow).show((Cluster("", faces),))

    def _tell(self, listed: LessonList) -> None:
        """About the lesson under the cursor."""
        if listed.chosen is None:
            return
        titles = {one.id: one.title.of(self.language).replace("`", "") for one in self._lessons}
        colours, text = palette_of(self), Rich()
        style = colours.strong if self._bold else colours.text
        for line in about(listed.chosen, titles, self.language, self.size.width - 4):
            text.append("\n" if text else "")
            for piece in line:
                text.append(piece.text, colours.accent if piece.code else style)
        self.query_one("#about", Static).update(text)
