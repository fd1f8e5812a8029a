"""A closer look: what the inspector shows of the selected packet or connection.

Owns the dissector's answers: each packet is asked about once, at the first look at it.
"""

import asyncio
from collections.abc import Callable, Sequence

from rich.text import Text

from sockviz.session.dissect import Dissector, Layer
from sockviz.tui.palettes import Palette
from sockviz.tui.render.details import (
    connection_details,
    connection_title,
    segment_details,
    segment_title,
)
from sockviz.tui.view import StageView
from sockviz.world.model import Arrow, Connection


class Closer:
    """Titles and lines for the inspector; `wake` is called when there is more to show."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._dissector = Dissector()
        self._layers: dict[int, Sequence[Layer]] = {}
        self._asked: dict[int, asyncio.Task[None]] = {}

    def look(
        self, view: StageView, connection: Connection | None, colours: Palette
    ) -> tuple[str, Sequence[Text]]:
        """The selected packet, else `connection`: a title and lines."""
        arrow = next((one for one in view.arrows if one.id == view.selection.segment), None)
        if arrow is not None:
            return segment_title(view, arrow), segment_details(view, arrow, self._layers_of(arrow), colours)
        if connection is not None:
            return connection_title(connection), connection_details(view, connection, colours)
        return view.say("nothing is selected"), ()

    def _layers_of(self, arrow: Arrow) -> Sequence[Layer] | None:
        """None: they are being read."""
        if arrow.id not in self._layers and arrow.id not in self._asked:
            self._asked[arrow.id] = asyncio.create_task(self._ask(arrow))
        return self._layers.get(arrow.id)

    async def _ask(self, arrow: Arrow) -> None:
        self._layers[arrow.id] = await self._dissector.dissect(arrow.segment.frame, arrow.segment.link)
        del self._asked[arrow.id]
        self._wake()

    async def close(self) -> None:
        """End the dissector's process."""
        for task in self._asked.values():
            task.cancel()
        await self._dissector.close()
