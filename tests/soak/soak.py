"""`make soak`: random free play in the lab, for as long as you like, compared all the time with `ss`.

The run is a session as the stage has it, without a screen. Two or three times a second `ss -tan` is asked in
both hosts: what it says and what the world says has to be the same, but for what is younger than a sample of
the table. The memory of this process, which has the session, and of the engine's has to stay flat.

    python tests/soak/soak.py [--seconds 180] [--seed N]

Ends with a summary, and with status 1 if there was a disagreement that lasted, or memory that grew.
"""

import argparse
import asyncio
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random
from secrets import randbelow

from look import Disagreement, disagreements, hosts, ss
from play import Play

from sockviz.errors import UserError
from sockviz.intents import Setup, Wire
from sockviz.session.plan import Plan
from sockviz.session.run import Run
from sockviz.session.session import Session
from sockviz.session.spill import ROOM
from sockviz.world.model import World

LASTS = 1.2
"""Seconds: the table is read five times a second, what was read is on its way for up to 0.15 s, and a machine
under load takes its time. What differs for longer, unchanged on both sides, does not go away by itself."""
LOOK = 0.4
"""Seconds between two looks."""
GROWTH = 1.25
"""Memory at the end ÷ memory after a quarter of the time, at most (and `SLACK` more)."""
SLACK = {"session": 2 * ROOM, "engine": 8 << 20, "hosts": 16 << 20}
"""Bytes: the session keeps events and keyframes, packed, in memory up to `ROOM` each, and then in a file."""


def memory(pid: int) -> int:
    """What a process has for itself, bytes (its Pss)."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) << 10
    except OSError:
        pass
    return 0


class Soak:
    """One run, its player and its judge."""

    def __init__(self, seconds: float, seed: int) -> None:
        self._seconds = seconds
        self._random = Random(seed)
        self._play = Play(self._random)
        setup = Setup(source="lab", accept="auto", ipv6=self._random.random() < 0.3)
        self._run = Run.start(Plan(setup=setup))
        self._session = Session(self._run)
        self._hosts: dict[str, int] = {}
        self._since: dict[Disagreement, float] = {}
        self.lasting: dict[Disagreement, float] = {}
        """What differed for longer than it may → for how long."""
        self.asked: Counter[str] = Counter()
        self.looks = self.rows = 0
        self.seen: set[str] = set()
        """States that were compared."""
        self.memory: dict[str, list[int]] = {"session": [], "engine": [], "hosts": []}
        self.refusals: Counter[str] = Counter()

    @property
    def events(self) -> int:
        return len(self._session.timeline)

    @property
    def world(self) -> World:
        return self._session.timeline.edge

    async def run(self) -> None:
        carrying = asyncio.create_task(self._session.run())
        try:
            await self._begin(carrying)
            end = time.monotonic() + self._seconds
            playing = asyncio.create_task(self._keep_playing(end))
            told = time.monotonic()
            while time.monotonic() < end and not carrying.done():
                await asyncio.sleep(LOOK)
                await self._look()
                self._session.tick(time.monotonic_ns())
                if time.monotonic() - told > min(60, self._seconds / 10):
                    told = time.monotonic()
                    self._weigh()
                    print(self.progress(end - told), flush=True)
            playing.cancel()
            if not carrying.done():
                self._weigh()
                await self._session.close()
            await carrying
        finally:
            self._session.kill()

    async def _begin(self, carrying: "asyncio.Task[None]") -> None:
        while not self.world.listeners:
            if carrying.done():
                await carrying
            await asyncio.sleep(0.02)
        self._hosts = hosts(self._run.pid)

    async def _keep_playing(self, end: float) -> None:
        refused = ""
        while time.monotonic() < end:
            for intent in self._play.next(self.world):
                self.asked[type(intent).__name__] += 1
                self._session.send(intent)
            # Now quick, now slow: most of what is wrong comes from what happens at the same time.
            await asyncio.sleep(self._random.choice((0, 0.003, 0.02, 0.02, 0.1, 0.4)))
            if self.world.wire.mode == "cut" and self._random.random() < 0.1:
                self._session.send(Wire(mode="flow"))
            if self.world.refused != refused:
                refused = self.world.refused
                self.refusals[refused] += 1

    async def _look(self) -> None:
        found: set[Disagreement] = set()
        for host, pid in self._hosts.items():
            kernel = await asyncio.to_thread(ss, pid)
            self.rows += len(kernel)
            self.seen |= {row.state for row in kernel.values()}
            found |= disagreements(host, kernel, self.world)
        now = time.monotonic()
        self.looks += 1
        self._since = {one: self._since.get(one, now) for one in found}
        for one, since in self._since.items():
            if now - since > LASTS:
                if one not in self.lasting:
                    print(f"  {self._session.timeline.end / 1e9:.3f} s: {text(one)}", flush=True)
                self.lasting[one] = now - since

    def _weigh(self) -> None:
        children = {}
        for status in Path("/proc").glob("[0-9]*/stat"):
            try:
                after = status.read_text().rpartition(")")[2].split()
            except OSError:
                continue
            children.setdefault(int(after[1]), []).append(int(status.parent.name))
        self.memory["session"].append(memory_of_self())
        self.memory["engine"].append(sum(map(memory, children.get(self._run.pid, []))))
        self.memory["hosts"].append(sum(map(memory, self._hosts.values())))

    def progress(self, left: float) -> str:
        sizes = ", ".join(f"{name} {sizes[-1] >> 20} MB" for name, sizes in self.memory.items())
        return f"  {left:5.0f} s left: {self.events:,} events, {self.looks} looks; {sizes}"

    def grown(self) -> list[str]:
        """The processes whose memory did not stay flat."""
        found = []
        for name, sizes in self.memory.items():
            settled = sizes[len(sizes) // 4] if sizes else 0
            if sizes and sizes[-1] > GROWTH * settled + SLACK[name]:
                found.append(f"{name}: {settled >> 20} MB → {sizes[-1] >> 20} MB")
        return found


def memory_of_self() -> int:
    return memory("self")  # type: ignore[arg-type]


def text(one: Disagreement) -> str:
    socket = f"{one.host} {one.local} {one.remote}"
    return f"{socket}: ss says {one.kernel or 'nothing'}, the {one.what} {one.ours or 'nothing'}"


def main() -> int:
    parser = argparse.ArgumentParser(
        description="Random free play in the lab, compared with ss all the time."
    )
    parser.add_argument("--seconds", type=float, default=180)
    parser.add_argument("--seed", type=int, default=None)
    given = parser.parse_args()
    seed = randbelow(1 << 32) if given.seed is None else given.seed
    print(f"soak: {given.seconds:.0f} s, seed {seed}", flush=True)
    soak = Soak(given.seconds, seed)
    try:
        asyncio.run(soak.run())
    except UserError as error:
        print(error.line())
        return 2 if error.kind == "no-lab" else 1
    return judge(soak, seed)


def judge(soak: Soak, seed: int) -> int:
    asked = ", ".join(f"{count} {name}" for name, count in soak.asked.most_common())
    print(f"asked for: {asked}")
    print(f"compared: {soak.looks} looks at both hosts, {soak.rows:,} rows; {' '.join(sorted(soak.seen))}")
    print(
        f"events: {soak.events:,}; memory: "
        + ", ".join(
            f"{name} {' '.join(str(size >> 20) for size in sizes[:: max(1, len(sizes) // 8)])} MB"
            for name, sizes in soak.memory.items()
        )
    )
    for one, seconds in soak.lasting.items():
        print(f"  lasted {seconds:.1f} s: {text(one)}")
    for grown in soak.grown():
        print(f"  memory grew: {grown}")
    if soak.lasting or soak.grown():
        print(f"soak: FAILED: {len(soak.lasting)} disagreements lasted (again with --seed {seed})")
        return 1
    print("soak: all that ss said was so; no disagreement outlived a sample; memory stayed flat")
    return 0


if __name__ == "__main__":
    sys.exit(main())
