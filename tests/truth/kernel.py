"""What the kernel's tracepoint sock:inet_sock_set_state says, and how an export of ours compares with it."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Self

TRACER = Path(__file__).with_name("tracer.py")
BOUND = 15.0

NAMES = (
    "",
    "ESTABLISHED",
    "SYN_SENT",
    "SYN_RECV",
    "FIN_WAIT1",
    "FIN_WAIT2",
    "TIME_WAIT",
    "CLOSED",
    "CLOSE_WAIT",
    "LAST_ACK",
    "LISTEN",
    "CLOSING",
    "NEW_SYN_RECV",
)
"""include/net/tcp_states.h; the kernel's TCP_CLOSE is our CLOSED."""

_FIELD = re.compile(r"\b(skaddr|oldstate|newstate|sport|dport)=(0x[0-9a-f]+)")

Step = tuple[str, str]
"""From, to."""


class Ends(NamedTuple):
    """Names a socket: its port and its peer's (0: a listener)."""

    local: int
    remote: int


class Tracer:
    """The tracepoint for one port, from entering the context to leaving it."""

    def __init__(self, port: int) -> None:
        self._process = subprocess.Popen(
            ["unshare", "--mount", sys.executable, str(TRACER), str(port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.reason = ""
        """Why there is no tracing here."""
        self._lines: list[str] = []
        assert self._process.stdout
        assert self._process.stderr
        if self._process.stdout.readline() != "ready\n":
            self.reason = f"no tracefs here: {self._process.stderr.read().strip()}"
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self._lines.append(line)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End it; after this all that happened is there."""
        assert self._process.stdin
        if not self._process.stdin.closed:
            self._process.stdin.close()
            self._process.wait(BOUND)
            self._reader.join(BOUND)
            for pipe in (self._process.stdout, self._process.stderr):
                assert pipe
                pipe.close()

    def sequences(self) -> dict[Ends, list[Step]]:
        """What each socket went through, in order."""
        return sequences(self._lines)


def sequences(lines: Iterable[str]) -> dict[Ends, list[Step]]:
    """Trace lines → the steps of each socket. One whose port is not chosen yet is known by its address."""
    sockets: dict[int, list[Step]] = {}
    names: dict[int, Ends] = {}
    found: dict[Ends, list[Step]] = {}
    for line in lines:
        values = {name: int(value, 16) for name, value in _FIELD.findall(line)}
        if len(values) < 5:
            assert "LOST" not in line, line
            continue
        address, step = values["skaddr"], (NAMES[values["oldstate"]], NAMES[values["newstate"]])
        if step[0] == "CLOSED" or step == ("LISTEN", "SYN_RECV"):
            sockets[address] = []  # the memory of one that is gone may be used again
        sockets.setdefault(address, []).append(step)
        names[address] = Ends(values["sport"], values["dport"])
        if step[1] == "CLOSED":
            found.setdefault(names[address], []).extend(sockets.pop(address))
    for address, steps in sockets.items():
        found.setdefault(names[address], []).extend(steps)
    return found


def expected(rows: Iterable[Mapping[str, Any]]) -> dict[Ends, list[Step]]:
    """An export's lines → what the tracepoint must have said.

    The tracepoint sees full sockets only. A connection in TIME_WAIT is none any more: for the tracepoint it
    ended where TIME_WAIT begins. A server's end in SYN_RECV is none yet: it gets both steps when it becomes
    ESTABLISHED, and none if it never does.
    """
    found: dict[Ends, list[Step]] = {}
    for row in rows:
        ends = Ends(port(row["local"]), port(row["remote"]))
        steps = found.setdefault(ends, [])
        if row["from"] != "TIME_WAIT":
            steps.append((row["from"], "CLOSED" if row["to"] == "TIME_WAIT" else row["to"]))
    half_open = [("LISTEN", "SYN_RECV"), ("SYN_RECV", "CLOSED")]
    return {ends: steps for ends, steps in found.items() if steps != half_open}


def port(address: str) -> int:
    """Of `10.0.0.1:8001`, `[::1]:8001`."""
    return int(address.rpartition(":")[2])


def why_no_tracing() -> str:
    """Empty: it works here."""
    if os.geteuid() != 0:
        return "only root may trace"
    with Tracer(1) as tracer:
        return tracer.reason
