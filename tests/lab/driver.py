"""Drives a real engine process in tests: sends intents, waits for events, keeps what the samples say."""

import contextlib
import math
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self, TypeVar

import msgspec

from sockviz import events, intents
from sockviz.errors import Failure
from sockviz.intents import Setup

BOUND = 15.0
"""Seconds that anything may take before a test fails."""

AsNobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "env", "HOME=/tmp"]

E = TypeVar("E", bound=events.Event)


class Engine:
    """An engine process; a context manager that ends it."""

    def __init__(self, *, prefix: list[str] | None = None, **setup: Any) -> None:
        argument = msgspec.json.encode(Setup(**setup)).decode()
        self.process = subprocess.Popen(
            [*(prefix or []), sys.executable, "-m", "sockviz.engine", argument],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.events: list[events.AnyEvent] = []
        self.rows: dict[str, dict[events.RowKey, events.SocketRow]] = {"client": {}, "server": {}}
        self._changed = threading.Condition()
        self._over = False
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.stdin:
            self.process.stdin.close()
        try:
            self.process.wait(BOUND)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        finally:
            self._reader.join(BOUND)
            for pipe in (self.process.stdout, self.process.stderr):
                if pipe:
                    pipe.close()

    def send(self, *wishes: intents.Intent) -> None:
        assert self.process.stdin
        self.process.stdin.write(b"".join(map(intents.encode, wishes)))
        self.process.stdin.flush()

    def until(self, holds: Callable[[], Any], what: str = "", seconds: float = BOUND) -> Any:
        """Wait until `holds`, looked at after each event, gives something true; give that."""
        end = time.monotonic() + seconds
        with self._changed:
            while not (found := holds()):
                left = end - time.monotonic()
                if left <= 0 or self._over:
                    raise AssertionError(
                        f"never: {what or holds}; rows {self.rows}; last {self.events[-12:]}"
                    )
                self._changed.wait(left)
        return found

    def event(self, kind: type[E], since: int = 0, **fields: Any) -> E:
        """Wait for the first event of this kind, from the `since`-th on, with these values."""
        return self.until(lambda: next(self.every(kind, since, **fields), None), f"{kind.__name__} {fields}")

    def every(self, kind: type[E], since: int = 0, **fields: Any):
        return (
            event
            for event in self.events[since:]
            if isinstance(event, kind) and all(getattr(event, k) == v for k, v in fields.items())
        )

    def mark(self) -> int:
        """How many events there are now."""
        return len(self.events)

    def sent(self, sender: str, flags: str, nth: int = 1, *, length: int | None = None) -> events.SegmentSent:
        """Wait for the nth segment with these flags of this host."""

        def found() -> events.SegmentSent | None:
            same = [
                sent
                for sent in self.every(events.SegmentSent, sender=sender)
                if sent.segment.flags == flags and length in (None, sent.segment.length)
            ]
            return same[nth - 1] if len(same) >= nth else None

        return self.until(found, f"{flags} number {nth} of {sender}")

    def connections(self, host: str) -> list[events.SocketRow]:
        return [row for row in self.rows[host].values() if row.state not in {"LISTEN", "NONE"}]

    def datagram_sockets(self, host: str) -> list[events.SocketRow]:
        return [row for row in self.rows[host].values() if row.protocol == "udp"]

    def states(self, host: str) -> list[str]:
        return sorted(row.state for row in self.connections(host))

    def row(self, host: str, state: str) -> events.SocketRow:
        """Wait until the host has just one connection, in this state."""
        self.until(lambda: self.states(host) == [state], f"{host} {state}")
        return self.connections(host)[0]

    def program(self, name: str) -> events.ProgramStarted:
        return self.event(events.ProgramStarted, program=name)

    def call(self, program: str, name: str, fd: int | None = None, **arguments: Any) -> None:
        """Have a program make a call."""
        started = self.program(program)
        self.send(intents.Call(host=started.host, pid=started.pid, name=name, fd=fd, **arguments))

    def returned(self, name: str, since: int = 0, **fields: Any) -> events.CallReturned:
        """Wait until a call of this name has returned."""

        def found() -> events.CallReturned | None:
            numbers = {entered.call for entered in self.every(events.CallEntered, name=name)}
            return next(
                (one for one in self.every(events.CallReturned, since, **fields) if one.call in numbers), None
            )

        return self.until(found, f"{name} returned {fields}")

    def failure(self) -> Failure:
        """Wait for an end with status 2; what it said."""
        assert self.process.wait(BOUND) == 2
        assert self.process.stderr
        return msgspec.json.decode(self.process.stderr.read().splitlines()[-1], type=Failure)

    def stderr(self) -> str:
        assert self.process.stderr
        return self.process.stderr.read().decode()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            event = events.decode(line)
            with self._changed:
                self._keep(event)
                self._changed.notify_all()
        with self._changed:
            self._over = True
            self._changed.notify_all()

    def _keep(self, event: events.AnyEvent) -> None:
        self.events.append(event)
        if isinstance(event, events.SocketsSampled):
            rows = self.rows[event.host]
            for key in event.gone:
                rows.pop(key, None)
            for row in event.changed:
                rows[events.RowKey(local=row.local, remote=row.remote, protocol=row.protocol)] = row


def descendants(pid: int) -> set[int]:
    """The processes that `pid` started, and theirs, from proc."""
    parents = {}
    for process in _processes():
        try:
            stat = Path(f"/proc/{process}/stat").read_text()
        except OSError:
            continue
        parents[process] = int(stat.rpartition(")")[2].split()[1])
    found: set[int] = set()
    while more := {child for child, parent in parents.items() if parent in {pid, *found}} - found:
        found |= more
    return found


def namespaces(pid: int) -> set[str]:
    """The namespaces of a process, as `net:[4026532182]`."""
    found = set()
    with contextlib.suppress(OSError):
        for entry in Path(f"/proc/{pid}/ns").iterdir():
            with contextlib.suppress(OSError):
                found.add(str(entry.readlink()))
    return found


def all_namespaces(begun_before: float = math.inf) -> set[str]:
    """The namespaces that any process is in, or any that began before then (CLOCK_BOOTTIME, s).

    The kernel gives the number of a namespace that is gone to the next one, which may be somebody else's.
    """
    return set().union(*(namespaces(pid) for pid in _processes() if _begun(pid) <= begun_before))


def _begun(pid: int) -> float:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return math.inf
    return int(stat.rpartition(")")[2].split()[19]) / os.sysconf("SC_CLK_TCK")


def _processes() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
