"""The throughput of a program with `sockviz watch` looking at it, and without, in turns.

nginx in a network namespace of its own, with a new connection for each request, which is the worst case:

- as many as there can be (ab): nginx and ab want all of a small machine, and whatever watching takes is
  missing. `sockviz watch` then sees less by itself, half a second later, unless a level is insisted upon:
  that is shown, too. Measured is what comes after the first requests.
- a thousand a second, each a thousandth after the one before: whether they are served, and how fast.

Also the processor time that nginx takes for a request, the kernel's share too: that tells more than the
throughput does where the machine has other things to do.
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
from statistics import median
from typing import Final

import psutil
from figures import Pair, Row, Skip, at_least, at_most, by_turns, compare

from sockviz.lab import kernel

PACE: Final = 1_000
"""Connections a second."""
PORT: Final = 8080
NOT_HERE: Final = 77
"""Exit status."""
AT_ONCE: Final = 32
"""Requests that ab has open."""
FIRST: Final = 30_000
"""Requests that are not counted: until who watches knows what it is in for."""
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
    for level in ("best", "packets", "trace"):
        watched = f"watched ({level})"
        asked = level == "best"
        rounds, requests = (2, 20_000) if quick else (8, 100_000) if asked else (3, 60_000)
        found = measured("crowd", level, rounds, requests)
        targets = (at_least(0.98), at_most(1.02)) if asked else (None, None)
        for what, unit, target, pairs in zip(
            ("nginx at full speed", "nginx's time"),
            ("requests/s", "µs/request"),
            targets,
            _pairs(found),
            strict=True,
        ):
            yield compare(f"{what}, {watched}", unit, "not watched", pairs, target, short=asked)
    rounds, seconds = (2, 2) if quick else (5, 5)
    for level in ("packets", "trace"):
        found = measured("paced", level, rounds, PACE * seconds)
        served, times = _pairs(found)
        what = f"nginx, {PACE:,} connections/s, watched ({level})"
        yield compare(what, "served/s", "not watched", served, at_least(0.98), short=True)
        yield compare(f"{what}: an answer", "µs", "not watched", times)


def _pairs(found: list[tuple[float, ...]]) -> tuple[list[Pair], list[Pair]]:
    return [(one[0], one[1]) for one in found], [(one[2], one[3]) for one in found]


def measured(load: str, level: str, rounds: int, requests: int) -> list[tuple[float, ...]]:
    """Requests per second, watched and not; microseconds, watched and not.

    Microseconds of nginx's for a request (`crowd`), or until an answer was there (`paced`).
    """
    command = [sys.executable, __file__, load, level, str(rounds), str(requests)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    if done.returncode == NOT_HERE:
        raise Skip(f"no network namespace, or no {level}, here")
    if done.returncode:
        raise RuntimeError(done.stderr.strip().splitlines()[-1])
    return [tuple(map(float, line.split())) for line in done.stdout.splitlines()]


# in the namespace


def measure(load: str, level: str, rounds: int, requests: int) -> None:
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

        def alone() -> Pair:
            if load == "paced":
                return paced(requests)
            crowd(FIRST)
            before = sum(worker.cpu_times()[:2])
            rate = crowd(requests)
            return rate, (sum(worker.cpu_times()[:2]) - before) / requests * 1e6

        def watched() -> Pair:
            with watching(level):
                return alone()

        alone()
        for one, other in by_turns(rounds, watched, alone):
            print(one[0], other[0], one[1], other[1], flush=True)


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


def crowd(requests: int) -> float:
    """As many requests as there can be; how many a second that were."""
    done = subprocess.run(
        ["ab", "-q", "-n", str(requests), "-c", str(AT_ONCE), f"http://127.0.0.1:{PORT}/"],
        check=True,
        capture_output=True,
        text=True,
    )
    match = _RATE.search(done.stdout)
    assert match
    return float(match[1])


def paced(requests: int) -> Pair:
    """Requests at a steady pace, one after the other: served a second, and the median µs until the answer."""
    times = []
    begin = time.perf_counter()
    for number in range(requests):
        while (early := begin + number / PACE - time.perf_counter()) > 0:
            time.sleep(early)
        asked = time.perf_counter()
        with socket.create_connection(("127.0.0.1", PORT)) as sock:
            sock.sendall(b"GET / HTTP/1.0\r\n\r\n")
            while sock.recv(4096):
                pass
        times.append(time.perf_counter() - asked)
    return requests / (time.perf_counter() - begin), median(times) * 1e6


def wait_for(attempt: Callable[[], object]) -> None:
    for _ in range(200):
        with contextlib.suppress(OSError):
            attempt()
            return
        time.sleep(0.05)
    sys.exit("nginx does not listen")


if __name__ == "__main__":
    measure(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
