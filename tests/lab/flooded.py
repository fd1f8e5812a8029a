"""A flood in a real lab, counted: what was sent, what the wire saw of it, what the kernel says."""

import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

from driver import Engine, descendants

from sockviz import events, intents
from sockviz.tcp.counters import COUNTERS

PATIENCE = 120.0
"""Seconds for a flood to be over."""


class Flooded(Engine):
    """An engine whose events are counted rather than kept, since there are so many; read when allowed to."""

    def __init__(self, **setup: Any) -> None:
        self.may_read = threading.Event()
        self.may_read.set()
        self.seen: Counter[str] = Counter()
        """SYNs on the wire, and what became of them."""
        self.told: dict[tuple[str, str], int] = {}
        """(host, counter) → total."""
        self.sent: int = 0
        """SYNs that sendmmsg() says have left."""
        self.on_wire: set[int] = set()
        self.most_on_wire = 0
        self._calls: set[int] = set()
        super().__init__(**setup)

    def _keep(self, event: events.AnyEvent) -> None:
        self.may_read.wait()
        match event:
            case events.SegmentSent():
                kind = "SYN" if event.segment.flags == "SYN" else "answer"
                self.seen[kind] += 1
                if kind == "SYN":
                    self.on_wire.add(event.id)
                    self.most_on_wire = max(self.most_on_wire, len(self.on_wire))
            case events.SegmentDelivered() | events.SegmentDropped():
                self.on_wire.discard(event.id)
                self.seen[type(event).__name__] += 1
            case events.CounterRaised():
                self.told[event.host, event.name] = event.total
            case events.CallEntered(name="sendmmsg"):
                self._calls.add(event.call)
            case events.CallReturned() if event.call in self._calls:
                self.sent += max(event.result, 0)
            case _:
                super()._keep(event)

    def flood(self, count: int) -> None:
        """Begin to send so many SYNs."""
        self.event(events.ListenerSampled)
        self.send(intents.Flood(count=count))
        self.until(lambda: self._calls, "the flood's first call")

    def wait_for_silence(self) -> None:
        """While nobody reads: until who floods has ended, as the system knows."""
        flooding = [pid for pid in descendants(self.process.pid) if _name(pid).startswith("flood")]
        end = time.monotonic() + PATIENCE
        while any(_name(pid).startswith("flood") for pid in flooding):
            assert time.monotonic() < end, "it floods for ever"
            time.sleep(0.05)

    def over(self) -> None:
        """Wait until all of it is accounted for, and none is on the wire any more."""
        self.until(self.finished, "all of it", PATIENCE)

    def finished(self) -> bool:
        """So it is."""
        ended = next(self.every(events.ProgramEnded), None) is not None
        return ended and self.seen["SYN"] + self.lost >= self.sent and not self.on_wire

    @property
    def lost(self) -> int:
        """SYNs that there was no room for."""
        return self.told.get(("client", "PacketsDropped"), 0)

    def agrees(self) -> bool:
        """The counters of both hosts are told as the kernel has them."""
        return all(self.differences(host) == {} for host in ("client", "server"))

    def differences(self, host: str) -> dict[str, tuple[int, int]]:
        """Counter → (what was told, what the kernel has), where that differs."""
        # The network namespace of the host's own process began with the run.
        pid = next(pid for pid in descendants(self.process.pid) if _name(pid) == f"host {host}")
        kernel = kernel_counters(pid)
        told = {name: self.told.get((host, name), 0) for name in kernel}
        return {name: (told[name], kernel[name]) for name in kernel if told[name] != kernel[name]}


def kernel_counters(pid: int) -> dict[str, int]:
    """The counters of a process's network namespace, as far as they are told of."""
    found = {}
    for table, mark, prefix in (("netstat", "TcpExt:", ""), ("snmp", "Tcp:", ""), ("snmp", "Udp:", "Udp")):
        lines = Path(f"/proc/{pid}/net/{table}").read_text().splitlines()
        names, values = (line.split()[1:] for line in lines if line.startswith(mark))
        found |= {prefix + name: int(value) for name, value in zip(names, values, strict=True)}
    return {name: value for name, value in found.items() if name in COUNTERS}


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""
