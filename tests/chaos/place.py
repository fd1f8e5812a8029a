"""Where rounds are played: where it may, chaos goes into a mount and a network namespace of its own.

What is changed there was changed by a run of ours, whatever else runs on this machine meanwhile. As another
user than root there is no such place; then of files only what a run leaves in its own directory is seen.
"""

import contextlib
import fcntl
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sockviz
from sockviz.lab import kernel

HIDDEN = ("/tmp", "/var/tmp", "/dev/shm", "/run")  # noqa: S108 - to see whether anything is left there
"""Whoever writes temporary files writes them here: these become empty, and ours."""
_TRACING = "sys/kernel/tracing", "sys/kernel/debug/tracing"
_VARY = ("random", "uuid", "ns_last_pid", "nr", "perf_event_max")
"""Settings that change by themselves begin with these."""
_SIOCSIFFLAGS, _IFF_UP = 0x8914, 1


class Place:
    """`path`: where the rounds' own directories are."""

    def __init__(
        self, path: Path, *, hidden: tuple[Path, ...] = (), small: bool = False, shared: str = ""
    ) -> None:
        self.path = path
        self.small = small
        """Small file systems can be mounted (and nobody else sees them)."""
        self.shared = shared
        """Why it is not ours alone."""
        self._hidden = hidden
        self._instances = next(
            (one for one in map(Path, (path / "tracing", *(f"/{way}" for way in _TRACING))) if _is_dir(one)),
            path / "none",
        ) / "instances"  # fmt: skip

    def traces(self) -> set[str]:
        """The tracing instances of this kernel, anybody's; none where they can't be seen."""
        return set(_names(self._instances))

    def state(self) -> dict[str, str]:
        """All that a run could have changed: settings, interfaces, addresses, routes, mounts, files."""
        found = {}
        for place in ("/proc/sys/net", "/proc/sys/user", "/proc/sys/kernel"):
            for directory, _, names in os.walk(place):
                for name in names:
                    if not name.startswith(_VARY):
                        found[str(Path(directory, name))] = _read(Path(directory, name))
        for name in ("net/route", "net/if_inet6", "self/mounts"):
            found[name] = "\n".join(sorted(_read(Path("/proc", name)).splitlines()))
        found["interfaces"] = " ".join(sorted(name for _, name in socket.if_nameindex()))
        for place in self._hidden:
            others = {self.path.name, "mount"}  # the latter is mount(8)'s
            found[str(place)] = " ".join(sorted(set(_names(place)) - others))
        return found

    @contextmanager
    def full(self, at: Path, kilobytes: int) -> Iterator[None]:
        """A file system of that size."""
        at.mkdir()
        size = f"size={kilobytes}k,mode=777"
        subprocess.run(["mount", "-t", "tmpfs", "-o", size, "none", at], check=True)
        try:
            yield
        finally:
            subprocess.run(["umount", "--lazy", at], check=True)


@contextmanager
def of_our_own() -> Iterator[Place]:
    """The place of a process that does nothing but this."""
    hidden, shared = _go_apart()
    path = Path(tempfile.mkdtemp(prefix="chaos-"))
    path.chmod(0o755)  # others than root play there, too
    try:
        if hidden:
            (path / "tracing").mkdir()
            with contextlib.suppress(OSError):  # the kernel has none
                kernel.mount("none", str(path / "tracing"), "tracefs", 0)
        yield Place(path, hidden=hidden, small=bool(hidden and shutil.which("mount")), shared=shared)
    finally:
        if hidden:
            with contextlib.suppress(subprocess.CalledProcessError):
                subprocess.run(["umount", "--lazy", path / "tracing"], check=True, capture_output=True)
        shutil.rmtree(path)


def _go_apart() -> tuple[tuple[Path, ...], str]:
    """Enter namespaces of our own; the directories that are empty now, or why it could not be done."""
    try:
        kernel.unshare(kernel.CLONE_NEWNS | kernel.CLONE_NEWNET)
        kernel.mount("none", "/", None, kernel.MS_REC | kernel.MS_PRIVATE)
    except OSError as error:
        return (), str(error)
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sh", b"lo", _IFF_UP))
    needed = [Path(one).resolve() for one in (sys.prefix, sys.base_prefix, sockviz.__file__, __file__)]
    hidden = tuple(
        Path(one) for one in HIDDEN if _is_dir(Path(one)) and not any(map(_within(Path(one)), needed))
    )
    for one in hidden:
        kernel.mount("none", str(one), "tmpfs", 0)
        one.chmod(0o1777)
    return hidden, ""


def _within(place: Path):
    return lambda path: path.is_relative_to(place.resolve())


def differences(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """What was changed, as one line each."""
    return [
        f"{name}: {before.get(name, '')!r} → {after.get(name, '')!r}"
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    ]


def _is_dir(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False


def _names(place: Path) -> list[str]:
    try:
        return [path.name for path in place.iterdir()]
    except OSError:
        return []


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
