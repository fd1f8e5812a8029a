"""`make chaos`: sockviz is run again and again, and each time something is done to it that it can't expect.

A random process of it is killed at a random moment, its terminal is closed, its disk is full, it has no
descriptors left, its engine is stopped. Then within `WITHIN` seconds nothing may be left of it (processes,
namespaces, interfaces, settings, files, traces); the user was told in at most one line, and in one line if
it is not what they asked for; the terminal is as it was; the recording opens, up to half a second before.

    python tests/chaos/chaos.py [--rounds 200] [--seed N] [--only KIND]

A round follows from the seed and its number; when the moment comes is the machine's. `--rounds 17-17` plays
one of them again.
"""

import argparse
import contextlib
import os
import resource
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random
from secrets import randbelow

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "terminal")]

import remains  # noqa: E402
from runs import SOCKVIZ, OnTerminal, Piped, Running, environment  # noqa: E402

from sockviz.errors import UserError  # noqa: E402
from sockviz.recording.reader import Reader  # noqa: E402

WITHIN = 3.0
"""Seconds from what was done to it (or from the user's wish to end it) until nothing is left.

On a machine that has more to do than it has processors it takes so many times as long."""
LOST = 0.5
"""Seconds of a recording that may be lost."""
DATA = HERE.parent / "data"
AS_NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
STAGE_KEYS = "cnnnnaaahdrxXwM\t123\x1b[A\x1b[BiMMMgl+-bo{}zTtP"


SERVER = """
import socket
server = socket.create_server(("10.0.0.1", 8001))
while True:
    connection = server.accept()[0]
    connection.send(connection.recv(100))
    connection.close()
"""
CLIENT = """
import socket, time
for _ in range(100):
    connection = socket.create_connection(("10.0.0.1", 8001))
    connection.send(b"hello")
    connection.recv(100)
    connection.close()
    time.sleep(0.05)
"""


@dataclass(frozen=True)
class Kind:
    """A way to run it."""

    name: str
    arguments: Callable[[Random, Path], list[str]]
    keys: str = ""
    """What is pressed; none: it has no terminal."""
    records: bool = False
    latest: float = 3.0
    """Seconds from its start, within which something happens to it."""


def _headless(random: Random, recording: Path) -> list[str]:
    accept = random.choice((["--accept", "never"], [], ["--accept", "manual"]))
    delay = ["--delay", str(random.choice((0, 20, 100)))]
    clients = ["--clients", str(random.randint(1, 6))]
    return ["--headless", "--source", "lab", *clients, *delay, *accept, "--record", str(recording)]


def _loopback(random: Random, recording: Path) -> list[str]:
    port = ["--port", str(random.randint(20_000, 60_000))]
    return ["--headless", "--source", "loopback", *port, "--clients", "3", "--record", str(recording)]


def _stage(random: Random, recording: Path) -> list[str]:
    wire = random.choice((["--hold"], ["--flow"], ["--flow", "--delay", "50"]))
    return [*wire, "--clients", str(random.randint(1, 4)), "--record", str(recording)]


def _replay(random: Random, recording: Path) -> list[str]:
    return ["replay", str(random.choice(sorted(DATA.glob("*.jsonl"))))]


def _screen_lesson(random: Random, recording: Path) -> list[str]:
    return ["lesson", random.choice(("handshake", "accept-queue-full")), "--record", str(recording)]


def _run(random: Random, recording: Path) -> list[str]:
    strace = random.choice((["--no-strace"], []))
    delay = ["--delay", str(random.choice((0, 20)))]
    programs = ["--server", f"{sys.executable} -c '{SERVER}'", "--client", f"{sys.executable} -c '{CLIENT}'"]
    return ["run", "--headless", *programs, *strace, *delay, "--record", str(recording)]


def _watch(random: Random, recording: Path) -> list[str]:
    level = random.choice(("best", "sampling", "packets"))
    return ["watch", "--headless", "--level", level, *random.choice(([], [str(listener().getsockname()[1])]))]


@cache
def listener() -> socket.socket:
    """Somebody's, to be watched."""
    return socket.create_server(("127.0.0.1", 0))


def _lesson(random: Random, recording: Path) -> list[str]:
    name = random.choice(("handshake", "accept-queue-full", "reset", "close"))
    return ["lesson", name, "--headless", "--record", str(recording)]


KINDS = (
    Kind("headless", _headless, records=True),
    Kind("loopback", _loopback, records=True, latest=2.0),
    Kind("stage", _stage, keys=STAGE_KEYS, records=True),
    Kind("replay", _replay, keys=" }}{)(jJi]<>zM", latest=2.0),
    Kind("lesson", _lesson, records=True),
    Kind("course", _screen_lesson, keys="\r\r12n\x1b[C ?i", records=True),
    Kind("run", _run, records=True),
    Kind("watch", _watch, latest=2.0),
)
WHAT = (
    *["SIGKILL"] * 6,
    *["SIGTERM"] * 2,
    *["SIGHUP"] * 2,
    *["SIGSTOP"] * 2,
    *["terminal closed"] * 2,
    *["disk full"] * 2,
    *["no descriptors"] * 2,
)
MAY_STOP = ("engine", "engine inside", "host client", "host server", "hosts", "dissect", "strace")
"""Whom somebody stops who does not mean to (the screen and its guard stop together: job control)."""


@dataclass
class Round:
    """What was done, and what came of it."""

    number: int
    kind: str
    what: str
    user: str
    victim: str = ""
    after: float = 0.0
    took: float = 0.0
    status: int | None = None
    said: str = ""
    command: str = ""
    problems: list[str] = field(default_factory=list)

    def line(self) -> str:
        told = self.said.strip().splitlines()
        end = f"; {told[-1]}" if told else ""
        return (
            f"{self.number:4} {self.kind:9} {self.user:6} {self.what:15} {self.victim:14}"
            f" after {self.after:4.2f} s, gone in {self.took:4.2f} s, status {self.status}{end}"
        )


class Chaos:
    """Rounds, one after the other."""

    def __init__(
        self, seed: int, place: Path, within: float, *, kinds: Sequence[Kind] = (), mounts: bool = True
    ) -> None:
        """`mounts`: this process may go into a mount namespace of its own, for small file systems."""
        self._seed, self._place, self._within = seed, place, within
        self._kinds = kinds or KINDS
        self._mounts = mounts and remains.may_mount(place) == ""
        self.before = remains.state()

    def play(self, number: int, hurry: float = 1.0) -> Round:
        """One round; `hurry` < 1: things happen earlier."""
        random = Random(f"{self._seed} {number}")
        kind, what = random.choice(self._kinds), random.choice(WHAT)
        if what == "terminal closed" and not kind.keys:
            what = "SIGHUP"
        if what == "disk full" and not kind.records:
            what = "SIGKILL"
        root = os.geteuid() == 0
        nobody = root and random.random() < 0.4
        one = Round(number, kind.name, what, "nobody" if nobody else "root" if root else "user")
        one.after = random.random() * kind.latest * hurry
        home = self._place / str(number)
        home.mkdir(mode=0o777)
        home.chmod(0o777)
        small = home / "small"
        recording = home / "recording.jsonl"
        if what == "disk full" and self._mounts:
            small.mkdir()
            size = random.choice((4, 8, 16, 40))
            subprocess.run(
                ["mount", "-t", "tmpfs", "-o", f"size={size}k,mode=777", "none", small], check=True
            )
            recording = small / "recording.jsonl"
        try:
            self._round(one, kind, random, recording)
        finally:
            if small.is_mount():
                subprocess.run(["umount", "--lazy", small], check=True)
            shutil.rmtree(home)
        return one

    def _round(self, one: Round, kind: Kind, random: Random, recording: Path) -> None:
        mark, home = str(uuid.uuid4()), self._place / str(one.number)
        arguments = kind.arguments(random, recording)
        command = [
            *(AS_NOBODY if one.user == "nobody" else []),
            *self._limited(one, random),
            *SOCKVIZ,
            *arguments,
        ]
        one.command = shlex.join(arguments)
        surroundings = environment(mark, home)
        run: Running
        if kind.keys:
            run = OnTerminal(command, surroundings, home, kind.keys, random)
        else:
            run = Piped(command, surroundings, home)
        try:
            run.play(one.after)
            there = remains.processes(mark)
            apart = remains.namespaces(there)
            done = time.monotonic()
            self._do(one, run, there, random)
            self._end(one, run, mark, apart, random)
            self._judge(one, kind, run, recording, done)
        finally:
            for pid in remains.processes(mark):
                _signal(pid, signal.SIGKILL)
            run.close()

    def _limited(self, one: Round, random: Random) -> list[str]:
        if one.what == "no descriptors":
            one.victim = f"{random.choice((6, 8, 10, 12, 14, 16, 18, 20, 24, 32))} descriptors"
            return ["prlimit", f"--nofile={one.victim.split()[0]}"]
        if one.what == "disk full" and not self._mounts:
            return ["prlimit", "--fsize=16384"]
        return []

    def _do(self, one: Round, run: Running, there: dict[int, str], random: Random) -> None:
        """What it can't expect."""
        if one.what in {"disk full", "no descriptors"}:
            return
        if one.what == "terminal closed":
            run.hang_up()
            return
        pids = {pid: role for pid, role in sorted(there.items()) if one.what != "SIGSTOP" or role in MAY_STOP}
        if not pids:
            one.victim = "(over)" if not there else "(none yet)"
            return
        victim = random.choice(list(pids))
        one.victim = pids[victim]
        _signal(victim, signal.Signals[one.what])

    def _end(self, one: Round, run: Running, mark: str, apart: set[str], random: Random) -> None:
        """Wait until it has ended, which it may have to be asked for; nothing may be left then."""
        begin, taken = time.monotonic(), time.clock_gettime(time.CLOCK_BOOTTIME)
        lasts = 0.3 + random.random() if one.what != "SIGSTOP" else 2.0
        goes_on = one.what in {"disk full", "no descriptors"}
        while run.status() is None and time.monotonic() < begin + (5.0 if goes_on else lasts):
            run.play(0.05)
        if run.status() is None or goes_on:
            begin = time.monotonic()
        if run.status() is None:
            run.finish()
        left: dict[int, str] = {}
        while gone := time.monotonic() < begin + 4 * self._within * remains.busy():
            ended = run.status() is not None
            left = remains.processes(mark)
            if ended and not left and not remains.namespaces_left(apart, taken):
                break
            if not ended:
                run.insist()
            time.sleep(0.01)
        one.took = time.monotonic() - begin
        one.status = run.status()
        if not gone or one.took > self._within * remains.busy():
            names = ", ".join(sorted(left.values())) or "namespaces"
            one.problems.append(f"after {one.took:.1f} s there was still: {names}")

    def _judge(self, one: Round, kind: Kind, run: Running, recording: Path, done: float) -> None:
        one.problems += run.wrong()
        one.said = run.said()
        one.problems += self._said_wrong(one, kind)
        kept = {recording.name, "small", "sockviz"}  # the last: where a lesson was left
        one.problems += [
            f"left a file: {path.name}"
            for path in (self._place / str(one.number)).iterdir()
            if path.name not in kept and not path.name.endswith(".svg")
        ]
        if recording.exists() and recording.stat().st_size:
            one.problems += self._read(one, run, recording, done)
        elif kind.records and isinstance(run, Piped) and any(t < done - LOST for t, _ in run.lines):
            one.problems.append("there is no recording")

    def _said_wrong(self, one: Round, kind: Kind) -> list[str]:
        lines = [line for line in one.said.splitlines() if line.strip()]
        ours = [line for line in lines if "sockviz: " in line]  # what was typed may stand before it
        found = []
        if "Traceback" in one.said:
            found.append("a traceback")
        if one.what == "terminal closed":
            return found
        killed_itself = one.what == "SIGKILL" and one.victim in {"sockviz", "sockviz guard"}
        # A full disk is said at once, then how the run ended; of failed programs each has a line.
        if len(ours) > 1 and one.what != "disk full" and kind.name != "run":
            found.append("said in more than one line")
        by_signal = one.status is not None and (one.status < 0 or one.status > 128)
        failed = 1 if kind.name in {"lesson", "run"} else 0
        if one.status not in {0, failed} and not by_signal and not ours and not killed_itself:
            found.append("said nothing")
        if one.status == 1 and not failed:
            found.append("a fault of ours")
        return found

    def _read(self, one: Round, run: Running, recording: Path, done: float) -> list[str]:
        """See that the recording opens, and that what was there in time is in it."""
        try:
            with Reader(recording) as reader:
                count = 0
                while batch := reader.more(1_000):
                    count += len(batch)
        except UserError as error:
            full = one.what == "disk full"
            if full and recording.stat().st_size < 4096:
                return []
            return [f"the recording does not open: {error.line()}"]
        if one.what == "disk full":
            return []
        if isinstance(run, Piped):
            printed = sum(when < done - LOST for when, _ in run.lines)
            if count < printed:
                return [f"the recording has {count} events, {printed} were there {LOST} s before"]
        return []


def _signal(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def numbers(text: str) -> range:
    """`200` → 1 to 200; `17-19`."""
    first, dash, last = text.partition("-")
    return range(int(first), int(last) + 1) if dash else range(1, int(first) + 1)


def main() -> int:
    parser = argparse.ArgumentParser(description="Runs sockviz many times and does it harm.")
    parser.add_argument("--rounds", type=numbers, default=numbers("200"), help="so many, or FIRST-LAST")
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--only", default="", help=", ".join(kind.name for kind in KINDS))
    parser.add_argument("--within", type=float, default=WITHIN, help="seconds")
    given = parser.parse_args()
    seed = randbelow(1 << 32) if given.seed is None else given.seed
    print(f"chaos: {len(given.rounds)} rounds, seed {seed}", flush=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    # What is ignored here (by nohup, or in the background) would be ignored by what is started here.
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    place = Path(tempfile.mkdtemp(prefix="chaos-"))
    place.chmod(0o755)
    try:
        kinds = [kind for kind in KINDS if not given.only or kind.name in given.only.split(",")]
        return play(Chaos(seed, place, given.within, kinds=kinds), given.rounds, seed)
    finally:
        shutil.rmtree(place)


def play(chaos: Chaos, rounds: range, seed: int) -> int:
    begin = time.monotonic()
    played, bad = [], []
    for number in rounds:
        one = chaos.play(number)
        played.append(one)
        print(one.line(), flush=True)
        if one.problems:
            bad.append(one)
            print(f"     sockviz {one.command}")
            print("".join(f"     !! {problem}\n" for problem in one.problems), end="", flush=True)
            if one.said:
                print("".join(f"     | {line}\n" for line in one.said.splitlines()[-12:]), end="", flush=True)
    changed = remains.differences(chaos.before, remains.state())
    summary(played, bad, changed, seed, time.monotonic() - begin)
    return 1 if bad or changed else 0


def summary(played: list[Round], bad: list[Round], changed: list[str], seed: int, seconds: float) -> None:
    print()
    for name, counted in (
        ("runs", Counter(one.kind for one in played)),
        ("harm", Counter(one.what for one in played)),
        ("victims", Counter(one.victim for one in played if one.what.startswith("SIG"))),
    ):
        print(f"{name}: " + ", ".join(f"{count} {what}" for what, count in counted.most_common()))
    took = sorted(one.took for one in played) or [0.0]
    print(f"gone within: {took[len(took) // 2]:.2f} s in the median, {took[-1]:.2f} s at most", end="")
    print(f"; on {os.cpu_count()} processors with a load of {os.getloadavg()[0]:.1f} now")
    print("".join(f"the machine was changed: {line}\n" for line in changed), end="")
    if bad or changed:
        again = ", ".join(str(one.number) for one in bad)
        print(f"chaos: FAILED in {len(bad)} of {len(played)} rounds (seed {seed}; rounds {again})")
    else:
        print(f"chaos: {len(played)} rounds in {seconds:.0f} s: nothing was left, and every recording opened")


if __name__ == "__main__":
    sys.exit(main())
