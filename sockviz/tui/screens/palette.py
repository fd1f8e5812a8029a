"""The command palette's commands, from the registry."""

from collections.abc import Coroutine
from functools import partial
from typing import Any

from textual.command import DiscoveryHit, Hit, Hits, Provider

from sockviz.tui.actions.registry import ACTIONS, key_names


class Actions(Provider):
    """Every action, by its words and its key."""

    async def discover(self) -> Hits:
        """All, before anything is typed."""
        for action in ACTIONS:
            if action.listed:
                text = f"{key_names(action):<8} {action.label}"
                yield DiscoveryHit(text, self._do(action.id), help=action.help)

    async def search(self, query: str) -> Hits:
        """Those that match."""
        matcher = self.matcher(query)
        for action in ACTIONS:
            text = f"{key_names(action):<8} {action.label}"
            score = max(matcher.match(text), matcher.match(action.help))
            if action.listed and score > 0:
                yield Hit(score, matcher.highlight(text), self._do(action.id), help=action.help)

    def _do(self, action: str) -> partial[Coroutine[Any, Any, None]]:
        return partial(self.screen.run_action, f"do({action!r})")
