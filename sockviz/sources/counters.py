"""The kernel's counters of this process's network namespace: what was dropped, resent, reset, and why.

Reads `/proc/self/net/netstat` (TcpExt) and `/proc/self/net/snmp` (Tcp, and Udp of IPv4), which are the same
for every user. On loopback the namespace is the whole machine's: others' connections count too.
"""

from pathlib import Path
from typing import Final

from sockviz.events import CounterRaised
from sockviz.sources.clock import Clock
from sockviz.tcp.counters import COUNTERS

_TABLES: Final = (
    ("/proc/self/net/netstat", (("TcpExt:", ""),)),
    ("/proc/self/net/snmp", (("Tcp:", ""), ("Udp:", "Udp"))),
)
"""Where they are: each table's mark, and what goes before its names."""


class CounterReader:
    """Tells what rose since the last look. What was counted before it was made does not exist for it."""

    def __init__(self, clock: Clock, host: str) -> None:
        """`host` is the name in the events."""
        self._clock = clock
        self._host = host
        self._start = read()
        self._last = self._start

    def raised(self) -> list[tuple[str, int, int]]:
        """(name, by how much since the last look, total since this reader was made)."""
        now = read()
        before, self._last = self._last, now
        return [
            (name, value - before.get(name, 0), value - self._start.get(name, 0))
            for name, value in now.items()
            if value > before.get(name, 0)
        ]

    def raised_events(self) -> list[CounterRaised]:
        """The same as events."""
        raised, t = self.raised(), self._clock.now()
        return [
            CounterRaised(t=t, host=self._host, name=name, by=by, total=total) for name, by, total in raised
        ]


def read() -> dict[str, int]:
    """The counters' values since the namespace was made, without those that this kernel does not have."""
    values: dict[str, int] = {}
    for path, tables in _TABLES:
        try:
            lines = Path(path).read_text(encoding="ascii").splitlines()
        except OSError:  # no proc, or a kernel without the table
            continue
        for mark, prefix in tables:
            table = [line.split()[1:] for line in lines if line.startswith(mark)]
            for names, numbers in zip(table[::2], table[1::2], strict=False):
                pairs = zip((prefix + name for name in names), numbers, strict=False)
                values.update((name, int(number)) for name, number in pairs if name in COUNTERS)
    return values
