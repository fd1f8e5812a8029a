"""The user's own programs without a screen: their events as JSON lines, and what came of them.

Ends when all clients have ended, when no server is left, or when the time is up.
"""

from collections.abc import Iterable, Sequence

from sockviz import loop
from sockviz.errors import printable
from sockviz.events import AnyEvent, ListenerMissing
from sockviz.intents import Intent, Quit, Setup
from sockviz.session.run import Run
from sockviz.summary import summary
from sockviz.world.fold import advance
from sockviz.world.guests import how_it_ended
from sockviz.world.model import Drop, Program, World

QUIET = 200_000_000
"""ns without an event on the wire after the last client's end: what it has set off is over."""
PATIENCE = 3_000_000_000
"""ns after the last client's end, whatever still happens."""


def play(run: Run) -> int:
    """Watch the programs of a started engine; returns the exit status: 1 if one of them failed.

    Raises:
        UserError: the run could not start, its engine died, or its events could not be written.
        BrokenPipeError: nobody reads standard output any more.
    """
    player = Watcher(run.plan.setup, run.plan.duration)
    failure = loop.play(run, player)
    loop.say(summary(player.height or player.world, player.drops))
    loop.say([printable(line) for line in player.failures])
    if failure is not None:
        raise failure
    return 1 if player.failures else 0


class Watcher:
    """Decides when it is over. Pure: events and time in, intents out."""

    def __init__(self, setup: Setup, duration: int | None) -> None:
        self.world = World()
        self.height: World | None = None
        """The world before the programs were ended."""
        self.drops: list[Drop] = []
        self.done = False
        self._expected = {
            host: sum(command.host == host for command in setup.commands) for host in ("client", "server")
        }
        self._delay = setup.delay
        self._duration = duration
        self._missing = ""
        self._over: int | None = None
        """When the last client, or server, ended."""
        self._wire = 0
        """When the wire was last used."""

    @property
    def failures(self) -> list[str]:
        """A line for each program that failed, and for a server that never listened."""
        world = self.height or self.world
        failed = [
            f"sockviz: {program.name} failed: {how_it_ended(program)} ({program.command})"
            for program in _started(world)
            if program.status
        ]
        listened = any(listener.host == "server" for listener in world.listeners.values())
        return failed or ([] if listened or not self._missing else [self._missing])

    def receive(self, events: Sequence[AnyEvent]) -> list[Intent]:
        """What follows from events."""
        if self.height is None:
            self.world, facts = advance(self.world, events)
            self.drops += [fact for fact in facts if isinstance(fact, Drop)]
        for event in events:
            if isinstance(event, ListenerMissing):
                seconds = round(event.waited / 1_000_000_000)
                self._missing = f"sockviz: no server listened within {seconds} s"
        return []

    def tick(self, t: int) -> list[Intent]:
        """What follows from the time."""
        if self.done:
            return []
        if self._duration is not None and t >= self._duration:
            return self.end(t)
        if not self._all_ended():
            self._over = None
            return []
        if self._over is None:
            self._over = t
        if self.world.wire.in_flight:
            self._wire = t
        quiet = t - max(self._wire, self._over) >= QUIET
        return self.end(t) if quiet or t - self._over >= PATIENCE + 4 * self._delay else []

    def end(self, _t: int) -> list[Intent]:
        """The operator wants the end."""
        self.done = True
        self.height = self.height or self.world
        return [Quit()]

    def _all_ended(self) -> bool:
        """All clients of the command line, or all servers, have been started and have ended."""
        programs = list(_started(self.world))
        for host, expected in self._expected.items():
            of_host = [program for program in programs if program.host == host]
            if expected and len(of_host) >= expected and not any(map(_runs, self._family(of_host, host))):
                return True
        return bool(self._missing)

    def _family(self, programs: list[Program], host: str) -> Iterable[Program]:
        """A server may have gone into the background: what it has forked counts too."""
        if host == "client":
            return programs
        return (program for program in self.world.programs.values() if program.host == host)


def _runs(program: Program) -> bool:
    return program.running


def _started(world: World) -> Iterable[Program]:
    """Those that the command line names, or that were launched."""
    return (program for program in world.programs.values() if program.parent is None)
