"""The source of the selected program. It follows the line that the program is in until it is scrolled."""

from collections.abc import Hashable, Sequence
from typing import Final

from sockviz.listings import Language
from sockviz.tui.palettes import Palette
from sockviz.tui.render.canvas import Picture
from sockviz.tui.render.source import draw_source
from sockviz.tui.render.whereabouts import whereabouts
from sockviz.tui.view import StageView
from sockviz.tui.widgets.scrolling import Scrolling

_MOST: Final = 200
"""Rows that it can be scrolled by."""


class SourceView(Scrolling):
    """The program of the side that is chosen."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id)
        self._languages: Sequence[Language] = ("python",)
        self._hint = ""
        self._scrolled = 0
        self._place: Hashable = None
        """Where the program was when this was drawn last: scrolling ends when it goes on."""

    def speak(self, languages: Sequence[Language], hint: str) -> None:
        """Show it in these, the first alone if there is no room for more; `hint`: the key for others."""
        if (languages, hint) != (self._languages, self._hint):
            self._languages, self._hint, self._scrolled = languages, hint, 0
            self._drawn = None
            self._update()

    def _key(self, view: StageView) -> Hashable:
        place = whereabouts(view.world, view.selection)
        blocked = place.call is not None and place.call.returned is None
        return (place, view.now // 1_000_000_000 if blocked else 0, self._scrolled, tuple(self._languages))

    def _draw(self, view: StageView, width: int, height: int, colours: Palette) -> Picture:
        place = whereabouts(view.world, view.selection)
        if place != self._place:
            self._place, self._scrolled = place, 0
        size = {"width": width, "height": height}
        return draw_source(
            view, self._languages, **size, colours=colours, scrolled=self._scrolled, hint=self._hint
        )

    @property
    def page(self) -> int:
        """Rows under the title."""
        return max(1, self.size.height - 1)

    def scroll_lines(self, by: int) -> None:
        """On, or back, until the program goes on."""
        self._scrolled = max(-_MOST, min(_MOST, self._scrolled + by))
        self._update()
