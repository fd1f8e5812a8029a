"""A capture of a million packets: how long until its connections are listed; `scapy.rdpcap` and tshark.

The capture is made here: connections of several clients at once, each with handshake, data both ways,
acknowledgements, now and then a retransmission, and a close. `rdpcap` gets the first packets of the same
file, since all of them would not fit into the memory of most machines; its time for one is what counts.
tshark lists the conversations of a part of it.
"""

import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from struct import Struct
from typing import Final

from figures import Row, Skip, alone, at_least, by_turns, compare

from sockviz.recording.capture.blocks import interface, packet, section
from sockviz.recording.capture.catalogue import summarise
from sockviz.recording.capture.events import capture_events

PACKETS: Final = 1_000_000
THEIRS: Final = 20_000
AT_ONCE: Final = 50
"""Connections open at the same time."""
STEP: Final = 20_000
"""ns from packet to packet."""
RESENT: Final = 0.02
"""Which part of the requests is sent twice."""
SYN, FIN, ACK, PUSH = 2, 1, 16, 8

_ethernet = bytes.fromhex("020000000001 020000000002 0800")
_ip = Struct("!BBHHHBBHII").pack
_tcp = Struct("!HHIIBBHHH").pack
_record = Struct("<IIII").pack
_OPTIONS = bytes.fromhex("0101080a 00000001 00000002")


def life(client: int, port: int) -> Iterator[bytes]:
    """The frames of one connection: Ethernet, IPv4, TCP with a timestamp, and a payload."""
    hosts, ports = (0x0A000000 + client, 0x0AFF0001), (port, 443)
    numbers = [random.getrandbits(31), random.getrandbits(31)]

    def frame(here: int, flags: int, size: int = 0, *, again: bool = False) -> bytes:
        there = 1 - here
        seq = numbers[here] - (size if again else 0)
        numbers[here] = seq + size + bool(flags & (SYN | FIN))
        network = _ip(0x45, 0, 52 + size, 0, 0x4000, 64, 6, 0, hosts[here], hosts[there])
        head = _tcp(ports[here], ports[there], seq, numbers[there], 0x80, flags, 64240, 0, 0)
        return _ethernet + network + head + _OPTIONS + bytes(size)

    yield frame(0, SYN)
    yield frame(1, SYN | ACK)
    yield frame(0, ACK)
    for _ in range(random.randrange(1, 12)):
        size = random.randrange(20, 200)
        yield frame(0, ACK | PUSH, size)
        if random.random() < RESENT:
            yield frame(0, ACK | PUSH, size, again=True)
        yield frame(1, ACK | PUSH, random.randrange(20, 400))
        yield frame(0, ACK)
    yield frame(0, ACK | FIN)
    yield frame(1, ACK | FIN)
    yield frame(0, ACK)


def traffic() -> Iterator[bytes]:
    """Many connections, their packets mixed."""
    ports = iter(range(1, 1 << 40))

    def begin() -> Iterator[bytes]:
        number = next(ports)
        return life(1 + number % 200, 1024 + number // 200 % 60_000)

    lives = deque(begin() for _ in range(AT_ONCE))
    while True:
        lives.rotate(random.randrange(AT_ONCE))
        try:
            yield next(lives[0])
        except StopIteration:
            lives[0] = begin()


def make(pcap: Path, pcapng: Path, count: int) -> None:
    """The same packets in both formats."""
    random.seed(1)
    with pcap.open("wb") as plain, pcapng.open("wb") as blocks:
        plain.write(Struct("<IHHiIII").pack(0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        blocks.write(section() + interface(1))
        t = 1_700_000_000_000_000_000
        for one in islice(traffic(), count):
            t += STEP
            plain.write(_record(t // 10**9, t % 10**9 // 1000, len(one), len(one)) + one)
            blocks.write(packet(0, t, one, len(one)))


def rows(*, quick: bool) -> Iterator[Row | Skip]:
    """Listed, as events, one connection; time for one packet, in µs."""
    count, sample = (PACKETS // 10, THEIRS // 5) if quick else (PACKETS, THEIRS)
    rounds = 2 if quick else 3
    with tempfile.TemporaryDirectory() as folder:
        whole, part, pcapng = (Path(folder) / name for name in ("whole.pcap", "part.pcap", "whole.pcapng"))
        make(whole, pcapng, count)
        make(part, Path(os.devnull), sample * 4)
        work = {name: lambda name=name, path=path: in_a_child(name, path)["each"] for name, path in (
            ("list", whole), ("events", whole), ("rdpcap", part), ("tshark", part),
        )}  # fmt: skip
        size = f"{count:,} packets"
        pairs = by_turns(rounds, work["list"], work["rdpcap"])
        yield compare(
            f"{size} listed", "µs each", "scapy.rdpcap", pairs, at_least(20), faster=True, short=True
        )
        if shutil.which("tshark"):
            pairs = by_turns(rounds, work["list"], work["tshark"])
            yield compare(f"{size} listed", "µs each", "tshark", pairs, faster=True, short=True)
        else:
            yield Skip("tshark is not installed")
        pairs = by_turns(1 if quick else 2, work["events"], work["rdpcap"])
        yield compare(f"{size} as events", "µs each", "scapy.rdpcap", pairs, faster=True)
        yield alone(f"{size} as pcapng listed", "µs each", [in_a_child("list", pcapng)["each"]])
        yield alone(f"one connection of {size}", "s", [in_a_child("one", whole)["seconds"]])
        yield alone(f"memory for {size}", "MiB", [in_a_child("list", whole)["memory"]])


# in a process of its own, for the sake of the memory


def in_a_child(what: str, path: Path) -> dict[str, float]:
    """Processor time, for one packet (µs) and in all (s), and how much the memory grew (MiB)."""
    if what == "tshark":
        return by_tshark(path)
    done = subprocess.run([sys.executable, __file__, what, str(path)], check=True, capture_output=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def by_tshark(path: Path) -> dict[str, float]:
    """The conversations, with their packets and times."""
    command = ["tshark", "-n", "-q", "-z", "conv,tcp", "-r", str(path)]
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = status
    assert status == 0
    took = usage.ru_utime + usage.ru_stime
    return {"each": took / packets_in(path) * 1e6, "seconds": took}


def packets_in(path: Path) -> int:
    return sum(1 for _ in capture_events(path)) - 1


def child(what: str, path: Path) -> None:
    """Measure, and print it."""
    before = peak()
    if what == "list":
        took, count = timed(lambda: summarise(path).packets)
    elif what == "events":
        took, count = timed(lambda: sum(1 for _ in capture_events(path)))
    elif what == "one":
        connections = summarise(path).connections
        middle = connections[len(connections) // 2]
        took, count = timed(lambda: sum(1 for _ in capture_events(path, middle)))
    else:
        took, count = with_rdpcap(path)
    print(json.dumps({"each": took / count * 1e6, "seconds": took, "memory": peak() - before}))


def peak() -> float:
    """The most memory that this process had, MiB."""
    found = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    assert found
    return int(found[1]) / 1024


def with_rdpcap(path: Path) -> tuple[float, int]:
    """What scapy's documentation does with a capture."""
    import scapy.layers.inet  # noqa: PLC0415 - only here
    import scapy.layers.l2  # noqa: F401, PLC0415 - else rdpcap leaves the packets as they are
    from scapy.utils import rdpcap  # noqa: PLC0415

    return timed(lambda: len(rdpcap(str(path), count=THEIRS)))


def timed(work: Callable[[], int]) -> tuple[float, int]:
    """Seconds of the processor: whatever else runs on the machine counts for neither."""
    began = time.process_time()
    count = work()
    return time.process_time() - began, count


if __name__ == "__main__":
    child(sys.argv[1], Path(sys.argv[2]))
