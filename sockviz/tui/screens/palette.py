"""The command palette's commands, from the registry."""

from collections.abc import Coroutine, Sequence
from functools import partial
from typing import Any, Protocol, runtime_checkable

from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.widgets import Input

from sockviz.tui.actions.action import Action
from sockviz.tui.actions.registry import ACTIONS, key_names, offered

HELP_SCORE = 0.4
"""Of a word that is in an action's help; the fuzzy matcher would find nearly anything there."""


class Palette(CommandPalette):
    """Textual's, with a cursor that doesn't blink."""

    DEFAULT_CSS = "Palette SearchIcon { display: none; }"

    def on_mount(self) -> None:
        """Nothing on this screen blinks."""
        self.query_one(Input).cursor_blink = False


@runtime_checkable
class Offering(Protocol):
    """A screen with actions of its own."""

    offered: Sequence[Action]

    def say(self, text: str) -> str:
        """A text of ours in the screen's language."""


def _found(action: Action) -> bool:
    """Has an entry: all but the other eight keys that choose a connection."""
    return action.listed or not action.keys


class Actions(Provider):
    """Every action, by its words and its key."""

    @property
    def _offered(self) -> Sequence[Action]:
        """What can be done on the screen that is below."""
        below = self.screen
        actions = below.offered if isinstance(below, Offering) else ACTIONS
        return offered(actions, served=self.app.is_web)

    def _say(self, text: str) -> str:
        """In the language of that screen."""
        below = self.screen
        return below.say(text) if isinstance(below, Offering) else text

    async def discover(self) -> Hits:
        """All, before anything is typed."""
        for action in self._offered:
            if _found(action):
                text = f"{key_names(action):<8} {self._say(action.label)}"
                yield DiscoveryHit(text, self._do(action.id), help=self._say(action.help))

    async def search(self, query: str) -> Hits:
        """Those that match."""
        matcher = self.matcher(query)
        for action in self._offered:
            text = f"{key_names(action):<8} {self._say(action.label)}"
            help_ = self._say(action.help)
            said = query.lower() in help_.lower()
            score = max(matcher.match(text), HELP_SCORE if said else 0)
            if _found(action) and score > 0:
                yield Hit(score, matcher.highlight(text), self._do(action.id), help=help_)

    def _do(self, action: str) -> partial[Coroutine[Any, Any, None]]:
        return partial(self.screen.run_action, f"do({action!r})")
