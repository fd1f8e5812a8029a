"""What actions may do (`Controls`), done: to the session, or to whoever owns the screen."""

from typing import Protocol

from sockviz.session.session import Session
from sockviz.tui.actions.action import Panel, Question, Toggle
from sockviz.tui.view import Selection


class Owner(Protocol):
    """The screen's part."""

    def ask(self, question: Question) -> None:
        """Ask the operator."""

    def select(self, selection: Selection) -> None:
        """Point at something else."""

    def scroll(self, direction: int) -> None:
        """Scroll the inspector."""

    def open(self, panel: Panel) -> None:
        """Open a panel over the stage."""

    def toggle(self, what: Toggle) -> None:
        """Switch something to and fro."""

    def quit(self) -> None:
        """End the run in order."""


class Remote:
    """A `Controls` for one session and one screen."""

    def __init__(self, session: Session, owner: Owner) -> None:
        self.send = session.send
        self.pause = session.toggle_pause
        self.step = session.step
        self.now = session.live
        self.faster = session.faster
        self._session = session
        self.ask = owner.ask
        self.select = owner.select
        self.scroll = owner.scroll
        self.open = owner.open
        self.toggle = owner.toggle
        self.quit = owner.quit

    def start(self) -> None:
        """Stop at the beginning."""
        self._session.seek(0)
