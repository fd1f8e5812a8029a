"""When everything that was set off has come to rest. Pure: time comes from the events, and as an argument.

At rest: no segment moves on the wire, each host's table was read after the last thing that happened there,
and nothing has happened for a moment. What is blocked or held stays as it is, so that is rest, too.
"""

from typing import Final

from sockviz.events import (
    AnyEvent,
    CallEntered,
    CallReturned,
    Header,
    SegmentDelivered,
    SegmentDropped,
    SegmentSent,
    SocketsSampled,
)
from sockviz.world.model import World

QUIET: Final = 60_000_000
"""Nothing has happened for this long, ns: a program that was woken up has gone on."""


class Stillness:
    """Watches events; says whether there is rest."""

    def __init__(self) -> None:
        self._evidence: dict[str, int] = {}
        """Host → when something last happened there that its table may show."""
        self._read: dict[str, int] = {}
        """Host → when the last reading of its table began."""
        self._hosts: tuple[str, ...] = ()
        self._last = 0

    def note(self, event: AnyEvent) -> None:
        """Something happened."""
        match event:
            case Header():
                self._hosts = tuple(host.name for host in event.hosts)
            case SocketsSampled():
                self._read[event.host] = event.began
                self._last = event.t if event.changed or event.gone else self._last
                return
            case SegmentSent():
                self._evidence[event.sender] = event.t
            case SegmentDelivered():
                self._evidence |= dict.fromkeys(self._hosts, event.t)
            case CallEntered() | CallReturned():
                self._evidence[event.host] = event.t
            case SegmentDropped(cause="resent"):
                return
            case _:
                pass
        self._last = event.t

    def rests(self, world: World, t: int) -> bool:
        """Whether there is rest at `t`, in the world as it is then."""
        if t - self._last < QUIET or any(flight.due is not None for flight in world.wire.in_flight.values()):
            return False
        return all(self._read.get(host, -1) > happened for host, happened in self._evidence.items())
