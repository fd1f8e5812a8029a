"""`sockviz doctor`: what works on this machine and what does not, all at once, each thing tried for real.

Each probe runs in a process of its own (`sockviz.probes`), several at a time, each for a bounded time.
Nothing on the machine is changed.
"""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from importlib import metadata
from typing import Final

from sockviz import __version__, terminal
from sockviz.errors import printable

_BOUND: Final = 20
"""Seconds that a probe may take."""
_AT_ONCE: Final = 2
_LIBRARIES: Final = ("textual", "textual-serve", "scapy", "psutil", "msgspec")


@dataclass(frozen=True, slots=True)
class Check:
    """What came of one probe."""

    name: str
    ok: bool
    found: str
    """What was measured, or why it does not work."""
    hides: str = ""
    """If it does not work: what can't be seen or done."""
    command: str = ""
    """If it does not work: what would change that."""


@dataclass(frozen=True, slots=True)
class _Probe:
    name: str
    """In `sockviz.probes.PROBES`."""
    title: str
    hides: str
    command: str = ""
    """Where the probe knows none itself."""


_PROBES: Final = (
    _Probe("lab", "lab", "holding packets on a wire and single-stepping the kernel"),
    _Probe(
        "pid_namespace",
        "lab: PID namespace",
        "nothing; if one process is killed, the others end by themselves, one by one",
    ),
    _Probe(
        "small_table",
        "lab: small socket table",
        "nothing; the hosts' tables take some milliseconds to read",
        "Linux 6.1 or later",
    ),
    _Probe("loopback", "loopback", "connections on this machine's own 127.0.0.1"),
    _Probe("capture", "loopback: capture on lo", "the packets on loopback, and the states they explain"),
    _Probe("table", "psutil's table", "the table of connections"),
    _Probe(
        "sock_diag",
        "sock_diag",
        "inodes, queues and timers of the table's rows",
        "a kernel with CONFIG_INET_TCP_DIAG: sudo modprobe tcp_diag",
    ),
    _Probe("tcp_info", "TCP_INFO", "depth and limit of the accept queue", "Linux 2.6.24 or later"),
    _Probe("counters", "kernel counters", "why a connection was dropped", "a kernel with CONFIG_PROC_FS"),
    _Probe(
        "tracepoint",
        "watch: tracepoint",
        "the kernel's own word on each transition; packets or the table tell of connections",
        "sudo sockviz watch",
    ),
    _Probe("strace", "run: strace", "arguments and results of your own programs' calls"),
)

_FEW_COLOURS: Final = "colours; states are told by words and symbols as well"


def run(*, as_json: bool) -> int:
    """Print what works here; returns 0 if sockviz can run, 2 if neither the lab nor loopback works."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        queues = {
            "listen(n)": pool.submit(answer, "backlog"),
            "SYN queue": pool.submit(answer, "syn_queue"),
        }
        checks = [*pool.map(_check, _PROBES), *_terminal()]
    grounds = [check.name for check in checks if check.ok and check.name in {"lab", "loopback"}]
    about = {**_versions(), **{name: str(said.result()["found"]) for name, said in queues.items()}}
    text = _json(checks, about, grounds) if as_json else _text(checks, about, grounds)
    sys.stdout.write(text)
    return 0 if grounds else 2


def _check(probe: _Probe) -> Check:
    said = answer(probe.name)
    if said["ok"]:
        return Check(probe.title, ok=True, found=str(said["found"]))
    command = str(said.get("command") or probe.command)
    return Check(probe.title, ok=False, found=str(said["found"]), hides=probe.hides, command=command)


def answer(name: str) -> dict[str, object]:
    """What a probe says (`ok`, `found`, `command`); one that says nothing does not work."""
    try:
        done = subprocess.run(  # noqa: S603 - our own probe
            [sys.executable, "-m", "sockviz.probes", name],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_BOUND,
            check=False,
        )
        said = json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        return {"ok": False, "found": f"no answer within {_BOUND} seconds"}
    except ValueError:
        last = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        return {"ok": False, "found": last or f"the probe ended with status {done.returncode}"}
    return dict(said)


def _terminal() -> list[Check]:
    """The terminal that this was started in."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        stage = Check(
            "terminal",
            ok=False,
            found="there is none here",
            hides="the stage; --headless works all the same",
            command="run it in a terminal",
        )
        return [stage, _encoding()]
    return [_size(), _colour(), _encoding()]


def _size() -> Check:
    size = os.get_terminal_size(sys.stdout.fileno())
    found = f"{size.columns}x{size.lines}"
    if size.columns < terminal.COLUMNS or size.lines < terminal.LINES:
        least = f"{terminal.COLUMNS}x{terminal.LINES}"
        return Check("terminal: size", ok=False, found=found, hides="the stage", command=f"make it {least}")
    return Check("terminal: size", ok=True, found=found)


def _colour() -> Check:
    title, name = "terminal: colour", os.environ.get("TERM", "")
    if os.environ.get("NO_COLOR"):
        return Check(title, ok=True, found="none, as NO_COLOR asks")
    if os.environ.get("COLORTERM") in {"truecolor", "24bit"}:
        return Check(title, ok=True, found="16 million")
    if "256color" in name:
        return Check(title, ok=True, found="256")
    found = f"few (TERM is {name or 'not set'})"
    return Check(title, ok=False, found=found, hides=_FEW_COLOURS, command="export TERM=xterm-256color")


def _encoding() -> Check:
    title, found = "terminal: UTF-8", sys.stdout.encoding
    if found.lower().replace("-", "") == "utf8":
        return Check(title, ok=True, found="yes")
    return Check(
        title, ok=False, found=found, hides="lines, arrows and symbols", command="export LANG=C.UTF-8"
    )


def _versions() -> dict[str, str]:
    system = os.uname()
    return {
        "sockviz": __version__,
        "kernel": f"{system.sysname} {system.release} {system.machine}",
        "python": f"{platform.python_version()} ({sys.executable})",
        **{library: _version(library) for library in _LIBRARIES},
    }


def _version(library: str) -> str:
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return "missing"


def _json(checks: Sequence[Check], about: dict[str, str], grounds: Sequence[str]) -> str:
    return json.dumps({"runs": grounds, "checks": [asdict(check) for check in checks], "about": about}) + "\n"


def _text(checks: Sequence[Check], about: dict[str, str], grounds: Sequence[str]) -> str:
    marks = ("✓", "✗") if sys.stdout.encoding.lower().startswith("utf") else ("ok", "no")
    width = max(len(check.name) for check in checks)
    indent = " " * (max(map(len, marks)) + 1)
    lines = []
    for check in checks:
        mark = marks[0 if check.ok else 1].ljust(len(indent) - 1)
        lines.append(f"{mark} {check.name.ljust(width)}  {check.found}")
        if not check.ok:
            lines.append(f"{indent}{'hides'.rjust(width)}  {check.hides}")
        if check.command:
            lines.append(f"{indent}{'to have it'.rjust(width)}  {check.command}")
    lines.append("")
    lines += [f"{indent}{name.ljust(width)}  {value}" for name, value in about.items()]
    lines += ["", _verdict(grounds)]
    return "\n".join(map(printable, lines)) + "\n"


def _verdict(grounds: Sequence[str]) -> str:
    match grounds:
        case []:
            return "sockviz can't run here: neither the lab nor loopback works."
        case ["loopback"]:
            return "sockviz runs here on loopback; the lab does not work."
        case _:
            return "sockviz runs here; the lab is the default."
