"""The stage with the user's own programs: their terminals in the source's place, and buttons for them."""

from collections.abc import Iterator, Mapping
from typing import Final

from textual.geometry import Size
from textual.widget import Widget

from sockviz.tui.actions.action import Situation
from sockviz.tui.controls import bar
from sockviz.tui.controls.buttons import ButtonRow
from sockviz.tui.controls.layout import Cluster
from sockviz.tui.controls.tabs import TITLES, TabLine
from sockviz.tui.programs.panes import Keyboard
from sockviz.tui.programs.widget import ProgramsView
from sockviz.tui.screens.furniture import SOURCE, Furniture
from sockviz.world.model import World

_TABS: Final = 30
"""Cells of the tabs and their key."""


_ROWS: Final = 3
"""Of buttons; for an audience one more."""


class ProgramsFurniture(Furniture):
    """What is under glass are strangers: their source is not known, what they print is."""

    def __init__(self) -> None:
        super().__init__()
        self._tab = SOURCE

    def on_mount(self) -> None:
        """A longer word among the tabs."""
        super().on_mount()
        self.query_one(TabLine).styles.width = _TABS

    def _third(self) -> Widget:
        return ProgramsView(id=SOURCE)

    def _titles(self) -> Mapping[str, str]:
        return {**TITLES, SOURCE: " Programs "}

    def place(self, size: Size) -> None:
        """As the stage, with a row of buttons less."""
        super().place(size)
        for number, row in enumerate(self.query(ButtonRow)):
            row.display = number < _ROWS + self.large

    def give(self, keyboard: Keyboard | None) -> None:
        """Say whose the keyboard is; None: the stage's."""
        self.query_one(ProgramsView).give(keyboard)

    def sizes(self, world: World) -> dict[Keyboard, tuple[int, int]]:
        """Columns and rows of the programs' panes, as far as they are seen."""
        return self.query_one(ProgramsView).sizes(world)

    def _place_third(self, size: Size) -> None:
        """Wherever there is room."""

    def _scroll_third(self, direction: int) -> None:
        """The last lines are shown."""

    def _buttons(self, situation: Situation) -> Iterator[tuple[Cluster, ...]]:
        yield from bar.rows_of_programs(situation)

    def _greet(self, world: World, situation: Situation) -> None:
        """The programs say what there is to say."""
        del world, situation
        self.remove_class("-empty")
