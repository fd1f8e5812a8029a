"""Makes the calls of a toy program, each with an event before it is entered and one after it returned.

Knows which calls carry out an order, and how they are written; not in which thread they are made.
"""

import itertools
import os
import socket
from collections.abc import Callable
from typing import Final, NamedTuple, TypeAlias

from sockviz.addresses import Address
from sockviz.events import CallEntered, CallReturned
from sockviz.intents import Call, Option
from sockviz.programs import calls
from sockviz.programs.calls import Outcome
from sockviz.programs.options import setting
from sockviz.sources.clock import Clock

DATA_SHOWN: Final = 64
"""Bytes of what was sent or received that go into an event."""

_HOW: Final = {"rd": socket.SHUT_RD, "wr": socket.SHUT_WR, "rdwr": socket.SHUT_RDWR}
_KINDS: Final = {
    "stream": ("SOCK_STREAM", socket.SOCK_STREAM, 0),
    "datagram": ("SOCK_DGRAM", socket.SOCK_DGRAM, 0),
    # Whole packets, IP header included (raw(7)).
    "raw": ("SOCK_RAW, IPPROTO_RAW", socket.SOCK_RAW, socket.IPPROTO_RAW),
}
_MAKING: Final = frozenset({"socket", "accept"})
"""Calls that return a descriptor."""


Emit: TypeAlias = Callable[[CallEntered | CallReturned], None]


class Step(NamedTuple):
    """One system call."""

    name: str
    args: str
    """As strace would print them, without the descriptor."""
    make: Callable[[int], Outcome]
    """Makes it, given the descriptor."""


def steps(call: Call, address: Address) -> list[Step]:
    """The system calls that carry out an order.

    `address` is for bind, connect, sendto and sendmmsg, its family for socket.

    Raises:
        ValueError: it can't be called like that.
    """
    match call.name:
        case "socket":
            return [_socket(call.kind, address.family)]
        case "bind":
            bind = Step("bind", str(address), lambda fd: calls.bind(fd, address))
            return [_option("SO_REUSEADDR", 1), bind] if call.reuse else [bind]
        case "setsockopt":
            return [_option(call.option, call.value)]
        case "abort":
            return [_option("SO_LINGER", 0), Step("close", "", calls.close)]
        case "interrupt":
            return []  # a signal to the thread that is blocked, and no call
        case _:
            return [_step(call, address)]


def _step(call: Call, address: Address) -> Step:
    """A call of its own name."""
    data, size = call.data, call.size
    known: dict[str, tuple[str, Callable[[int], Outcome]]] = {
        "listen": (f"backlog={call.backlog}", lambda fd: calls.listen(fd, call.backlog)),
        "accept": ("", calls.accept),
        "connect": (str(address), lambda fd: calls.connect(fd, address)),
        "send": (_bytes(len(data)), lambda fd: calls.send(fd, data)),
        "sendto": (f"{_bytes(len(data))}, {address}", lambda fd: calls.sendto(fd, data, address)),
        "sendmmsg": (
            f"{_packets(call)}, {address}",
            lambda fd: calls.sendmmsg(fd, _split(data, size), address),
        ),
        "recv": (f"up to {_bytes(size)}", lambda fd: calls.recv(fd, size)),
        "recvfrom": (f"up to {_bytes(size)}", lambda fd: calls.recvfrom(fd, size)),
        "shutdown": (f"SHUT_{call.how.upper()}", lambda fd: calls.shutdown(fd, _HOW[call.how])),
        "close": ("", calls.close),
    }
    return Step(call.name, *known[call.name])


def _socket(kind: str, family: socket.AddressFamily) -> Step:
    name, number, protocol = _KINDS[kind]
    return Step("socket", f"{family.name}, {name}", lambda _: calls.open_socket(family, number, protocol))


def _option(option: Option | None, value: int) -> Step:
    if option is None:
        raise ValueError("which option?")
    level, number, packed, args = setting(option, value)
    return Step("setsockopt", args, lambda fd: calls.setsockopt(fd, level, number, packed))


class Caller:
    """What the events of one program have in common."""

    def __init__(self, emit: Emit, host: str, first_call: int, clock: Clock) -> None:
        """`first_call` numbers the first call, the others follow. `emit` is called by the calling threads."""
        self._emit = emit
        self._host = host
        self._numbers = itertools.count(first_call)
        self._clock = clock
        self._pid = os.getpid()

    def make(self, step: Step, fd: int, thread: str, made: Callable[[int], None]) -> CallReturned:
        """Make one call. `made` is told of a new descriptor before anybody else is."""
        number = next(self._numbers)
        shown = None if step.name == "socket" else fd
        entered = CallEntered(
            t=self._clock.now(),
            call=number,
            host=self._host,
            pid=self._pid,
            thread=thread,
            name=step.name,
            fd=shown,
            args=step.args,
        )
        self._emit(entered)
        outcome = step.make(fd)
        t = self._clock.now()
        if outcome.error is None and step.name in _MAKING:
            made(outcome.result)
        local, remote = _addresses(step.name, fd, outcome)
        returned = CallReturned(
            t=t,
            call=number,
            host=self._host,
            pid=self._pid,
            result=outcome.result,
            error=outcome.error,
            local=str(local) if local and local.port else None,
            remote=str(remote) if remote else None,
            data=outcome.data[:DATA_SHOWN],
        )
        self._emit(returned)
        return returned


def _addresses(name: str, fd: int, outcome: Outcome) -> tuple[Address | None, Address | None]:
    """Both ends' addresses, as far as the call settled them."""
    good = outcome.error is None
    match name:
        case "accept" if good:
            return calls.local_address(outcome.result), outcome.peer
        case "connect":
            return calls.local_address(fd), calls.remote_address(fd) if good else None
        case "bind":
            return calls.local_address(fd), None
        case "sendto" | "sendmmsg" | "recvfrom":
            return calls.local_address(fd), outcome.peer
        case _:
            return None, None


def _split(data: bytes, size: int) -> list[bytes]:
    return [data[place : place + size] for place in range(0, len(data), max(size, 1))]


def _packets(call: Call) -> str:
    return f"{-(-len(call.data) // max(call.size, 1))} packets"


def _bytes(count: int) -> str:
    return f"{count} byte" if count == 1 else f"{count} bytes"
