"""How much of a core the stage costs: packets in flight at 30 frames a second, a large table, and nothing.

The widgets run in a real Textual app in a terminal of 120 by 36 (a pty, read as fast as it is written). In
`steady` only the playhead moves; in `busy` the world is a new one at each frame too, so that every part is
drawn again; in `table` a few rows of many change, ten times a second. The stage is the whole app, where a few
packets move, and where nothing happens: sampling, time and all.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Final

from figures import Row, alone, at_most
from processes import parts, used
from ptys import BOUND, STAGE, Pty

from sockviz.events import SocketRow

FRAMES: Final = 30
READINGS: Final = 10
"""New tables a second."""
FLIGHT: Final = 2_000_000_000
"""ns; a packet's way."""
PACKETS: Final = (0, 10, 60, 500)
ROWS: Final = 10_000
TARGETED: Final = 60
PERCENT: Final = "% of a core"


def rows(*, quick: bool) -> Iterator[Row]:
    """Each in a terminal of its own, one after the other."""
    seconds, tries = (2, 1) if quick else (3, 3)
    limit = at_most(15)
    for count in PACKETS:
        target, short = (limit, True) if count == TARGETED else (None, count > TARGETED)
        yield row(f"{count} packets in flight", f"steady {count}", seconds, tries, target, short=short)
    yield row(f"{TARGETED} packets, all new at each frame", f"busy {TARGETED}", seconds, tries, limit)
    what = f"a table of {ROWS:,} rows, {READINGS} readings a second"
    yield row(what, f"table {ROWS}", seconds, tries, short=True)
    moved = [moving(min(seconds, 4)) for _ in range(min(tries, 2))]
    yield alone("the whole stage while a few packets move", PERCENT, moved, limit)
    stage, lab = zip(*(idle(seconds * 2) for _ in range(min(tries, 2))), strict=True)
    yield alone("the stage when nothing moves", PERCENT, stage, at_most(1), short=True)
    yield alone("the lab behind it when nothing moves", PERCENT, lab)


def row(what: str, mode: str, seconds: float, tries: int, target: Any = None, *, short: bool = False) -> Row:
    found = [json.loads(in_a_terminal([mode, str(seconds)])) for _ in range(tries)]
    frames = sum(one["frames"] for one in found) / tries
    # A machine that is busy otherwise draws fewer: what counts is what so many would cost.
    shares = [one["share"] * FRAMES / one["frames"] for one in found]
    return alone(what, PERCENT, shares, target, note=f"{frames:.1f} frames/s", short=short)


def moving(seconds: float) -> float:
    """% of a core that the stage takes while a SYN and its repetitions are on their way, for 5 s."""
    with Pty((*STAGE, "--clients", "1", "--flow", "--delay", "5000")) as terminal:
        terminal.wait("SYN_SENT")
        terminal.drain(0.5)
        stage = parts(terminal.process.pid).stage
        before = used(stage)
        terminal.drain(seconds)
        return (used(stage) - before) / seconds * 100


def idle(seconds: float) -> tuple[float, float]:
    """% of a core that stage and lab take with one connection, when everything has come to rest."""
    with Pty((*STAGE, "--clients", "1", "--flow", "--accept", "auto")) as terminal:
        terminal.wait("ESTABLISHED")
        terminal.drain(4)  # what is new is marked for a while
        both = parts(terminal.process.pid)
        before = [used(one) for one in both]
        terminal.drain(seconds)
        shares = [(used(one) - was) / seconds * 100 for one, was in zip(both, before, strict=True)]
        assert terminal.process.poll() is None, "the stage has ended"
        return shares[0], shares[1]


def in_a_terminal(arguments: list[str]) -> str:
    """What this module writes, run in a pty of its own."""
    with tempfile.NamedTemporaryFile() as result:
        with Pty([sys.executable, __file__, *arguments], BENCH_RESULT=result.name) as terminal:
            terminal.drain(BOUND)
        return Path(result.name).read_text()


# in the terminal


def measure(mode: str, seconds: float) -> None:
    """Run the app; write the frames a second and the share of a core in % to `BENCH_RESULT`."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tui"))
    from gallery import Gallery  # noqa: PLC0415 - only the child draws

    from sockviz.tui.widgets.drawing import Drawing  # noqa: PLC0415

    kind, _, count = mode.partition(" ")
    first, at = {"steady": flights, "busy": flights, "table": table}[kind](int(count))

    class Bench(Gallery):
        def on_mount(self) -> None:
            self.call_after_refresh(self.begin)

        def begin(self) -> None:
            self.widgets = list(self.query(Drawing))
            self.frames, self.began, self.cpu = 0, time.perf_counter(), time.process_time()
            self.set_interval(1 / FRAMES, self.frame)

        def frame(self) -> None:
            spent = time.perf_counter() - self.began
            now = FLIGHT + int(spent * 1e9) % FLIGHT
            view = replace(first, now=now) if kind == "steady" else at(now)
            for widget in self.widgets:
                widget.show(view)
            self.frames += 1
            if spent >= seconds:
                self.exit((self.frames / spent, (time.process_time() - self.cpu) / spent * 100))

    frames, share = Bench(first, "sockviz-dark", (13, 16), tabs=False).run()
    Path(os.environ["BENCH_RESULT"]).write_text(json.dumps({"frames": frames, "share": share}))


def flights(count: int) -> tuple[Any, Callable[[int], Any]]:
    """A view with so many packets on the wire, evenly, and the one at another time."""
    from scenes import swarm  # noqa: PLC0415

    base = swarm()
    template = next(iter(base.world.wire.in_flight.values()))

    def at(now: int) -> Any:
        found = {}
        for number in range(1, count + 1):
            sent = now - (now + number * FLIGHT // count) % FLIGHT
            sender = "client" if number % 3 else "server"
            known = {"id": number, "connection": number, "sender": sender, "sent": sent, "due": sent + FLIGHT}
            found[number] = replace(template, **known)
        wire = replace(base.world.wire, in_flight=found)
        return replace(base, now=now, world=replace(base.world, wire=wire))

    return at(FLIGHT), at


def table(count: int) -> tuple[Any, Callable[[int], Any]]:
    """A view with so many rows in the server's table, and the one at another time: other rows are new."""
    from scenes import swarm  # noqa: PLC0415

    base, here = swarm(), "10.0.0.1:8001"
    remotes = [f"10.0.{number // 250}.{number % 250 + 1}:40000" for number in range(count)]
    many = {(here, remote): SocketRow(state="ESTABLISHED", local=here, remote=remote) for remote in remotes}

    @cache
    def world(turn: int) -> Any:
        remote = remotes[turn % count]
        new = SocketRow(state="ESTABLISHED", local=here, remote=remote, recv_queue=1)
        return replace(base.world, tables={"server": {**many, (here, remote): new}})

    def at(now: int) -> Any:
        return replace(base, now=now, world=world(now * READINGS // 1_000_000_000))

    return at(FLIGHT), at


if __name__ == "__main__":
    measure(sys.argv[1], float(sys.argv[2]))
