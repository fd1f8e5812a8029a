"""What a key does is done before the next key is looked at: what is typed after one that asks, answers.

Textual passes a key to the screen, and has it back before it looks for its binding. By then the next ones are
on their way to that screen, too, though the first has opened a line to type in.

What is typed before a run has begun is kept, and done in its turn once it has: each key as soon as it can be,
since what it is about may have to come of the one before.
"""

import asyncio
import contextlib
from collections import deque
from enum import Enum, auto
from typing import Any, Final, Protocol, runtime_checkable

from textual import events
from textual.app import App
from textual.widget import Widget

OPENED: Final = 2.0
"""s that are waited at the most for a screen that a key has opened, or for what Enter does."""
LINE_END: Final = "ctrl+j"
"""What a terminal makes of Enter as long as it is not set up for an app, and so of what is typed ahead."""
KEPT: Final = 64
"""Keys that are kept at the most until a run has begun."""
LOOK: Final = 0.02
"""s between two looks whether a key that was kept can be done."""
PAUSE: Final = 0.1
"""s between two of them, as of somebody who types fast: what came of the first is seen by then."""
PATIENCE: Final = 60
"""Looks, after which it is done anyway: the screen says then why it can't be."""


class Turn(Enum):
    """When a key is to be done."""

    AT_ONCE = auto()
    """Whatever was kept before it."""
    NOW = auto()
    """It can be."""
    NOT_NOW = auto()
    """It can't be, and the screen says why not."""
    NOT_YET = auto()
    """As soon as the run has begun."""


@runtime_checkable
class Early(Protocol):
    """A screen that is there before its run."""

    @property
    def begun(self) -> bool:
        """The run has begun."""

    def turn(self, key: str) -> Turn:
        """When a key is to be done."""

    def promise(self, key: str) -> None:
        """Say that it will be done."""


class KeysInTurn(App[None], inherit_bindings=False):
    """An app whose screens have bindings, and nothing else for keys but lines to type in."""

    def __init__(self, **options: Any) -> None:
        """`options`: Textual's."""
        super().__init__(**options)
        self._kept: deque[events.Key] = deque()
        """What was typed too early, and since then."""
        self._patience = PATIENCE

    async def on_event(self, event: events.Event) -> None:
        """Look up a key's binding at once, unless something is typed in, or it is to wait."""
        if isinstance(event, events.Key) and not event.is_forwarded:
            if event.key == LINE_END:
                event = events.Key("enter", "\r")
            if not self._keeps(event):
                await self._take(event)
        else:
            await super().on_event(event)

    async def _take(self, event: events.Key) -> None:
        before, line = self.screen, self.focused
        if not self._typed_in():
            if await self._bound(event.key):
                if self.screen is not before:
                    await self._opened()
                return
        elif event.key == "enter" and line is not None and await self._ended(line):
            return
        await super().on_event(event)

    async def _ended(self, line: Widget) -> bool:
        """End what is typed in, if Enter does that: with what was typed before, without what comes after."""
        before = self.screen
        await _all_taken(before)
        await _all_taken(line)
        if not await self._bound("enter"):
            return False
        for node in line.ancestors_with_self:  # each of them passes on what the one in it tells
            if isinstance(node, Widget):
                await _all_taken(node)
        if self.screen is not before:
            await self._opened()
        return True

    def _keeps(self, event: events.Key) -> bool:
        """Keep what comes too early, and what is typed before that was done."""
        if not self._kept and (not isinstance(self.screen, Early) or self.screen.begun):
            return False
        turn = self._turn(event.key)
        if turn is Turn.AT_ONCE or not (self._kept or turn is Turn.NOT_YET):
            return False
        if len(self._kept) < KEPT:
            self._kept.append(event)
            if isinstance(self.screen, Early):
                self.screen.promise(event.key)
        if len(self._kept) == 1:
            self.set_timer(LOOK, self._go_on)
        return True

    def _turn(self, key: str) -> Turn:
        return self.screen.turn(key) if isinstance(self.screen, Early) else Turn.NOW

    async def _go_on(self) -> None:
        """Do what was kept, as far as it can be done; the app may be on its way out."""
        while self._kept and self.screen_stack:
            turn = self._turn(self._kept[0].key)
            if turn is Turn.NOT_YET or (turn is Turn.NOT_NOW and self._patience):
                self._patience -= turn is Turn.NOT_NOW
                self.set_timer(LOOK, self._go_on)
                return
            self._patience = PATIENCE if turn is Turn.NOW else 0
            shown = isinstance(self.screen, Early)
            await self._take(self._kept.popleft())
            if shown and self._kept:
                self.set_timer(PAUSE, self._go_on)
                return
        self._patience = PATIENCE

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
        # It takes no message before it is composed, and has its focus.
        await _all_taken(self.screen)


async def _all_taken(node: Widget) -> None:
    """Until `node` has taken the messages that it has got by now."""
    ready = asyncio.Event()
    node.call_later(ready.set)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(OPENED):
            await ready.wait()
