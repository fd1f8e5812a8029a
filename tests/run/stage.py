"""Runs programs in the lab for tests: what is told of them, and what `ss` says at the same moment."""

import contextlib
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

from driver import Engine

from sockviz import events, intents
from sockviz.intents import Command
from sockviz.world.fold import advance
from sockviz.world.model import World

SOURCES = Path(__file__).parent / "programs"


class Lab(Engine):
    """An engine that runs the user's own programs."""

    def __init__(self, *servers: str, clients: tuple[str, ...] = (), **setup: Any) -> None:
        commands = tuple(
            Command(host=host, text=text)
            for host, texts in (("server", servers), ("client", clients))
            for text in texts
        )
        super().__init__(source="lab", commands=commands, **setup)

    @property
    def world(self) -> World:
        """What is known by now."""
        return advance(World(), self.events)[0]

    def output(self, program: str) -> str:
        """What the program's terminal has shown."""
        started = self.program(program)
        told = self.every(events.ProgramOutput, host=started.host, pid=started.pid)
        return b"".join(one.data for one in told).decode().replace("\r\n", "\n")

    def shows(self, program: str, text: str) -> None:
        """Wait until the program's terminal shows it."""
        self.program(program)
        self.until(lambda: text in self.output(program), f"{program} shows {text!r}")

    def type(self, program: str, text: str) -> None:
        started = self.program(program)
        self.send(intents.Type(host=started.host, program=program, data=text.encode()))

    def called(self, name: str, since: int = 0, **fields: Any) -> events.CallEntered:
        """Wait until a program has entered such a call."""
        return self.event(events.CallEntered, since, name=name, **fields)

    def ended(self, program: str) -> int | None:
        """Wait for its end; how it ended."""
        started = self.program(program)
        return self.event(events.ProgramEnded, host=started.host, pid=started.pid).status

    def inside(self, host: str, *command: str) -> str:
        """What a command prints that is run in the host's network namespace."""
        engine = self.process.pid
        for pid in [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]:
            with contextlib.suppress(OSError):
                name = Path(f"/proc/{pid}/comm").read_text().strip()
                if name == f"host {host}" and belongs(pid, engine):
                    enter = ["nsenter", f"--net=/proc/{pid}/ns/net", *command]
                    return subprocess.run(enter, check=True, capture_output=True, text=True).stdout
        raise AssertionError(f"no process of the host {host}")

    def ss(self, host: str) -> dict[tuple[str, str], tuple[str, int, int]]:
        """`ss -tan` of a host: (local, remote) → state, Recv-Q, Send-Q."""
        lines = self.inside(host, "ss", "-tanH").splitlines()
        rows = {}
        for state, receive, send, local, remote in (line.split()[:5] for line in lines):
            rows[plain(local), plain(remote)] = (STATES[state], int(receive), int(send))
        return rows

    def table(self, host: str) -> dict[tuple[str, str], tuple[str, int, int]]:
        """The same of what was sampled."""
        return {
            (plain(row.local), plain(row.remote)): (row.state, row.recv_queue, row.send_queue)
            for row in self.rows[host].values()
            if row.protocol == "tcp"
        }

    def agrees(self, host: str) -> None:
        """Wait until the table is `ss`'s, read before and after."""

        def same() -> bool:
            before = self.ss(host)
            return self.table(host) == before == self.ss(host)

        self.until(same, f"the table of the {host} is that of ss")

    def states_by_ss(self, host: str) -> Counter[str]:
        return Counter(state for state, _, _ in self.ss(host).values())


STATES = {
    "LISTEN": "LISTEN",
    "ESTAB": "ESTABLISHED",
    "SYN-SENT": "SYN_SENT",
    "SYN-RECV": "SYN_RECV",
    "FIN-WAIT-1": "FIN_WAIT1",
    "FIN-WAIT-2": "FIN_WAIT2",
    "TIME-WAIT": "TIME_WAIT",
    "CLOSE-WAIT": "CLOSE_WAIT",
    "LAST-ACK": "LAST_ACK",
    "CLOSING": "CLOSING",
    "UNCONN": "CLOSE",
}


def plain(address: str) -> str:
    """Of ss and of ours in one form: `*` is any address; IPv4 in IPv6 is IPv4."""
    address = address.replace("[::ffff:", "").replace("*", "[::]")
    address = re.sub(r"^([0-9.]+)\]", r"\1", address)
    return re.sub(r"(0\.0\.0\.0|\[::\]):0$|(0\.0\.0\.0|\[::\]):\[::\]$", "nobody", address)


def belongs(pid: int, ancestor: int) -> bool:
    """Whether a process comes from another."""
    while pid > 1:
        if pid == ancestor:
            return True
        stat = Path(f"/proc/{pid}/stat").read_text()
        pid = int(stat.rpartition(")")[2].split()[1])
    return False


def has(*programs: str) -> str:
    """Which of these programs is missing; empty: none."""
    return ", ".join(program for program in programs if shutil.which(program) is None)
