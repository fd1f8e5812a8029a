"""What the line above the buttons says: what went wrong, why a key did nothing, what to press next. Pure."""

from sockviz.tui.actions.action import Action, Situation
from sockviz.tui.actions.registry import key_name
from sockviz.tui.controls.notice import Notice
from sockviz.tui.hints import hint


class Speech:
    """Remembers what was asked for last, and which news were heard: any key answers them."""

    def __init__(self) -> None:
        self.echo = False
        """Repeat the last key, for an audience."""
        self._key = ""
        self._impossible: Action | None = None
        """What was asked for last, for as long as there is a reason why it can't be."""
        self._heard: tuple[str, str] = ("", "")

    def asked(self, action: Action, situation: Situation, news: str) -> bool:
        """Note that `action` was asked for; True: it is possible."""
        self._key = f"{key_name(action.keys[0])}  {action.labels(situation)[0]}"
        self._impossible = action if action.why_not(situation) else None
        self._heard = (situation.world.refused, news)
        return self._impossible is None

    def notice(self, situation: Situation, news: str, failure: str) -> Notice:
        """The most important sentence now.

        `news`: of the run (no lab, no more recording); `failure`: why the run ended, if not in order.
        """
        key = self._key if self.echo else ""
        if failure:
            return Notice(f"{failure}. `q` quits; `←` and `→` still step.", urgent=True, key=key)
        reason = self._impossible.why_not(situation) if self._impossible else None
        if reason is None:
            self._impossible = None
        refused, old_news = self._heard
        fresh = (situation.world.refused, refused), (news, old_news)
        warning = reason or next((text for text, heard in fresh if text != heard), "")
        if warning:
            return Notice(warning, urgent=True, key=key)
        said = hint(situation)
        return Notice(said.text, urgent=said.urgent, key=key)
