"""The stage with a lesson's panel on it: under the hosts; on a projector above them. Knows no session.

What the lesson says has the rows that it needs; ladder or table have the rest, or give way to a question.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from textual.app import ComposeResult
from textual.geometry import Size

from sockviz.tui.actions.action import Situation
from sockviz.tui.controls import bar
from sockviz.tui.controls.buttons import ButtonRow
from sockviz.tui.controls.layout import Cluster
from sockviz.tui.controls.tabs import TABS
from sockviz.tui.lesson.layout import HOSTS, LADDER, panel, room_for, spread, tallest
from sockviz.tui.lesson.rows import Row, Told
from sockviz.tui.lesson.widget import LessonPanel
from sockviz.tui.screens.furniture import STAGE, Furniture
from sockviz.world.model import World

_LEARN: Final = (
    "lesson-forward", "lesson-back", "lesson-repeat", "lesson-play", "list", "projector", "help", "quit"
)  # fmt: skip
_RETURN: Final = ("lesson-play", "list")


class LessonFurniture(Furniture):
    """The stage, the lesson's panel, and buttons for the lesson."""

    def __init__(self) -> None:
        super().__init__()
        self._told: Told | None = None

    def _story(self) -> ComposeResult:
        """The panel."""
        yield LessonPanel(id="lesson")

    def _choices(self) -> tuple[str, ...]:
        """Large, there is room for one thing at a time."""
        return (STAGE, *TABS) if self.large else TABS

    def choose(self, tab: str) -> None:
        """Show this one of those that share a place, if they do; `place` has to be called then."""
        if tab in self._choices():
            self._tab = tab

    def tell(self, told: Told) -> None:
        """Say this; `place` has to be called then."""
        self._told = told

    # places

    def place(self, size: Size) -> None:
        """As the stage; the panel has the rows that it needs."""
        super().place(size)
        told = self._told
        if told is None:
            return
        over = told.scene.phase == "done" and not told.scene.free
        rows, below = self._measured(told, size, over=over)
        stage = not over and self._stands()
        self._display("#status", shown=not (self.large and self.tabs))
        self._display("#hosts", shown=stage)
        self._display("#time", shown=below and not (self.large and self.tabs))
        self._display("#below", shown=below and not (self.large and stage))
        self._display("#caption", shown=told.scene.free)
        for number, row in enumerate(self.query(ButtonRow)):
            row.display = told.scene.free or number == 0
        self.query_one("#hosts").styles.height = "1fr" if self.large else HOSTS[self.tabs]
        self.query_one("#below").styles.height = "1fr"
        lesson = self.query_one(LessonPanel)
        lesson.show(rows, bold=self.large)
        lesson.styles.height = "1fr" if over or not below else len(rows)

    def _display(self, what: str, *, shown: bool) -> None:
        self.query_one(what).display = shown

    def _stands(self) -> bool:
        """The hosts are to be seen."""
        if self.inspecting:
            return not (self.tabs or self.large)
        return not self.large or self.tab == STAGE

    def _measured(self, told: Told, size: Size, *, over: bool) -> tuple[Sequence[Row], bool]:
        """The panel's rows, and whether there are any for what is below it."""
        room = room_for(told.scene, size.height, large=self.large, tabs=self.tabs)
        wanted = room.most - LADDER if self.inspecting and not self.large else room.wanted
        rows = panel(told, size.width, rows=wanted, most=room.most)
        if self.large and not over:
            # The hosts stand still while a step lasts.
            tall = tallest(told, size.width, rows=wanted, most=room.most)
            return spread(told, rows, tall), True
        return rows, not over and wanted < room.most and len(rows) <= wanted

    def _raise_story(self) -> None:
        """On a projector the panel is above the hosts, too, and the notice with it."""
        if self.large == self.has_class("-large"):
            return
        super()._raise_story()
        lesson = self.query_one(LessonPanel)
        if self.large:
            self.move_child(lesson, before=self.query_one("#caption"))
        else:
            self.move_child(lesson, after=self.query_one("#hosts"))

    # frames

    def _buttons(self, situation: Situation) -> Iterator[tuple[Cluster, ...]]:
        """The lesson's row; while it is played freely, the stage's below it."""
        free = situation.lesson is not None and situation.lesson.free
        names = _RETURN if free else _LEARN
        yield (Cluster("", tuple(bar.face(name, situation) for name in names)),)
        yield from bar.rows(situation)

    def _greet(self, world: World, situation: Situation) -> None:
        """The lesson does the greeting."""
        if situation.lesson is None or situation.lesson.free:
            super()._greet(world, situation)
        else:
            self.remove_class("-empty")
