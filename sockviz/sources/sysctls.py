"""The kernel settings that explain what is seen, read from this process's network namespace."""

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
