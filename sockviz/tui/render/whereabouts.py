"""Which line of its source a toy program is in at a moment: a function of the world. Pure.

The puppets that play server and client make the calls of `sockviz.listings`' programs; a call that they
are in, or that they made last, is a line there.
"""

from dataclasses import dataclass
from typing import Final

from sockviz.listings import Listing, Protocol, Role
from sockviz.tui.view import Selection
from sockviz.world.model import Program, SystemCall, World
from sockviz.world.selectors import last_call, programs_of, sees

_OURS: Final = ("lab", "loopback")
"""Sources that play with them."""
_DATAGRAM: Final = "datagram"
_OF_DATAGRAMS: Final = frozenset({"sendto", "recvfrom"})


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """What a program is doing."""

    role: Role
    protocol: Protocol = "tcp"
    call: SystemCall | None = None
    """The call that it is in, or made last; None: it has made none."""
    others: tuple[SystemCall, ...] = ()
    """What its other threads are blocked in."""

    def line(self, listing: Listing, call: SystemCall | None) -> int | None:
        """The line of a call of this program; None: it is not in the source."""
        if call is None:
            return None
        # A close() of a connection is known by it; a server closes nothing else but its listener.
        listening = call.name == "close" and call.connection is None and self.role == "server"
        return listing.line(call.name, listening=listening and self.protocol == "tcp")


def shows_toys(world: World) -> bool:
    """The programs are the toy ones, whose source is known; those of a capture or of a user are not."""
    return world.header is None or (world.header.source in _OURS and sees(world, "calls"))


def whereabouts(world: World, selection: Selection) -> Whereabouts:
    """What the selected program is doing: the chosen side's, on the chosen connection if there is one."""
    role: Role = "server" if selection.side == "server" else "client"
    programs = programs_of(world, role)
    connection = world.connections.get(selection.connection or 0)
    chosen = last_call(world, connection.end(role), connection.id) if connection is not None else None
    call = chosen or _newest([program for program in programs if program.running]) or _newest(programs)
    program = world.programs.get((call.host, call.pid)) if call is not None else None
    others = program.blocked if program is not None else ()
    return Whereabouts(
        role,
        _protocol(world, program),
        call,
        tuple(one for one in others if call is not None and one.id != call.id),
    )


def _newest(programs: list[Program]) -> SystemCall | None:
    calls = [call for program in programs for call in program.calls.values()]
    return max(calls, key=lambda call: (call.entered, call.id), default=None)


def _protocol(world: World, program: Program | None) -> Protocol:
    if program is None:
        return "udp" if world.datagrams and not world.listeners else "tcp"
    kinds = {descriptor.kind for descriptor in program.descriptors.values()}
    names = {call.name for call in program.calls.values()}
    if _DATAGRAM in kinds or names & _OF_DATAGRAMS:
        return "udp"
    return "udp" if not kinds and world.datagrams and not world.listeners else "tcp"
