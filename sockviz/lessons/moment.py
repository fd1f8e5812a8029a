"""What a fact is judged by: the world now, and what happened since the step began. Pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sockviz.lessons.names import Holder, Host, port_of
from sockviz.world.model import Arrow, Drop, Listener, SystemCall, World
from sockviz.world.selectors import listener


@dataclass(frozen=True, slots=True)
class Moment:
    """The world, and what led to it since the step began."""

    world: World = field(default_factory=World)
    base: World = field(default_factory=World)
    """The world when the step began."""
    arrows: Mapping[int, Arrow] = field(default_factory=dict)
    """Segment → its way over the wire, in the order of sending, with its fate as far as it is known."""
    newest: int = 0
    """The newest segment when the step began."""
    drops: Sequence[Drop] = ()
    """What the receiving kernels ignored since the step began."""
    returned: Mapping[int, SystemCall] = field(default_factory=dict)
    """The calls that have returned, by id, in the order in which they did."""
    refused: str = ""
    """Why the engine last refused something since the step began."""
    data: Mapping[int, bytes] = field(default_factory=dict)
    """Call → what it sent or received."""

    @property
    def listener(self) -> Listener | None:
        """The server's listening socket; a closed one, if there is no other."""
        return listener(self.world)

    def value(self, name: str) -> int | None:
        """What a name of `sockviz.lessons.amounts` stands for; None: not known."""
        if name == "somaxconn":
            return self.sysctl("server", "net.core.somaxconn")
        found = self.listener
        return _NUMBERS[name](found) if found is not None else None

    def sysctl(self, host: Host, name: str) -> int | None:
        """A setting of a kernel, if it is known and a number."""
        told = self.world.sysctls.get((host, name), "")
        return int(told) if told.isdecimal() else None

    def sent(self) -> Iterator[Arrow]:
        """What was put on the wire since the step began, but for copies of what is held there."""
        for number in reversed(list(self.arrows)):
            if number <= self.newest:
                return
            if self.arrows[number].cause != "resent":
                yield self.arrows[number]

    def rise(self, host: Host, counter: str) -> int:
        """How much a counter has risen since the step began."""
        key = (host, counter)
        return self.world.counters.get(key, 0) - self.base.counters.get(key, 0)

    def calls(self) -> Iterator[SystemCall]:
        """All calls: those that have returned, then those that have not."""
        yield from self.returned.values()
        for program in self.world.programs.values():
            yield from program.blocked

    def last_call(self, holder: Holder, name: str | None) -> SystemCall | None:
        """The newest call on a socket or of a program; `name`: only calls of this name."""
        made = (call for call in self.calls() if name in (None, call.name) and self._is_on(call, holder))
        return max(made, key=lambda call: call.entered, default=None)

    def _is_on(self, call: SystemCall, holder: Holder) -> bool:
        if holder.end is not None:
            return call.host == holder.end.host and self._is_of(call, holder.end.number)
        if holder.program is not None:
            program = self.world.programs[call.host, call.pid]
            return program.name == holder.program
        found = self.listener
        return found is not None and (call.host, call.pid, call.fd) == (found.host, found.pid, found.fd)

    def _is_of(self, call: SystemCall, number: int) -> bool:
        """On that connection; accept() is on the listener, although it knows whom it returned."""
        if call.connection is not None or call.name != "connect":
            return call.connection == number and call.name != "accept"
        # A connect() of which no segment was seen: of the program with that number.
        return self.world.programs[call.host, call.pid].name == f"client {number}"


_NUMBERS: Final[Mapping[str, Callable[[Listener], int | None]]] = {
    "backlog": lambda found: found.backlog,
    "accept_limit": lambda found: found.limit,
    "accept_capacity": lambda found: found.capacity,
    "syn_capacity": lambda found: found.syn_capacity,
    "server_port": lambda found: port_of(found.local),
}
"""The numbers that are the listener's."""
