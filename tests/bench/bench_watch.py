"""The throughput of a program with `sockviz watch` looking at it, and without, in turns.

nginx and ab, both of this machine, in a network namespace of their own: a new connection for each request,
which is the worst case. Also the processor time that nginx takes for a request, the kernel's share too: that
tells more than the throughput does where the machine has other things to do.
"""

import contextlib
import fcntl
import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import psutil
from figures import Row, Skip, at_least, at_most, compare

from sockviz.lab import kernel

LEVELS: Final = ("sampling", "packets", "trace")
PORT: Final = 8080
NOT_HERE: Final = 77
"""Exit status."""
AT_ONCE: Final = 32
_SIOCSIFFLAGS: Final = 0x8914
_IFF_UP: Final = 0x1
_RATE: Final = re.compile(r"Requests per second:\s+([0-9.]+)")
_CONFIG: Final = """
daemon off; worker_processes 1; pid {place}/pid; error_log /dev/null;
events {{ worker_connections 1024; }}
http {{ access_log off; client_body_temp_path {place}; proxy_temp_path {place}; fastcgi_temp_path {place};
uwsgi_temp_path {place}; scgi_temp_path {place};
server {{ listen 127.0.0.1:{port} backlog=1024; location / {{ return 200 "hello"; }} }} }}
"""


def rows(*, quick: bool) -> Iterator[Row]:
    """Each level in turns with nobody looking."""
    if not shutil.which("nginx") or not shutil.which("ab"):
        raise Skip("nginx and ab are not installed")
    for level in LEVELS:
        found = measured(level, 4 if quick else 12, 4_000 if quick else 15_000)
        rates = [(one[0], one[1]) for one in found]
        times = [(one[2], one[3]) for one in found]
        what, last = f"watched ({level})", level == "trace"
        yield compare(f"nginx, {what}", "requests/s", "not watched", rates, at_least(0.98), short=last)
        yield compare(f"nginx, {what}", "µs/request", "not watched", times, at_most(1.02), short=last)


def measured(level: str, rounds: int, requests: int) -> list[tuple[float, ...]]:
    """Requests per second, watched and not; microseconds of nginx for a request, watched and not."""
    command = [sys.executable, __file__, level, str(rounds), str(requests)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    if done.returncode == NOT_HERE:
        raise Skip(f"no network namespace, or no {level}, here")
    if done.returncode:
        raise RuntimeError(done.stderr.strip().splitlines()[-1])
    return [tuple(map(float, line.split())) for line in done.stdout.splitlines()]


# in the namespace


def measure(level: str, rounds: int, requests: int) -> None:
    """Print what `measured` gives, a line a round."""
    try:
        kernel.unshare(kernel.CLONE_NEWNET)
    except PermissionError:
        sys.exit(NOT_HERE)
    with socket.socket() as sock:
        fcntl.ioctl(sock, _SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", _IFF_UP))
    Path("/proc/sys/net/ipv4/tcp_tw_reuse").write_text("1")
    Path("/proc/sys/net/ipv4/ip_local_port_range").write_text("1024 65535")
    with tempfile.TemporaryDirectory() as place, nginx(Path(place)):
        worker = psutil.Process(int((Path(place) / "pid").read_text())).children()[0]
        spent: list[float] = []

        def alone() -> float:
            before = sum(worker.cpu_times()[:2])
            rate = load(requests)
            spent.append((sum(worker.cpu_times()[:2]) - before) / requests * 1e6)
            return rate

        def watched() -> float:
            with watching(level):
                return alone()

        alone()
        for number in range(rounds):
            spent.clear()
            order = [watched, alone] if number % 2 else [alone, watched]
            rates = [one() for one in order]
            back = 1 if number % 2 else -1
            print(*rates[::back], *spent[::back], flush=True)


@contextlib.contextmanager
def nginx(place: Path) -> Iterator[None]:
    config = place / "nginx.conf"
    config.write_text(_CONFIG.format(place=place, port=PORT))
    server = subprocess.Popen(["nginx", "-p", str(place), "-c", str(config)], stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: socket.create_connection(("127.0.0.1", PORT)).close())
        yield
    finally:
        server.terminate()
        server.wait()


@contextlib.contextmanager
def watching(level: str) -> Iterator[None]:
    """`sockviz watch`, which sees already."""
    command = [sys.executable, "-m", "sockviz", "watch", "--headless", "--level", level, str(PORT)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout
    for line in process.stdout:
        if b'"sockets_sampled"' in line:
            break
    else:
        sys.exit(NOT_HERE)
    sink = subprocess.Popen(["cat"], stdin=process.stdout, stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()
        sink.wait()


def load(requests: int) -> float:
    """Requests per second."""
    done = subprocess.run(
        ["ab", "-q", "-n", str(requests), "-c", str(AT_ONCE), f"http://127.0.0.1:{PORT}/"],
        check=True,
        capture_output=True,
        text=True,
    )
    match = _RATE.search(done.stdout)
    assert match
    return float(match[1])


def wait_for(attempt: Callable[[], object]) -> None:
    for _ in range(200):
        with contextlib.suppress(OSError):
            attempt()
            return
        time.sleep(0.05)
    sys.exit("nginx does not listen")


if __name__ == "__main__":
    measure(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
