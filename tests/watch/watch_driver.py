"""A watching engine under test, and programs to be watched, in network namespaces of their own."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self, TypeVar

import msgspec
import pytest

from sockviz.events import AnyEvent, Header, decode
from sockviz.intents import Intent, Setup, Watched, encode
from sockviz.world.watch.fold import fold
from sockviz.world.watch.model import Watch

BOUND = 30.0
"""Seconds that anything is waited for."""
PROGRAMS = Path(__file__).with_name("programs.py")
T = TypeVar("T")

AS_NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "env", "HOME=/tmp"]


def until(find: Callable[[], T], what: str = "", bound: float = BOUND) -> T:
    """Wait until `find` gives something."""
    end = time.monotonic() + bound
    while not (found := find()):
        assert time.monotonic() < end, f"never: {what or find}"
        time.sleep(0.01)
    return found


class Watching:
    """An engine that watches, from entering the context to leaving it, and what it tells, folded."""

    def __init__(self, *targets: str, prefix: Sequence[str] = (), **watched: Any) -> None:
        setup = Setup(source="watch", watch=Watched(targets=targets, **watched))
        self.process = subprocess.Popen(
            [*prefix, sys.executable, "-m", "sockviz.engine", msgspec.json.encode(setup).decode()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd="/",
        )
        self.events: list[AnyEvent] = []
        self.watch = Watch()
        self.lock = threading.Lock()
        self.error = b""
        self._threads = [threading.Thread(target=one, daemon=True) for one in (self._read, self._read_error)]

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            event = decode(line)
            with self.lock:
                self.events.append(event)
                fold(self.watch, event)

    def _read_error(self) -> None:
        assert self.process.stderr
        self.error = self.process.stderr.read()

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def begun(self) -> Self:
        """Wait until it sees."""
        self.until(lambda watch: watch.sampled)
        return self

    def send(self, intent: Intent) -> None:
        assert self.process.stdin
        self.process.stdin.write(encode(intent))
        self.process.stdin.flush()

    def until(self, find: Callable[[Watch], T], what: str = "", bound: float = BOUND) -> T:
        """Wait until `find` gives something."""

        def look() -> T:
            assert self.process.poll() is None or self._threads[0].is_alive(), self.error.decode()
            with self.lock:
                return find(self.watch)

        try:
            return until(look, what, bound)
        except AssertionError as error:
            seen = [type(event).__name__ for event in self.events]
            raise AssertionError(f"{error}; {self._doing()}; {len(seen)} events: {seen[:9]}") from None

    def _doing(self) -> str:
        """What its threads are in, for who has to find out why it does not go on."""
        tasks = Path(f"/proc/{self.process.pid}/task").glob("*")
        return "; ".join(f"{one.name} {(one / 'wchan').read_text()}" for one in tasks)

    def end(self) -> None:
        """In order; afterwards all that it told is there."""
        assert self.process.stdin
        if not self.process.stdin.closed:
            self.process.stdin.close()
        self.process.wait(BOUND)
        for thread in self._threads:
            thread.join(BOUND)
        for pipe in (self.process.stdout, self.process.stderr):
            assert pipe
            pipe.close()

    def at(self, monotonic: int) -> int:
        """A CLOCK_MONOTONIC time on the recording's clock."""
        return monotonic + time.time_ns() - time.monotonic_ns() - self.header.wall_clock

    @property
    def header(self) -> Header:
        assert isinstance(self.events[0], Header)
        return self.events[0]

    @property
    def failure(self) -> dict[str, str]:
        return json.loads(self.error.decode().strip().splitlines()[-1])


class Program:
    """One of `programs.py` as a process; what it prints are JSON lines."""

    def __init__(self, name: str, *arguments: object, prefix: Sequence[str] = ()) -> None:
        self.process = subprocess.Popen(
            [*prefix, sys.executable, str(PROGRAMS), name, *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.lines: list[Any] = []
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.append(json.loads(line))

    def first(self) -> Any:
        """What it says at its begin."""
        return until(lambda: self.lines[0] if self.lines else None, "the program begins")

    def tell(self, text: str = "") -> None:
        assert self.process.stdin
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self.process.stdin
        assert self.process.stdout
        self.process.kill()
        self.process.wait()
        self._thread.join(BOUND)
        self.process.stdin.close()
        self.process.stdout.close()


class Namespace:
    """A network namespace with a loopback of its own, as long as a process of ours holds it."""

    def __init__(self, **sysctls: int) -> None:
        self.holder = Program("hold", json.dumps(sysctls), prefix=("unshare", "--net"))

    def __enter__(self) -> Self:
        self.holder.__enter__()
        self.holder.first()
        self.pid = str(self.holder.process.pid)
        self.inside = ("nsenter", f"--target={self.pid}", "--net")
        return self

    def __exit__(self, *_: object) -> None:
        self.holder.__exit__()

    def run(self, *command: str) -> str:
        """What a command says in it."""
        return subprocess.run([*self.inside, *command], check=True, capture_output=True, text=True).stdout

    def counters(self) -> dict[str, int]:
        """TcpExt, as `nstat` shows it."""
        names, values = [
            line.split()[1:]
            for line in Path(f"/proc/{self.pid}/net/netstat").read_text().splitlines()
            if line.startswith("TcpExt:")
        ]
        return dict(zip(names, map(int, values), strict=True))


@pytest.fixture
def root() -> None:
    if os.geteuid() != 0:
        pytest.skip("only root may do this")
