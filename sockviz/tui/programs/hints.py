"""What to press next where the programs are the user's own. Pure."""

from collections.abc import Iterator

from sockviz.tui import hints
from sockviz.tui.actions import target
from sockviz.tui.actions.action import Situation
from sockviz.tui.hints import Hint
from sockviz.tui.programs import choosing
from sockviz.tui.render.marks import badge
from sockviz.world.labels import label


def hint(situation: Situation) -> Hint:
    """The most useful thing to say now."""
    return next(said for rule in RULES for said in rule(situation))


def _held(situation: Situation) -> Iterator[Hint]:
    flight = target.next_held(situation.world)
    if flight is not None:
        name, of = label(flight.segment), badge(flight.connection)
        if of:
            yield Hint(f"The {name} of {of} waits on the wire: `n` lets it go, `h` all.")
        else:
            yield Hint(f"The {name} waits on the wire: `n` lets it go, `h` all.")


def _listening(situation: Situation) -> Iterator[Hint]:
    """Clients are started when somebody listens."""
    world = situation.world
    servers = choosing.started(world, "server")
    if world.listeners or not servers or choosing.started(world, "client"):
        return
    if any(choosing.alive(world, server) for server in servers):
        yield Hint("The clients are started as soon as a server listens.")
    else:
        yield Hint("No server runs any more: what it printed says why. `q` quits.")


def _reading(situation: Situation) -> Iterator[Hint]:
    for program in choosing.typable(situation.world):
        if choosing.reads_keyboard(program):
            yield Hint(f"{program.name} reads its keyboard: `e` types to it.")


def _rest(situation: Situation) -> Iterator[Hint]:
    if choosing.typable(situation.world):
        yield Hint("`c` starts another client, `e` types to a program, `h` holds what they send.")
    else:
        yield Hint("No program runs any more. `c` starts a client, `←` steps back, `q` quits.")


RULES = (*hints.GENERAL, _held, _listening, _reading, _rest)
"""The first that has something to say is heard; the last one always has."""
