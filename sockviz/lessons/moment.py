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
    data: Mapping[int, bytes] = field(default_factory=dict)
    """Call → what it sent or received."""

    @property
    def listener(self) -> Listener | None:
        """The server's listening socket; a closed one, if there is no other."""
        return listener(self.world)

    def value(self, name: str) -> int | None:
        """What a name of `sockviz.lessons.amounts` stands for; None: not known."""
        if name == "somaxconn":
            return self.sysctl("net.core.somaxconn")
        found = self.listener
        return _NUMBERS[name](self, found) if found is not None else None

    def sysctl(self, name: str) -> int | None:
        """A setting of a kernel, if it is known and a number."""
        header = self.world.header
        told = self.world.settings.get(name) or (header.sysctls.get(name, "") if header is not None else "")
        return int(told) if told.isdecimal() else None

    def capacity(self, queue: str, limit: int | None, otherwise: int | None) -> int | None:
        """What was measured of this kernel, brought to the present limit: each more makes room for one."""
        limits = self.world.header.limits if self.world.header is not None else ()
        measured = next((one for one in limits if one.queue == queue), None)
        if measured is None or limit is None:
            return otherwise
        return limit + measured.capacity - measured.backlog

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
        """The last call of each thread of each program."""
        for program in self.world.programs.values():
            yield from program.calls.values()

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


_NUMBERS: Final[Mapping[str, Callable[[Moment, Listener], int | None]]] = {
    "backlog": lambda _, found: found.backlog,
    "accept_limit": lambda _, found: found.limit,
    "accept_capacity": lambda now, found: now.capacity("accept", found.limit, found.capacity),
    "syn_capacity": lambda now, found: now.capacity("syn", found.limit, found.syn_capacity),
    "server_port": lambda _, found: port_of(found.local),
}
"""The numbers that are the listener's."""
