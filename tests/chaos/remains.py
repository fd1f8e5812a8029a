"""What there is of a run, and what is left of it: its processes, namespaces and tracing instances.

Only what is its own: other runs of sockviz may go on beside it.
"""

import math
import os
import time
from pathlib import Path

from place import Place

ENVIRONMENT = "SOCKVIZ_CHAOS"
"""Whoever has it in its environment is of the run that it names."""


class Remains:
    """Of one run."""

    def __init__(self, place: Place, mark: str, leader: int) -> None:
        """`leader`: the process that the user started."""
        self._place = place
        self._wanted = f"{ENVIRONMENT}={mark}\0".encode()
        self._leader = leader
        self._known: set[int] = set()
        """Whoever was ever seen."""
        self._apart: set[str] = set()
        self._seen = 0.0
        """When, on CLOCK_BOOTTIME, which /proc/PID/stat counts on."""

    def processes(self) -> dict[int, str]:
        """The processes that have not ended (a zombie has): pid → what they are."""
        found = {}
        for place in Path("/proc").glob("[0-9]*"):
            if self._wanted in _read(place / "environ"):
                status = _read(place / "status")
                if status and b"\nState:\tZ" not in status:
                    found[int(place.name)] = self._role(place)
        self._known |= found.keys()
        return found

    def census(self) -> dict[int, str]:
        """See who there is, and in which namespaces that we are not in."""
        there = self.processes()
        self._apart = set().union(*map(_namespaces, there)) - _namespaces(os.getpid())
        self._seen = time.clock_gettime(time.CLOCK_BOOTTIME)
        return there

    def left(self) -> list[str]:
        """What there still is."""
        processes = sorted(self.processes().values())
        spaces = [f"namespace {name}" for name in sorted(self._namespaces_left())]
        return processes + spaces + [f"tracing instance {name}" for name in self._traces_left()]

    def waits(self) -> list[str]:
        """What those that were there at the census and are not gone wait for in the kernel; zombies, too."""
        places = [Path(f"/proc/{pid}") for pid in sorted(self._known)]
        return [
            f"{place.name} {_line(place / 'comm')} {_stat(place)[0]} {_line(place / 'wchan')}"
            for place in places
            if _stat(place)
        ]

    def _role(self, place: Path) -> str:
        """What a process is in a run: by its name, or by what was started."""
        if int(place.name) == self._leader:
            return "sockviz"
        name = _line(place / "comm")
        command = _read(place / "cmdline").split(b"\0")
        if not name.startswith("python"):
            return name
        for module in ("sockviz.engine", "sockviz.sources.dissect"):
            if module.encode() in command:
                # The launcher is outside, the engine inside (a PID namespace of its own, if there is one).
                inside = len(_read(place / "status").partition(b"NSpid:")[2].partition(b"\n")[0].split()) > 1
                return f"{module.rpartition('.')[2]}{' inside' if inside else ''}"
        return "screen" if b"sockviz" in command else "program"

    def _namespaces_left(self) -> set[str]:
        """Those that any process is still in that was there at the census.

        The kernel gives the number of a namespace that is gone to the next one, which may be somebody else's.
        """
        if not self._apart:
            return set()
        places = Path("/proc").glob("[0-9]*")
        pids = [int(place.name) for place in places if _alive_since(place) <= self._seen]
        return self._apart & set().union(*map(_namespaces, pids))

    def _traces_left(self) -> list[str]:
        """They have the pid of who made them in their names: `sockviz-PID-START`."""
        ours = {str(pid) for pid in self._known}
        return sorted(name for name in self._place.traces() if [*name.split("-"), ""][1] in ours)


def busy() -> float:
    """How many times as long things take, since others want the processors, too."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def _alive_since(place: Path) -> float:
    """When a process began, s since boot; one that has ended is not, though its parent did not look."""
    fields = _stat(place)
    return int(fields[19]) / os.sysconf("SC_CLK_TCK") if fields and fields[0] not in "ZX" else math.inf


def _stat(place: Path) -> list[str]:
    """What follows a process's name in its `stat` (proc(5)); nothing if it is gone."""
    return _read(place / "stat").rpartition(b")")[2].decode().split()


def _line(path: Path) -> str:
    return _read(path).decode(errors="replace").strip()


def _namespaces(pid: int) -> set[str]:
    found = set()
    for name in ("net", "mnt", "pid", "user"):
        try:
            found.add(str(Path(f"/proc/{pid}/ns/{name}").readlink()))
        except OSError:
            continue
    return found


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
