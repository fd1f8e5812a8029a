"""A capture of a million packets: how long until its connections are listed, beside `scapy.rdpcap`.

The capture is made here: connections of several clients at once, each with handshake, data both ways,
acknowledgements, now and then a retransmission, and a close. `rdpcap` gets the first packets of the same
file, since all of them would not fit into the memory of most machines; its time for one is what counts. Once
more as pcapng, and as events. `make bench` runs it.
"""

import argparse
import random
import resource
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from struct import Struct
from typing import Final

import scapy.layers.inet
import scapy.layers.l2  # noqa: F401 - else rdpcap leaves the packets as they are
from scapy.utils import rdpcap

from sockviz.recording.capture.blocks import interface, packet, section
from sockviz.recording.capture.catalogue import summarise
from sockviz.recording.capture.events import capture_events

PACKETS: Final = 1_000_000
THEIRS: Final = 50_000
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


def timed(work: Callable[[], object]) -> float:
    """Seconds of the processor: whatever else runs on the machine counts for neither."""
    began = time.process_time()
    work()
    return time.process_time() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packets", type=int, default=PACKETS)
    count = parser.parse_args().packets
    with tempfile.TemporaryDirectory() as folder:
        pcap, pcapng = Path(folder) / "one.pcap", Path(folder) / "one.pcapng"
        make(pcap, pcapng, count)
        print(f"pcap: {count:,} packets, {pcap.stat().st_size >> 20} MiB")
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        catalogue = summarise(pcap)
        listed = min(timed(lambda: summarise(pcap)) for _ in range(2))
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        listed_ng = timed(lambda: summarise(pcapng))
        told = timed(lambda: deque(capture_events(pcap), maxlen=0))
        middle = catalogue.connections[len(catalogue.connections) // 2]
        one = timed(lambda: deque(capture_events(pcap, middle), maxlen=0))
        sample = min(THEIRS, count)
        theirs = timed(lambda: rdpcap(str(pcap), count=sample)) / sample
    each = f"{listed / count * 1e6:.1f} µs a packet"
    print(f"pcap: {len(catalogue.connections):,} connections listed in {listed:.1f} s, {each}")
    print(f"pcap: memory grew by {grown >> 10} MiB")
    print(f"pcap: the same as pcapng {listed_ng:.1f} s; all as events {told:.1f} s; one of them {one:.1f} s")
    print(f"pcap: rdpcap {theirs * 1e6:.0f} µs a packet")
    print(f"pcap: ratio {theirs / (listed / count):.0f} listed (to reach: 20)")
    print(f"pcap: ratio {theirs / (told / count):.0f} as events")


if __name__ == "__main__":
    main()
