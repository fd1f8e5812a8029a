"""A listener that is overloaded on purpose: what is told agrees with ss and the kernel's own counters."""

import os
import re
import time

import pytest
from kernel import Tracer
from watch_driver import Namespace, Program, Watching, until

from sockviz.events import ListenerSampled, SocketsSampled
from sockviz.world.watch.model import Watch

BACKLOG = 8
CLIENTS = 200
PORT = 20_000 + os.getpid() % 10_000
"""In a namespace of the test's own; but the tracepoint tells of all of them, and tests run side by side."""
LOCAL = f"127.0.0.1:{PORT}"
INTERVAL = 0.05
"""s between two readings."""
SLACK = 20_000_000
"""ns between two of the machine's clocks, and between a call's return and the program's look at the clock."""
PEER = "10.9.0.2"
"""A host that never answers."""

_TRACED = re.compile(r" ([0-9]+)\.([0-9]{6}): .*newstate=0x1 .*sport=0x([0-9a-f]+) .*dport=0x([0-9a-f]+)")


class Looks:
    """What `ss -ltn` said twice in a row, and the time between (ns since the epoch): readings lie in it."""

    def __init__(self, space: Namespace) -> None:
        self._space = space
        self.seen: list[tuple[int, int, int, int]] = []

    def look(self) -> None:
        def twice() -> bool:
            before, first = time.time_ns(), self._ask()
            time.sleep(4 * INTERVAL)
            last = self._ask()
            if first == last:
                self.seen.append((before, time.time_ns(), *first))
            return first == last

        until(twice, "a queue that stays as it is for a moment")

    def _ask(self) -> tuple[int, int]:
        lines = self._space.run("ss", "-H", "-ltn").splitlines()
        words = next(line for line in lines if f":{PORT} " in line).split()
        return int(words[1]), int(words[2])

    def agree(self, watching: Watching) -> None:
        """Each time what was told was what ss said, at some reading between, or the last before."""
        readings = [one for one in watching.events if isinstance(one, ListenerSampled) and one.local == LOCAL]
        ends = [one.t for one in watching.events if isinstance(one, SocketsSampled)]
        for before, after, depth, limit in self.seen:
            begin = max((t for t in ends if t <= before - watching.header.wall_clock), default=0)
            end = min((t for t in ends if t >= after - watching.header.wall_clock), default=1 << 62)
            told = [one for one in readings if begin <= one.t <= end]
            last = [one for one in readings if one.t <= begin][-1:]
            assert (depth, limit) in {(one.depth, one.limit) for one in (*last, *told)}


def drops(watch: Watch) -> dict[str, int]:
    return {name: watch.counters.get(name, 0) for name in ("ListenOverflows", "ListenDrops")}


def counted(space: Namespace, before: dict[str, int]) -> dict[str, int]:
    now = space.counters()
    return {name: now[name] - before[name] for name in ("ListenOverflows", "ListenDrops")}


def dropped(space: Namespace) -> int:
    """Of the listening socket itself: `d780` in `skmem:(...)`."""
    match = re.search(r"skmem:.*?,d([0-9]+)", space.run("ss", "-H", "-ltnm", "sport", "=", f":{PORT}"))
    assert match
    return int(match[1])


def established(tracer: Tracer) -> dict[int, int]:
    """Client's port → when the server's end became ESTABLISHED, ns on CLOCK_MONOTONIC."""
    found = {}
    for line in tracer._lines:
        if (match := _TRACED.search(line)) and int(match[3], 16) == PORT:
            found[int(match[4], 16)] = int(match[1]) * 10**9 + int(match[2]) * 1000
    return found


@pytest.mark.parametrize("cookies", [0, 1])
@pytest.mark.parametrize("level", ["sampling", "packets", "trace"])
def test_depth_limit_drops_waits_and_the_cause(root: None, tracing: None, cookies: int, level: str) -> None:
    with (
        Namespace(**{"net.ipv4.tcp_syncookies": cookies}) as space,
        Program("slow_server", "127.0.0.1", PORT, BACKLOG, 1, prefix=space.inside) as server,
        Tracer(PORT) as tracer,
    ):
        server.first()
        before = space.counters()
        with Watching(LOCAL, netns=space.pid, level=level, interval=round(INTERVAL * 1e9)) as watching:
            watching.begun()
            looks = Looks(space)
            with Program("clients", "127.0.0.1", PORT, CLIENTS, prefix=space.inside):
                watching.until(lambda watch: watch.listeners[LOCAL].full, "the queue is full")
                for accepted in range(1, 5):
                    until(lambda n=accepted: len(server.lines) > n, "accept()")
                    looks.look()
                watching.until(lambda watch: watch.listeners[LOCAL].accepted >= 4)
                taken = watching.until(
                    lambda watch: {
                        int(one.remote.rpartition(":")[2]): (one.earliest, one.ready, one.taken)
                        for one in watch.connections.values()
                        if one.taken is not None
                    }
                )
            # With few retries left there are moments in which nothing is dropped: then all of it was told.
            watching.until(lambda watch: drops(watch) == counted(space, before), "all drops are told")
            watching.until(lambda watch: watch.listeners[LOCAL].dropped == dropped(space), "its own, too")
            tracer.stop()
    watch = watching.watch
    listener = watch.listeners[LOCAL]
    assert listener.limit == BACKLOG
    assert min(listener.dropped, watch.counters["ListenDrops"]) > 0
    looks.agree(watching)
    explained(watch, "syn-cookies" if cookies else "syn-queue-full")
    waits_are_true(watching, server, tracer, taken, exact=level != "sampling")


def explained(watch: Watch, also: str) -> None:
    """`also`: half-open connections that can't leave the SYN queue fill that, too."""
    findings = [one for one in watch.findings if one.kind == "accept-queue-full"]
    told = sum(one.count for one in findings) + watch.raised.get("ListenOverflows", 0)
    assert told == watch.counters["ListenOverflows"]
    assert {one.kind for one in watch.findings} <= {"accept-queue-full", also, "EmbryonicRsts"}
    for one in findings:
        assert (one.listener, one.certain) == (LOCAL, True)
        assert f"({BACKLOG + 1} > {BACKLOG})" in one.text
        assert "accept()" in one.text
        assert f"The limit {BACKLOG} is the backlog that the program passed to listen()" in one.advice


def waits_are_true(
    watching: Watching,
    server: Program,
    tracer: Tracer,
    taken: dict[int, tuple[int | None, int | None, int | None]],
    *,
    exact: bool,
) -> None:
    """Each began to wait, and was taken, between the two readings of which that is told."""
    began = established(tracer)
    accepted = {line["accepted"]: line["t"] for line in server.lines[1:]}
    previous = {one.t: one.previous for one in watching.events if isinstance(one, SocketsSampled)}
    assert len(taken) >= 4
    for port, (earliest, ready, t) in taken.items():
        assert earliest is not None
        assert ready is not None
        assert t is not None
        assert earliest - SLACK <= watching.at(began[port]) <= ready + SLACK
        if exact:
            assert ready - earliest == 0
        assert previous[t] - SLACK <= watching.at(accepted[port]) <= t + SLACK
    waits = watching.watch.listeners[LOCAL].waits.taken
    truth = [accepted[port] - began[port] for port in accepted if port in taken]
    for wait in waits[: len(truth)]:
        assert any(wait.least - SLACK <= one <= wait.most + SLACK for one in truth)


@pytest.mark.parametrize("cookies", [0, 1])
def test_a_flood_of_syns(root: None, cookies: int) -> None:
    with (
        Namespace(**{"net.ipv4.tcp_syncookies": cookies}) as space,
        Program("slow_server", "0.0.0.0", PORT, BACKLOG, 100, prefix=space.inside) as server,
    ):
        server.first()
        for command in (
            "link add one type veth peer name two",
            "address add 10.9.0.1/24 dev one",
            "link set one up",
            "link set two up",
            f"neighbour add {PEER} lladdr 02:00:00:00:00:09 dev one",
        ):
            space.run("ip", *command.split())
        before = space.counters()
        with Watching(f":{PORT}", netns=space.pid) as watching:
            watching.begun()
            with Program("flood", PEER, "10.9.0.1", PORT, 100, prefix=space.inside) as flood:
                flood.first()
            kind = "syn-cookies" if cookies else "syn-queue-full"
            finding = watching.until(lambda watch: next((f for f in watch.findings if f.kind == kind), None))
            watching.until(lambda watch: watch.listeners[f"0.0.0.0:{PORT}"].half_open)
            name = "TCPReqQFullDoCookies" if cookies else "TCPReqQFullDrop"
            told = watching.until(
                lambda watch: watch.counters.get(name, 0) == space.counters()[name] - before[name]
            )
            assert told
            rows = space.run("ss", "-H", "-tn", "state", "syn-recv", "sport", "=", f":{PORT}").splitlines()
            half_open = watching.watch.listeners[f"0.0.0.0:{PORT}"].half_open
    assert half_open == len(rows) == BACKLOG + 1
    assert finding.listener == f"0.0.0.0:{PORT}"
    assert finding.count == watching.watch.counters[name]
    assert f"({half_open} half-open, backlog {BACKLOG})" in finding.text
    assert "cookies" in finding.text
    assert "flood" in finding.advice
