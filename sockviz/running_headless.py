"""The user's own programs without a screen: their events as JSON lines, and what came of them.

Ends when all clients have ended, when no server is left, or when the time is up.
"""

from collections.abc import Sequence

from sockviz import loop
from sockviz.errors import printable
from sockviz.events import AnyEvent, ListenerMissing, ProgramEnded, ProgramStarted, RequestRefused
from sockviz.intents import Intent, Quit, Setup
from sockviz.session.run import Run
from sockviz.summary import summary
from sockviz.world.fold import advance
from sockviz.world.guests import how_it_ended
from sockviz.world.model import Drop, World

SECOND = 1_000_000_000
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
    failure = loop.play(run, player).failure
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
        self._clients = sum(command.host == "client" for command in setup.commands)
        self._started: dict[tuple[str, int], ProgramStarted] = {}
        """The programs that the command line names, or that were launched; of others the world may forget."""
        self._ended: dict[tuple[str, int], int | None] = {}
        """How all that ended did."""
        self._running: set[tuple[str, int]] = set()
        self._delay = setup.delay
        self._duration = duration
        self._missing = ""
        self._refused: list[str] = []
        """Why clients could not be started."""
        self._over: int | None = None
        """When the last client, or server, ended."""
        self._wire = 0
        """When the wire was last used."""

    @property
    def failures(self) -> list[str]:
        """A line for each program that failed, and for a server that never listened."""
        ends = {key: self._ended.get(key, 0) for key in self._started}
        failed = [
            f"sockviz: {one.program} failed: {_how_it_ended(ends[key])} ({one.command})"
            for key, one in self._started.items()
            if ends[key] != 0
        ]
        failed += [f"sockviz: {reason}" for reason in self._refused]
        return failed or ([f"sockviz: {self._missing}"] if self._missing else [])

    def receive(self, events: Sequence[AnyEvent]) -> list[Intent]:
        """What follows from events."""
        if self.height is None:
            self.world, facts = advance(self.world, events)
            self.drops += [fact for fact in facts if isinstance(fact, Drop)]
            for event in events:
                self._note(event)
        return []

    def _note(self, event: AnyEvent) -> None:
        match event:
            case ProgramStarted():
                self._running.add((event.host, event.pid))
                if event.parent is None:
                    self._started[event.host, event.pid] = event
            case ProgramEnded():
                self._running.discard((event.host, event.pid))
                self._ended[event.host, event.pid] = event.status
            case RequestRefused(request="client"):
                self._refused.append(event.reason[:1].lower() + event.reason[1:].removesuffix("."))
            case ListenerMissing():
                self._missing = "no server listened" + (
                    f" within {round(event.waited / SECOND)} s" if self._running else " before it ended"
                )
            case _:
                pass

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
        """All clients have ended (without any: all servers), or will not be started."""
        if self._missing:
            return True
        if self._clients:
            clients = {key for key in self._started if key[0] == "client"}
            return len(clients) + len(self._refused) >= self._clients and not clients & self._running
        # A server may have gone into the background: what it has forked counts too.
        return bool(self._started) and not self._running


def _how_it_ended(status: int | None) -> str:
    """None: whom the kernel would have told was killed."""
    return "it is not known how it ended" if status is None else how_it_ended(status)
