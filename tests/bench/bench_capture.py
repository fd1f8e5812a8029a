"""From how many connections a second on does a capture lose packets: `scapy.sniff(prn=...)` beside ours.

Another process makes connections on 127.0.0.1 at a growing rate, a second each; the kernel counts what the
capture's socket had no room for. Both captures get the same traffic and read the same fields of each packet:
sniff's callback takes them from scapy's layers, ours makes events of them. Ours is tried at multiples of the
rate at which sniff began to lose, up to what can be made on this machine. Bounded. `make bench` runs it.
"""

import argparse
import contextlib
import os
import select
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from typing import NamedTuple

from scapy.arch.linux import L2ListenSocket
from scapy.layers.inet import IP, TCP
from scapy.layers.l2 import Ether
from scapy.sendrecv import AsyncSniffer

from sockviz.errors import UserError
from sockviz.sources.capture import Capture
from sockviz.sources.pairing import Pairing

FIRST, GROWTH, LAST = 200, 1.25, 20_000
"""Connections a second: where sniff begins, and how it goes on."""
MULTIPLES = (1, 2, 5, 10, 15, 20, 40)
"""Of the rate at which sniff began to lose: where ours is tried."""
BURST = 1.0
"""Seconds at each rate."""
NO_LINGER = struct.pack("ii", 1, 0)


class Outcome(NamedTuple):
    """One rate."""

    rate: float
    """Connections a second that were really made."""
    seen: int
    """Packets."""
    lost: int
    """Packets, as the kernel counts them."""


def generate(port: int, rate: float) -> None:
    """Make connections for `BURST` seconds, each SYN, SYN|ACK, ACK, RST; print how many, in which time."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)  # what it accepts has it too
        listener.bind(("127.0.0.1", port))
        listener.listen(64)
        began, made = time.perf_counter(), 0
        while (spent := time.perf_counter() - began) < BURST:
            if made >= spent * rate:
                time.sleep(0.0005)
                continue
            client = socket.socket()
            client.connect(("127.0.0.1", port))
            descriptor, _ = listener._accept()  # accept() makes an object of it, which takes as long again
            os.close(descriptor)
            client.close()
            made += 1
    print(made, time.perf_counter() - began)


def traffic(port: int, rate: float) -> float:
    """Have another process make connections; how many a second it made."""
    command = [sys.executable, __file__, "--generate", str(port), str(rate)]
    made, took = subprocess.run(
        command, check=True, capture_output=True, text=True, timeout=60
    ).stdout.split()
    return int(made) / float(took)


def with_sniff(port: int, rate: float) -> Outcome:
    """scapy.sniff(prn=...) as its documentation shows it; only its socket is made here, to read the drops."""
    count = 0

    def look(packet: Ether) -> None:
        nonlocal count
        count += 1
        if IP in packet and TCP in packet:
            ip, tcp = packet[IP], packet[TCP]
            _ = (ip.src, tcp.sport, ip.dst, tcp.dport, tcp.flags, tcp.seq, tcp.ack, tcp.window, tcp.options)

    with closing(L2ListenSocket(iface="lo", promisc=False)) as sock:
        sniffer = AsyncSniffer(opened_socket=sock, prn=look, store=False)
        sniffer.start()
        reached = traffic(port, rate)
        _drain(lambda: count)
        sniffer.stop()
        _, lost = struct.unpack("@II", sock.ins.getsockopt(263, 6, 8))
    return Outcome(reached, count, lost)


def with_ours(port: int, rate: float) -> Outcome:
    """Our capture, up to the events."""
    count, stop = 0, threading.Event()
    with closing(Capture("lo", port)) as capture:
        pairing = Pairing(f"127.0.0.1:{port}")

        def read() -> None:
            nonlocal count
            while not stop.is_set():
                select.select([capture], [], [], 0.05)
                while packets := capture.receive():
                    count += len(packets)
                    for _ in pairing.feed(packets, 0):
                        pass

        reader = threading.Thread(target=read)
        reader.start()
        reached = traffic(port, rate)
        _drain(lambda: count)
        stop.set()
        reader.join()
        return Outcome(reached, count, capture.dropped())


def _drain(count: Callable[[], int]) -> None:
    """Wait until nothing more comes."""
    before = -1
    while before != count():
        before = count()
        time.sleep(0.3)


def measure(name: str, run: Callable[[int, float], Outcome], port: int, rate: float) -> Outcome:
    """One rate, told."""
    outcome = run(port, rate)
    seen = f"{outcome.seen:7} packets seen, {outcome.lost:6} lost"
    print(f"  {name:<6} {outcome.rate:8.0f} connections/s: {seen}", flush=True)
    return outcome


def where_sniff_loses(port: int) -> float:
    """The first rate, of growing ones, at which the kernel had to throw packets away."""
    rate = float(FIRST)
    while rate < LAST:
        outcome = measure("sniff", with_sniff, port, rate)
        if outcome.lost:
            return outcome.rate
        rate *= GROWTH
    return rate


def how_far_ours_goes(port: int, unit: float) -> tuple[float, str]:
    """The highest rate without a loss, and why it ends there."""
    clean = 0.0
    for multiple in MULTIPLES:
        outcome = measure("ours", with_ours, port, multiple * unit)
        if outcome.lost:
            return clean, f"at {outcome.rate:.0f} it lost {outcome.lost}"
        clean = max(clean, outcome.rate)
        if outcome.rate < 0.9 * multiple * unit:
            return clean, "more could not be made on this machine"
    return clean, "no more was tried"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--generate", nargs=2, metavar=("PORT", "RATE"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.generate:
        generate(int(chosen.generate[0]), float(chosen.generate[1]))
        return
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    try:
        Capture("lo", port).close()
    except UserError as error:
        print(f"capture: skipped, {error.message}")
        return
    unit = where_sniff_loses(port)
    clean, end = how_far_ours_goes(port, unit)
    print(f"capture: sniff begins to lose at {unit:.0f} connections/s")
    print(f"capture: ours loses nothing at {clean:.0f} connections/s ({end})")
    print(f"capture: ratio {clean / unit:.1f} (to reach: 20)")


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main()
