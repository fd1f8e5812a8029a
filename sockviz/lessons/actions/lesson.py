"""Actions of the lesson itself: wait, do again, mark. Pure."""

from typing import Annotated, ClassVar

from sockviz import intents
from sockviz.lessons.actions.action import Action
from sockviz.lessons.facts import Fact, unmet
from sockviz.lessons.performance import Look, Performance, Waiting
from sockviz.lessons.phrases import said
from sockviz.lessons.words import doc


class Wait(Action, frozen=True, kw_only=True):
    """Wait until some facts hold."""

    KEY: ClassVar[str] = "wait"
    EXAMPLES: ClassVar[tuple[str, ...]] = ('{ wait = [{ socket = "server 1", state = "none" }] }',)
    wait: Annotated[tuple[Fact, ...], doc("the facts")]

    def perform(self, look: Look) -> Performance:
        """Until none is left that does not hold."""
        while findings := unmet(self.wait, look()):
            first = findings[0]
            yield Waiting(said("{expected} (now: {had})", expected=first.expected, had=first.had))


class Again(Action, frozen=True, kw_only=True):
    """Do what another step does."""

    KEY: ClassVar[str] = "again"
    EXAMPLES: ClassVar[tuple[str, ...]] = ('{ again = "first-handshake" }',)
    again: Annotated[str, doc("that step's id")]

    def perform(self, look: Look) -> Performance:  # noqa: ARG002 - replaced when the lesson is loaded
        """Nothing: `sockviz.lessons.schema` puts in its place what the other step does."""
        yield from ()


class Mark(Action, frozen=True, kw_only=True):
    """Set a mark in the recording."""

    KEY: ClassVar[str] = "mark"
    EXAMPLES: ClassVar[tuple[str, ...]] = ('{ mark = "first handshake" }',)
    mark: Annotated[str, doc("what it says")]

    def perform(self, look: Look) -> Performance:  # noqa: ARG002 - it changes nothing
        """It takes no time."""
        yield intents.Mark(text=self.mark)
