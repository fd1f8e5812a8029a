"""What the director needs of the place where the programs run: the lab, or the loopback of this machine.

A ground is opened with a sink for its events (what it observes, and what its programs do) and a callback for
the case that it is lost. Everything happens on the engine's one event loop. `sockviz.lab.lab` and
`sockviz.sources.loopback` have one each.
"""

from collections.abc import Callable
from typing import Protocol, TypeAlias

from sockviz.events import Event, Header
from sockviz.intents import Mode
from sockviz.programs.host import EndedError, ProgramHandle, RefusedError

__all__ = ["EndedError", "Ground", "OnLost", "RefusedError", "Sink", "address_on"]

Sink: TypeAlias = Callable[[Event], None]
"""Takes an event; never blocks."""

OnLost: TypeAlias = Callable[[str], None]
"""Told, in a clause, why the run can't go on: a process that it needs has ended."""


class Ground(Protocol):
    """Two hosts, the programs on them, and what is between them."""

    @property
    def header(self) -> Header:
        """The first event of the run."""

    @property
    def address(self) -> str:
        """The listener's address with its port: `10.0.0.1:8001`, `[::1]:8001`."""

    @property
    def nobody(self) -> str:
        """An address, without a port, in the client's subnet, that no host has; empty: there is none."""

    def start(self) -> None:
        """Begin to observe, and tell how the wire is set (`wire_changed`) if there is one to set."""

    def heed(self, congested: Callable[[], bool]) -> None:
        """Observe less while `congested()` says that nobody keeps up with the events.

        What is not observed then is lost, and counted as `PacketsDropped`.
        """

    async def spawn(self, host: str, name: str) -> ProgramHandle:
        """Start a program on a host."""

    async def set_sysctl(self, host: str, name: str, value: str) -> tuple[int, str]:
        """Change a setting of a host's kernel: when it was done, and the value that it has now.

        Raises:
            RefusedError: nothing is changed here.
            UserError: the kernel has no such setting, or does not take the value.
        """

    def change_wire(self, mode: Mode | None, delay: int | None) -> None:
        """Set the wire's mode and delay (ns); None: as it is.

        Raises:
            RefusedError: there is no such wire here.
        """

    def release(self, segment: int | None, *, every: bool) -> None:
        """Let a held segment go: by id, the oldest (None), or every one.

        Raises:
            RefusedError: it is not held, or nothing can be held here.
        """

    def drop(self, segment: int | None) -> None:
        """Take a segment off the wire: by id, or the oldest (None).

        Raises:
            RefusedError: it is not on the wire, or nothing can be dropped here.
        """

    async def caught_up(self) -> None:
        """Wait until all that is due was delivered: the wire may lag behind, since it samples."""

    async def close(self) -> None:
        """End all programs and hosts, and wait (bounded) until they are gone."""


def address_on(ground: Ground, host: str) -> str:
    """A host's address, without a port, in the family of the run.

    Raises:
        RefusedError: there is no such host.
    """
    hosts = {one.name: one.addresses for one in ground.header.hosts}
    if host not in hosts:
        raise RefusedError(f"There is no host {host!r}, but {' and '.join(hosts)}.")
    six = ground.address.startswith("[")
    return next((one for one in hosts[host] if (":" in one) is six), hosts[host][0])
