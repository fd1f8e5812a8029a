"""A run without a screen: a whole life by itself, as JSON lines, and a summary on standard error.

What to do next is decided by `sockviz.scenario`, what is true by `sockviz.world`; the loop is `sockviz.loop`.
"""

from collections.abc import Sequence

from sockviz import loop
from sockviz.events import AnyEvent, ProgramEnded, ProgramStarted
from sockviz.intents import Intent
from sockviz.scenario import Life
from sockviz.session.run import Run
from sockviz.summary import summary
from sockviz.world.fold import advance
from sockviz.world.guests import how_it_ended
from sockviz.world.model import Drop, World


def play(run: Run, clients: int) -> int:
    """Play a life of `clients` connections; returns the exit status: 1 if somebody killed a program of it.

    Raises:
        UserError: the run could not start, its engine died, or its events could not be written.
        BrokenPipeError: nobody reads standard output any more.
    """
    setup = run.plan.setup
    player = _Player(Life(clients, setup.accept, delay=setup.delay, duration=run.plan.duration))
    failure = loop.play(run, player).failure
    loop.say(summary(player.height or player.world, player.drops))
    loop.say([f"sockviz: {one}" for one in player.killed])
    if failure is not None:
        raise failure
    return 1 if player.killed else 0


class _Player:
    """The scenario, and what it came to."""

    def __init__(self, life: Life) -> None:
        self.world = World()
        self.height: World | None = None
        """The world just before everything was closed."""
        self.drops: list[Drop] = []
        self.killed: list[str] = []
        """Programs that somebody else ended, and how."""
        self._names: dict[tuple[str, int], str] = {}
        self._life = life

    @property
    def done(self) -> bool:
        """The life is over."""
        return self._life.done

    def receive(self, events: Sequence[AnyEvent]) -> list[Intent]:
        """What follows from events."""
        self.world, facts = advance(self.world, events)
        self.drops += [fact for fact in facts if isinstance(fact, Drop)]
        for event in events:
            self._note(event)
        return self._noting([intent for event in events for intent in self._life.receive(event)])

    def _note(self, event: AnyEvent) -> None:
        match event:
            case ProgramStarted():
                self._names[event.host, event.pid] = event.program
            case ProgramEnded(status=int(status)) if status < 0 and self.height is None:
                self.killed.append(f"{self._names[event.host, event.pid]} {how_it_ended(status)}")
            case _:
                pass

    def tick(self, t: int) -> list[Intent]:
        """What follows from the time."""
        return self._noting(self._life.tick(t))

    def end(self, t: int) -> list[Intent]:
        """The operator wants the end."""
        return self._noting(self._life.end(t))

    def _noting(self, intents: list[Intent]) -> list[Intent]:
        """Remember the world in which the closing begins."""
        if self._life.closing and self.height is None:
            self.height = self.world
        return intents
