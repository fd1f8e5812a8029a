"""What views and lessons ask of a world: the listener, the segment that goes next, who is blocked. Pure."""

from sockviz.tcp.states import State
from sockviz.world.model import Endpoint, InFlight, Listener, Program, SystemCall, World


def listener(world: World) -> Listener | None:
    """The listener that is open; else the last one there was."""
    newest_first = tuple(world.listeners.values())[::-1]
    listening = (one for one in newest_first if one.state is State.LISTEN)
    return next(listening, newest_first[0] if newest_first else None)


def next_held(world: World) -> InFlight | None:
    """The held segment that goes next: the oldest, but one that repeats another after all others.

    So a handshake goes the same way however long the operator thinks between two steps.
    """
    return min(world.wire.held, key=lambda flight: flight.retransmission, default=None)


def blocked_in(world: World, host: str, pid: int | None, fd: int | None) -> SystemCall | None:
    """The call on descriptor `fd` that has not returned."""
    program = world.programs.get((host, pid)) if pid is not None else None
    calls = program.blocked if program else ()
    return next((call for call in calls if call.fd == fd), None)


def accept_call(world: World) -> SystemCall | None:
    """The accept() that the server is blocked in."""
    chosen = listener(world)
    return blocked_in(world, chosen.host, chosen.pid, chosen.fd) if chosen else None


def sees(world: World, capability: str) -> bool:
    """The run can see this (`Header.capabilities`: `calls`, `table` …); nothing is known of what it can't.

    A header that names none at all, or no header, leaves it open: then it can.
    """
    return world.header is None or not world.header.capabilities or capability in world.header.capabilities


def programs_of(world: World, host: str) -> list[Program]:
    """The host's programs, in order of start."""
    return [program for (name, _), program in world.programs.items() if name == host]


def last_call(world: World, end: Endpoint, connection: int) -> SystemCall | None:
    """The last call made on this end of a connection."""
    calls = [
        call
        for program in programs_of(world, end.host)
        for call in program.calls.values()
        if call.connection == connection
        or (program.pid == end.pid and end.fd is not None and call.fd == end.fd)
    ]
    return max(calls, key=lambda call: call.entered, default=None)


def disputed(world: World, end: Endpoint) -> State | None:
    """What the kernel's table says, if it was read after the end's state was last inferred, and differs."""
    return end.sampled if end.disagrees and world.sampled.get(end.host, 0) > end.since else None
