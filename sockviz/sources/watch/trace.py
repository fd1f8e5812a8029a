"""The kernel's tracepoint `sock:inet_sock_set_state`: every transition of the watched ports, with its time.

For root. It tells of all network namespaces of the machine without saying which: addresses and port are all
there is to go by. What the ring buffer had no room for is counted.
"""

import contextlib
import os
import re
from collections.abc import Collection
from typing import Final

from sockviz.errors import UserError
from sockviz.events import StateTraced
from sockviz.sources.clock import Clock
from sockviz.sources.watch.tracefs import Instance

_EVENT: Final = "events/sock/inet_sock_set_state"
_MOST: Final = 65_536
"""KiB of buffers, of all processors together."""
_EACH: Final = 4_096
"""KiB of one processor's buffer, at most: some 20,000 transitions."""
_AT_ONCE: Final = 1 << 16
"""Bytes that are taken out at once."""
_READS: Final = 8
"""So often in one go, at most: some 2,500 transitions."""

_LINE: Final = re.compile(
    rb" (?P<s>[0-9]+)\.(?P<us>[0-9]{6}): inet_sock_set_state: family=AF_INET(?P<six>6?) protocol=IPPROTO_TCP"
    rb" sport=(?P<sport>[0-9]+) dport=(?P<dport>[0-9]+) saddr=(?P<s4>\S+) daddr=(?P<d4>\S+)"
    rb" saddrv6=(?P<s6>\S+) daddrv6=(?P<d6>\S+) oldstate=TCP_(?P<old>\w+) newstate=TCP_(?P<new>\w+)"
)
_OVERRUN: Final = re.compile(r"(?:overrun|dropped events): ([0-9]+)")
_LONGEST_FILTER: Final = 4_000
"""Characters; the kernel takes less than a page."""


class Trace:
    """The transitions of the ports that are `watch`ed. Not for several threads."""

    def __init__(self, clock: Clock, host: str) -> None:
        """Make the tracing instance. Forks: call it while this process has one thread.

        Raises:
            UserError: kind `no-trace`: this process may not trace, or this kernel can't.
        """
        self._clock = clock
        self._host = host
        self._rest = b""
        self._ports: set[bytes] = set()
        self.more = False
        """The last `read` did not take all that there was."""
        try:
            self._instance = Instance()
        except OSError as error:
            raise _refusal(error) from error
        try:
            self._prepare()
        except OSError as error:
            self._instance.close()
            raise _refusal(error) from error

    def _prepare(self) -> None:
        self._instance.write("trace_clock", "mono")
        self._instance.write("buffer_size_kb", str(min(_EACH, _MOST // (os.cpu_count() or 1))))
        self._pipe = os.open(self._instance.path / "trace_pipe", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)

    def watch(self, ports: Collection[int]) -> None:
        """From now on tell of sockets with one of these local ports; none: of none."""
        self._instance.write(f"{_EVENT}/enable", "0")
        self._instance.write("trace", "")  # what was not read is about others, or too old
        self._rest = b""
        self._ports = {str(port).encode() for port in ports}
        if ports:
            self._instance.write(f"{_EVENT}/filter", _filter(ports))
            self._instance.write(f"{_EVENT}/enable", "1")

    def read(self) -> list[StateTraced]:
        """What was told since the last call, a bounded number, in the order of time; never blocks."""
        found: list[StateTraced] = []
        self.more = True
        for _ in range(_READS):
            try:
                data = os.read(self._pipe, _AT_ONCE)
            except BlockingIOError:
                self.more = False
                break
            *lines, self._rest = (self._rest + data).split(b"\n")
            found += [event for line in lines if (event := self._event(line)) is not None]
        return found

    def lost(self) -> int:
        """Transitions that the buffer had no room for, since the beginning."""
        total = 0
        for path in self._instance.path.glob("per_cpu/cpu*/stats"):
            total += sum(map(int, _OVERRUN.findall(path.read_text(encoding="ascii"))))
        return total

    def close(self) -> None:
        """Tell no more, and leave nothing behind."""
        with contextlib.suppress(OSError):
            self._instance.write(f"{_EVENT}/enable", "0")
        os.close(self._pipe)
        self._instance.close()

    def _event(self, line: bytes) -> StateTraced | None:
        match = _LINE.search(line)
        if match is None or match["sport"] not in self._ports:
            return None
        local, remote = (match["s6"], match["d6"]) if match["six"] else (match["s4"], match["d4"])
        return StateTraced(
            t=max(0, self._clock.from_monotonic(int(match["s"]) * 1_000_000_000 + int(match["us"]) * 1000)),
            host=self._host,
            local=_address(local, match["sport"], six=bool(match["six"])),
            remote=_address(remote, match["dport"], six=bool(match["six"])),
            before=match["old"].decode(),
            after=match["new"].decode(),
        )


def _filter(ports: Collection[int]) -> str:
    """What the kernel is to tell; where it takes no text with all ports in it, some more."""
    text = " || ".join(f"sport == {port}" for port in sorted(ports))
    if len(text) > _LONGEST_FILTER:
        text = f"sport >= {min(ports)} && sport <= {max(ports)}"
    return f"protocol == 6 && ({text})"


def _address(ip: bytes, port: bytes, *, six: bool) -> str:
    return f"[{ip.decode()}]:{port.decode()}" if six else f"{ip.decode()}:{port.decode()}"


def _refusal(error: OSError) -> UserError:
    return UserError(
        f"the kernel's tracepoint can't be used: {error.strerror}",
        "as root: sudo sockviz watch …",
        kind="no-trace",
    )
