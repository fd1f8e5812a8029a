"""The kernel settings that explain what is seen, of this process's network namespace: read, and set."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

EXPLAINING: Final = (
    "net.core.somaxconn",
    "net.ipv4.tcp_max_syn_backlog",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.tcp_abort_on_overflow",
)


def path(name: str) -> Path:
    """Where a setting is in proc."""
    return Path("/proc/sys") / name.replace(".", "/")


def read(names: Iterable[str] = EXPLAINING) -> dict[str, str]:
    """Name → value; those that this kernel does not have, or that can't be read here, are left out."""
    values = {}
    for name in names:
        try:
            values[name] = path(name).read_text(encoding="ascii").strip()
        except OSError:
            continue
    return values


def write(name: str, value: str) -> str:
    """Set a setting; what can be read afterwards.

    Raises:
        OSError: the kernel has no such setting, does not take the value, or doesn't let us.
    """
    file = path(name)
    with file.open("r+", encoding="ascii") as opened:  # never makes a file, whatever the name is
        opened.write(value)
    return file.read_text(encoding="ascii").strip()
