"""Draws the status line. Is given parts; knows no session."""

from collections.abc import Sequence

from rich.style import Style

from sockviz.tui.controls.line import Line
from sockviz.tui.palettes import Palette
from sockviz.tui.status import Part, Tone, fit


class StatusLine(Line):
    """` sockviz │ lab · Linux 6.18 · backlog 2 │ wire HELD 1 waiting │ …`."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  Textual's name
        super().__init__(id=id)
        self._parts: Sequence[Part] = ()

    def show(self, parts: Sequence[Part]) -> None:
        """Draw these; costs nothing if they are what is drawn already."""
        if parts != self._parts:
            self._parts = parts
            self.refresh()

    def left(self, colours: Palette) -> Sequence[tuple[str, Style]]:
        """The parts that fit, with bars between them."""
        styles = {
            Tone.PLAIN: colours.text,
            Tone.NAME: colours.accent,
            Tone.STRONG: colours.accent,
            Tone.WARN: colours.warn,
        }
        pieces: list[tuple[str, Style]] = []
        for part in fit(list(self._parts), self.size.width):
            pieces += [(" │ " if pieces else " ", colours.border), (part.text, styles[part.tone])]
        return pieces
