"""Which of the user's programs there are, and which can be typed to. Pure."""

from sockviz.world.model import Program, World
from sockviz.world.selectors import programs_of

HOSTS = ("server", "client")
"""In the order in which their programs are listed."""


def started(world: World, host: str) -> list[Program]:
    """A host's programs that have a terminal: those that were started, not those that were forked."""
    return [program for program in programs_of(world, host) if program.parent is None]


def family(world: World, program: Program) -> list[Program]:
    """The running processes that `program`, its children and theirs have forked, in order of start."""
    pids, found = {program.pid}, []
    for one in programs_of(world, program.host):
        if one.parent in pids:
            pids.add(one.pid)
            if one.running:
                found.append(one)
    return found


def typable(world: World) -> list[Program]:
    """Whom a keyboard can be given to."""
    return [program for host in HOSTS for program in started(world, host) if alive(world, program)]


def alive(world: World, program: Program) -> bool:
    """It runs, or somebody that it has forked does and holds its terminal."""
    return program.running or bool(family(world, program))


def reads_keyboard(program: Program) -> bool:
    """It is blocked in a read of standard input."""
    return any(call.name.startswith("read") and call.fd == 0 for call in program.blocked)


def running(world: World) -> list[Program]:
    """All processes that run: programs, and what they have forked."""
    return [one for one in world.programs.values() if one.running]


def named(world: World, name: str) -> Program | None:
    """One of them, by its name or number."""
    return next((one for one in running(world) if name in (one.name, str(one.pid))), None)
