"""What the line above the buttons says: what went wrong, why a key did nothing, what to press next. Pure."""

from collections.abc import Callable

from sockviz.tui.actions.action import Action, Situation
from sockviz.tui.actions.registry import pressed
from sockviz.tui.controls.notice import Notice
from sockviz.tui.hints import Hint, hint


class Speech:
    """Remembers what was asked for last, and which news were heard: any key answers them."""

    def __init__(self, advise: Callable[[Situation], Hint] = hint) -> None:
        """`advise`: says what to press next."""
        self._advise = advise
        self.echo = False
        """Repeat the last key, for an audience."""
        self._key = ""
        self._impossible: Action | None = None
        """What was asked for last, for as long as there is a reason why it can't be."""
        self._heard: tuple[str, str] = ("", "")
        self._told = ""
        """What came of the last action, until the next one."""

    def asked(self, action: Action, situation: Situation, news: str) -> bool:
        """Note that `action` was asked for; True: it is possible."""
        self._key = pressed(action, situation)
        self._impossible = action if action.why_not(situation) else None
        self._heard = (situation.world.refused, news)
        self._told = ""
        return self._impossible is None

    def tell(self, sentence: str) -> None:
        """Say what came of the action that was just asked for."""
        self._told = sentence

    def notice(self, situation: Situation, news: str, failure: str) -> Notice:
        """The most important sentence now.

        `news`: of the run (no lab, no more recording); `failure`: why the run ended, if not in order.
        """
        text, urgent = self._sentence(situation, news, failure)
        return Notice(
            situation.say(text), urgent=urgent, key=self._key if self.echo else "", key_first=situation.large
        )

    def _sentence(self, situation: Situation, news: str, failure: str) -> tuple[str, bool]:
        """And whether it must be seen."""
        if failure:
            return f"{failure}. `q` quits; `←` and `→` still step.", True
        reason = self._impossible.why_not(situation) if self._impossible else None
        if reason is None:
            self._impossible = None
        refused, old_news = self._heard
        fresh = (situation.world.refused, refused), (news, old_news)
        warning = reason or next((text for text, heard in fresh if text != heard), "")
        if warning:
            return warning, True
        if self._told:
            return self._told, False
        said = self._advise(situation)
        # A teacher says what comes next; only an empty stage has to.
        quiet = situation.large and situation.arrows and not said.urgent and situation.lesson is None
        return "" if quiet else said.text, said.urgent
