"""What a key does is done before the next key is looked at: what is typed after one that asks, answers.

Textual passes a key to the screen, and has it back before it looks for its binding. By then the next ones are
on their way to that screen, too, though the first has opened a line to type in.
"""

import asyncio
import contextlib
from typing import Final

from textual import events
from textual.app import App

OPENED: Final = 2.0
"""s that are waited at the most for a screen that a key has opened."""


class KeysInTurn(App[None], inherit_bindings=False):
    """An app whose screens have bindings, and nothing else for keys but lines to type in."""

    async def on_event(self, event: events.Event) -> None:
        """Look up a key's binding at once, unless something is typed in."""
        if isinstance(event, events.Key) and not event.is_forwarded and not self._typed_in():
            before = self.screen
            if await self._bound(event.key):
                if self.screen is not before:
                    await self._opened()
                return
        await super().on_event(event)

    def _typed_in(self) -> bool:
        """What has the focus takes letters."""
        return self.focused is not None and self.focused.check_consume_key("a", "a")

    async def _bound(self, key: str) -> bool:
        """Do what a key is bound to, if it is."""
        return await self._check_bindings(key, priority=True) or await self._check_bindings(key)

    async def _check_bindings(self, key: str, priority: bool = False) -> bool:  # noqa: FBT001, FBT002 - Textual's
        """As Textual does, of a screen that takes keys: it may have come by itself just now."""
        if not self.screen.is_mounted:
            await self._opened()
        return await super()._check_bindings(key, priority)

    async def _opened(self) -> None:
        """Until the screen that has come has what it takes to be typed to."""
        ready = asyncio.Event()
        # It takes no message before it is composed, and has its focus.
        self.screen.call_later(ready.set)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(OPENED):
                await ready.wait()
