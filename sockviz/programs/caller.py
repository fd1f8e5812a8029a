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
from sockviz.intents import Call
from sockviz.programs import calls
from sockviz.programs.calls import Outcome
from sockviz.sources.clock import Clock

DATA_SHOWN: Final = 64
"""Bytes of what was sent or received that go into an event."""

_HOW: Final = {"rd": socket.SHUT_RD, "wr": socket.SHUT_WR, "rdwr": socket.SHUT_RDWR}


Emit: TypeAlias = Callable[[CallEntered | CallReturned], None]


class Step(NamedTuple):
    """One system call."""

    name: str
    args: str
    """As strace would print them, without the descriptor."""
    make: Callable[[int], Outcome]
    """Makes it, given the descriptor."""


def steps(call: Call, address: Address) -> list[Step]:
    """The system calls that carry out an order; `address` is for bind and connect, its family for socket."""
    family, backlog, data, size, how = address.family, call.backlog, call.data, call.size, call.how
    linger = "SOL_SOCKET, SO_LINGER, {l_onoff=1, l_linger=0}"
    close = Step("close", "", calls.close)
    recipes = {
        "socket": [Step("socket", f"{family.name}, SOCK_STREAM", lambda _: calls.open_socket(family))],
        "bind": [
            Step("setsockopt", "SOL_SOCKET, SO_REUSEADDR, [1]", calls.reuse_address),
            Step("bind", str(address), lambda fd: calls.bind(fd, address)),
        ],
        "listen": [Step("listen", f"backlog={backlog}", lambda fd: calls.listen(fd, backlog))],
        "accept": [Step("accept", "", calls.accept)],
        "connect": [Step("connect", str(address), lambda fd: calls.connect(fd, address))],
        "send": [Step("send", _bytes(len(data)), lambda fd: calls.send(fd, data))],
        "recv": [Step("recv", f"up to {_bytes(size)}", lambda fd: calls.recv(fd, size))],
        "shutdown": [Step("shutdown", f"SHUT_{how.upper()}", lambda fd: calls.shutdown(fd, _HOW[how]))],
        "close": [close],
        "abort": [Step("setsockopt", linger, calls.linger_zero), close],
        "interrupt": [],  # a signal to the thread that is blocked, and no call
    }
    return recipes[call.name]


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
        if outcome.error is None and step.name in {"socket", "accept"}:
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
        case _:
            return None, None


def _bytes(count: int) -> str:
    return f"{count} byte" if count == 1 else f"{count} bytes"
