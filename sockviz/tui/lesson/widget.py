"""The lesson's panel: draws the rows that `sockviz.tui.lesson.layout` makes. Posts `Answered`."""

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from sockviz.tui.controls.line import palette_of
from sockviz.tui.lesson.rows import Ink, Row
from sockviz.tui.palettes import Palette

_REVERSE = Style(reverse=True)
_STRESSED = Style(underline=True)


class LessonPanel(Widget):
    """Rows of text; the answers can be clicked."""

    DEFAULT_CSS = "LessonPanel { background: $background; }"

    class Answered(Message):
        """An answer was clicked: its index."""

        def __init__(self, answer: int) -> None:
            super().__init__()
            self.answer = answer

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  Textual's name
        super().__init__(id=id)
        self._rows: Sequence[Row] = ()
        self._bold = False
        self._hover: int | None = None

    def show(self, rows: Sequence[Row], *, bold: bool) -> None:
        """Draw these, for an audience in bold letters; costs nothing if they are what is drawn already."""
        if (rows, bold) != (self._rows, self._bold):
            self._rows, self._bold = rows, bold
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """A row."""
        width, blank = self.size.width, self.rich_style
        if y >= len(self._rows):
            return Strip.blank(width, blank)
        row, styles = self._rows[y], _styles(palette_of(self), bold=self._bold)
        if row.answer is not None and row.answer == self._hover:
            blank += palette_of(self).selected
        parts = [Segment(text, blank + styles[ink]) for text, ink in row.parts]
        return Strip(parts).adjust_cell_length(width, blank)

    def _answer(self, y: int) -> int | None:
        return self._rows[y].answer if 0 <= y < len(self._rows) else None

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Light up the answer under the pointer."""
        self._light(self._answer(event.y))

    def on_leave(self) -> None:
        """Nothing is under the pointer."""
        self._light(None)

    def _light(self, answer: int | None) -> None:
        if answer != self._hover:
            self._hover = answer
            self.refresh()

    def on_click(self, event: events.Click) -> None:
        """Say which one it was."""
        answer = self._answer(event.y)
        if answer is not None:
            event.stop()
            self.post_message(self.Answered(answer))


def _styles(colours: Palette, *, bold: bool) -> dict[Ink, Style]:
    return {
        Ink.TEXT: colours.strong if bold else colours.text,
        Ink.CODE: colours.accent,
        Ink.DIM: colours.text if bold else colours.dim,
        Ink.STRONG: colours.strong,
        Ink.STRESSED: colours.strong + _STRESSED,
        Ink.KEY: colours.accent + _REVERSE,
        Ink.GOOD: colours.good,
        Ink.BAD: colours.bad,
        Ink.WARN: colours.warn,
        Ink.BAR: colours.accent,
        Ink.RULE: colours.border,
        Ink.POINTER: colours.pointer,
    }
