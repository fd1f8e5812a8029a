"""What is on this machine, and what a run of ours has left on it."""

import math
import os
import shutil
from pathlib import Path

ENVIRONMENT = "SOCKVIZ_CHAOS"
"""Whoever has it in its environment is of the run that it names."""
TRACES = Path("/sys/kernel/tracing/instances")


def processes(mark: str) -> dict[int, str]:
    """The processes of a run that have not ended (a zombie has): pid → what they are."""
    found = {}
    wanted = f"{ENVIRONMENT}={mark}\0".encode()
    for place in Path("/proc").glob("[0-9]*"):
        if wanted in _read(place / "environ"):
            status = _read(place / "status")
            if status and b"\nState:\tZ" not in status:
                found[int(place.name)] = _role(place)
    return found


def _role(place: Path) -> str:
    """What a process is in a run: by its name, or by what was started."""
    name = _read(place / "comm").decode(errors="replace").strip()
    command = _read(place / "cmdline").split(b"\0")
    if not name.startswith("python"):
        return name
    for module in ("sockviz.engine", "sockviz.sources.dissect"):
        if module.encode() in command:
            # The launcher is outside, the engine inside (a PID namespace of its own, if there is one).
            inside = len(_read(place / "status").partition(b"NSpid:")[2].partition(b"\n")[0].split()) > 1
            return f"{module.rpartition('.')[2]}{' inside' if inside else ''}"
    return "sockviz" if b"sockviz" in command else "program"


def namespaces(pids: dict[int, str]) -> set[str]:
    """The namespaces that these processes are in and we are not."""
    return set().union(*(_namespaces(pid) for pid in pids)) - _namespaces(os.getpid())


def namespaces_left(ours: set[str], begun_before: float) -> set[str]:
    """Those of `ours` that any process is still in that began before then (CLOCK_BOOTTIME, s).

    The kernel gives the number of a namespace that is gone to the next one, which may be somebody else's.
    """
    pids = [int(place.name) for place in Path("/proc").glob("[0-9]*") if _begun(place) <= begun_before]
    return ours & set().union(*map(_namespaces, pids))


def _begun(place: Path) -> float:
    fields = _read(place / "stat").rpartition(b")")[2].split()
    return int(fields[19]) / os.sysconf("SC_CLK_TCK") if fields else math.inf


def _namespaces(pid: int) -> set[str]:
    found = set()
    for name in ("net", "mnt", "pid", "user"):
        try:
            found.add(str(Path(f"/proc/{pid}/ns/{name}").readlink()))
        except OSError:
            continue
    return found


def state() -> dict[str, str]:
    """All that a run could have changed: settings, interfaces, addresses, routes, mounts, traces, files."""
    found = {}
    for place in ("/proc/sys/net", "/proc/sys/user", "/proc/sys/kernel"):
        for directory, _, names in os.walk(place):
            for name in names:
                if not name.startswith(("random", "uuid", "ns_last_pid", "pty", "perf_event_max")):
                    path = Path(directory, name)
                    found[str(path)] = _read(path).decode(errors="replace")
    found.pop("/proc/sys/kernel/pty/nr", None)
    for name in ("net/route", "net/ipv6_route", "net/if_inet6", "self/mounts"):
        found[name] = "".join(sorted(_read(Path("/proc", name)).decode().splitlines(keepends=True)))
    found["net/ipv6_route"] = ""  # counts uses
    found["interfaces"] = _names(Path("/sys/class/net"), "")
    found["traces"] = _names(TRACES, "")
    for place in ("/tmp", "/var/tmp", "/dev/shm", "/run"):  # noqa: S108 - we look whether anything is there
        found[place] = _names(Path(place), "sockviz")
    return found


def _names(place: Path, part: str) -> str:
    try:
        return " ".join(sorted(path.name for path in place.iterdir() if part in path.name))
    except OSError:
        return ""


def busy() -> float:
    """How many times as long things take, since others want the processors, too."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def differences(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """What was changed, as one line each."""
    return [
        f"{name}: {before.get(name, '')!r} → {after.get(name, '')!r}"
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    ]


def may_mount(place: Path) -> str:
    """Whether small file systems can be mounted for a test (`size=64k`); why not."""
    from sockviz.lab import kernel  # noqa: PLC0415

    try:
        kernel.unshare(kernel.CLONE_NEWNS)
        kernel.mount("none", "/", None, kernel.MS_REC | kernel.MS_PRIVATE)
    except OSError as error:
        return str(error)
    return "" if shutil.which("mount") else "there is no mount command"


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
